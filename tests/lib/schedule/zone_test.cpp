// SPDX-License-Identifier: MIT
// Summer time, hand-made cases; the random ones are in oracle_test.cpp.
#include <gtest/gtest.h>

#include "lib/schedule/schedule.hpp"

namespace autobackup::schedule::zone_test {
namespace {

namespace chrono = std::chrono;

// The due times of `text` in `zone` from one UTC instant to another, with offset.
std::vector<std::string> due(std::string_view text, std::string_view zone_name, SysSeconds after,
                             SysSeconds until) {
    const Schedule schedule = *parse(text);
    const Zone zone = *Zone::find(zone_name);
    std::vector<std::string> out;
    for (auto at = next(schedule, zone, after); at && *at <= until; at = next(schedule, zone, *at)) {
        out.push_back(zone.text(*at));
    }
    return out;
}

SysSeconds day(int year, unsigned month, unsigned of_month) {
    return chrono::sys_days(chrono::year(year) / chrono::month(month) / chrono::day(of_month));
}

using Texts = std::vector<std::string>;

TEST(SummerTime, a_time_in_the_gap_is_due_right_after_it) {
    EXPECT_EQ(due("daily 02:30", "Europe/Berlin", day(2027, 3, 27), day(2027, 3, 29)),
              (Texts{"2027-03-27 02:30:00+01:00", "2027-03-28 03:00:00+02:00"}));
    EXPECT_EQ(due("*/15 2 28 3 *", "Europe/Berlin", day(2027, 3, 27), day(2027, 3, 29)),
              (Texts{"2027-03-28 03:00:00+02:00"}));
    EXPECT_EQ(due("Sun *-*-* 02:00", "Europe/Berlin", day(2027, 3, 27), day(2027, 3, 29)),
              (Texts{"2027-03-28 03:00:00+02:00"}));
}

TEST(Zones, a_near_miss_is_found_in_any_case) {
    EXPECT_EQ(Zone::nearest("Europe/Berln"), "Europe/Berlin");
    EXPECT_EQ(Zone::nearest("europe/berlin"), "Europe/Berlin");
    EXPECT_EQ(Zone::nearest("Nowhere at all"), std::nullopt);
}

TEST(SummerTime, a_gap_at_midnight_loses_no_day) {
    EXPECT_EQ(due("daily", "Asia/Beirut", day(2026, 3, 27), day(2026, 3, 30)),
              (Texts{"2026-03-28 00:00:00+02:00", "2026-03-29 01:00:00+03:00", "2026-03-30 00:00:00+03:00"}));
}

TEST(SummerTime, a_skipped_calendar_day_is_made_up_for) {
    EXPECT_EQ(due("daily 02:30", "Pacific/Apia", day(2011, 12, 29), day(2012, 1, 1)),
              (Texts{"2011-12-29 02:30:00-10:00", "2011-12-31 00:00:00+14:00", "2011-12-31 02:30:00+14:00",
                     "2012-01-01 02:30:00+14:00"}));
}

TEST(SummerTime, a_time_that_comes_twice_is_due_once) {
    EXPECT_EQ(due("daily 02:30", "Europe/Berlin", day(2027, 10, 30), day(2027, 11, 1)),
              (Texts{"2027-10-30 02:30:00+02:00", "2027-10-31 02:30:00+02:00"}));
    EXPECT_EQ(due("0,30 2 * * *", "Europe/Berlin", day(2027, 10, 31) - chrono::hours(1), day(2027, 11, 1)),
              (Texts{"2027-10-31 02:00:00+02:00", "2027-10-31 02:30:00+02:00"}));
}

TEST(SummerTime, asked_in_the_repeated_hour_the_next_one_is_tomorrow) {
    const Zone berlin = *Zone::find("Europe/Berlin");
    const SysSeconds second_0210 = day(2027, 10, 31) + chrono::minutes(70);
    ASSERT_EQ(berlin.text(second_0210), "2027-10-31 02:10:00+01:00");
    EXPECT_EQ(berlin.text(*next(*parse("daily 02:30"), berlin, second_0210)), "2027-11-01 02:30:00+01:00");
}

TEST(SummerTime, intervals_follow_real_time) {
    const auto six = due("every 6h", "Europe/Berlin", day(2027, 3, 27), day(2027, 3, 29));
    EXPECT_EQ(six.size(), 8U);
    EXPECT_EQ(due("30 * * * *", "Europe/Berlin", day(2027, 3, 28), day(2027, 3, 28) + chrono::hours(2)),
              (Texts{"2027-03-28 01:30:00+01:00", "2027-03-28 03:30:00+02:00"}));
    EXPECT_EQ(due("30 * * * *", "Europe/Berlin", day(2027, 10, 31), day(2027, 10, 31) + chrono::hours(2)),
              (Texts{"2027-10-31 02:30:00+02:00", "2027-10-31 02:30:00+01:00"}));
    EXPECT_EQ(due("hourly", "Australia/Lord_Howe", day(2027, 4, 3) + chrono::hours(13),
                  day(2027, 4, 3) + chrono::hours(17)),
              (Texts{"2027-04-04 01:00:00+11:00", "2027-04-04 02:00:00+10:30", "2027-04-04 03:00:00+10:30"}));
}

TEST(SummerTime, a_gap_of_half_an_hour) {
    const SysSeconds before = day(2026, 10, 3) + chrono::hours(14);
    EXPECT_EQ(due("hourly", "Australia/Lord_Howe", before, before + chrono::hours(2)),
              (Texts{"2026-10-04 01:00:00+10:30", "2026-10-04 03:00:00+11:00"}));
    EXPECT_EQ(due("daily 02:15", "Australia/Lord_Howe", before, before + chrono::hours(2)),
              (Texts{"2026-10-04 02:30:00+11:00"}));
}

TEST(SummerTime, an_interval_is_not_moved_by_when_it_is_asked) {
    const Schedule seven = *parse("every 7h");
    const Zone utc = *Zone::find("UTC");
    const auto first = next(seven, utc, day(2026, 11, 20));
    for (int minutes = 1; minutes < 60; ++minutes) {
        EXPECT_EQ(next(seven, utc, *first - chrono::minutes(minutes)), first);
    }
    EXPECT_EQ(*next(seven, utc, *first) - *first, chrono::hours(7));
    EXPECT_EQ(next(seven, utc, SysSeconds(chrono::seconds(-1))), SysSeconds(chrono::seconds(0)));
}

TEST(Zone, is_looked_up_in_tzdata) {
    EXPECT_EQ(Zone::find("Europe/Berlin")->name(), "Europe/Berlin");
    for (const char* bad : {"Europe/Berln", "", "../etc/passwd", "europe/berlin", "CEST+1"}) {
        const auto zone = Zone::find(bad);
        ASSERT_FALSE(zone) << bad;
        EXPECT_EQ(zone.error().code, Errc::config_invalid);
    }
    EXPECT_FALSE(Zone::system().name().empty());
}

TEST(Zone, shows_negative_and_odd_offsets) {
    EXPECT_EQ(Zone::find("America/St_Johns")->text(day(2026, 11, 21)), "2026-11-20 20:30:00-03:30");
    EXPECT_EQ(Zone::find("Asia/Kathmandu")->text(day(2026, 11, 21)), "2026-11-21 05:45:00+05:45");
}

}  // namespace
}  // namespace autobackup::schedule::zone_test
