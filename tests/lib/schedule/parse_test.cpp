// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "lib/schedule/duration.hpp"
#include "lib/schedule/schedule.hpp"

namespace autobackup::schedule::parse_test {
namespace {

namespace chrono = std::chrono;

Zone zone_of(std::string_view name) {
    auto zone = Zone::find(name);
    EXPECT_TRUE(zone) << name;
    return *zone;
}

SysSeconds utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
    return chrono::sys_days(chrono::year(year) / chrono::month(month) / chrono::day(day)) +
           chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
}

// The first three due times after 2026-11-20 12:00 UTC (a Friday), as UTC text without the offset.
std::string three(std::string_view text) {
    const auto schedule = parse(text);
    if (!schedule) return "refused: " + schedule.error().message;
    std::string out;
    SysSeconds at = utc(2026, 11, 20, 12);
    const Zone zone = zone_of("UTC");
    for (int i = 0; i < 3; ++i) {
        const auto due = next(*schedule, zone, at);
        if (!due) return out + "never";
        out += zone.text(*due).substr(0, 19) + (i < 2 ? " | " : "");
        at = *due;
    }
    return out;
}

struct Case {
    std::string text, due;
};

class Forms : public testing::TestWithParam<Case> {};

TEST_P(Forms, gives_due_times) {
    EXPECT_EQ(three(GetParam().text), GetParam().due) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Phrases, Forms,
    testing::Values(
        Case{"every 6h", "2026-11-20 18:00:00 | 2026-11-21 00:00:00 | 2026-11-21 06:00:00"},
        Case{"@every 1h30m", "2026-11-20 13:30:00 | 2026-11-20 15:00:00 | 2026-11-20 16:30:00"},
        Case{"every 2s", "2026-11-20 12:00:02 | 2026-11-20 12:00:04 | 2026-11-20 12:00:06"},
        Case{"hourly", "2026-11-20 13:00:00 | 2026-11-20 14:00:00 | 2026-11-20 15:00:00"},
        Case{"daily", "2026-11-21 00:00:00 | 2026-11-22 00:00:00 | 2026-11-23 00:00:00"},
        Case{"weekly", "2026-11-23 00:00:00 | 2026-11-30 00:00:00 | 2026-12-07 00:00:00"},
        Case{"monthly", "2026-12-01 00:00:00 | 2027-01-01 00:00:00 | 2027-02-01 00:00:00"},
        Case{" Daily  02:30 ", "2026-11-21 02:30:00 | 2026-11-22 02:30:00 | 2026-11-23 02:30:00"},
        Case{"daily 02:30:15", "2026-11-21 02:30:15 | 2026-11-22 02:30:15 | 2026-11-23 02:30:15"},
        Case{"weekdays 22:00", "2026-11-20 22:00:00 | 2026-11-23 22:00:00 | 2026-11-24 22:00:00"},
        Case{"weekends 9:00", "2026-11-21 09:00:00 | 2026-11-22 09:00:00 | 2026-11-28 09:00:00"},
        Case{"mon,thu 03:15", "2026-11-23 03:15:00 | 2026-11-26 03:15:00 | 2026-11-30 03:15:00"},
        Case{"weekly sun 04:00", "2026-11-22 04:00:00 | 2026-11-29 04:00:00 | 2026-12-06 04:00:00"},
        Case{"monthly 1 04:00", "2026-12-01 04:00:00 | 2027-01-01 04:00:00 | 2027-02-01 04:00:00"},
        Case{"monthly 31 04:00", "2026-12-31 04:00:00 | 2027-01-31 04:00:00 | 2027-03-31 04:00:00"},
        Case{"monthly last 04:00", "2026-11-30 04:00:00 | 2026-12-31 04:00:00 | 2027-01-31 04:00:00"},
        Case{"manual", "never"}));

INSTANTIATE_TEST_SUITE_P(
    Cron, Forms,
    testing::Values(
        Case{"30 2 * * *", "2026-11-21 02:30:00 | 2026-11-22 02:30:00 | 2026-11-23 02:30:00"},
        Case{"15 30 2 * * *", "2026-11-21 02:30:15 | 2026-11-22 02:30:15 | 2026-11-23 02:30:15"},
        Case{"*/20 13-14 * * *", "2026-11-20 13:00:00 | 2026-11-20 13:20:00 | 2026-11-20 13:40:00"},
        Case{"5/25 * * * *", "2026-11-20 12:05:00 | 2026-11-20 12:30:00 | 2026-11-20 12:55:00"},
        Case{"0 0 1,15 jan,Jul *", "2027-01-01 00:00:00 | 2027-01-15 00:00:00 | 2027-07-01 00:00:00"},
        Case{"0 3 * * mon-fri", "2026-11-23 03:00:00 | 2026-11-24 03:00:00 | 2026-11-25 03:00:00"},
        Case{"0 3 * * fri-sun", "2026-11-21 03:00:00 | 2026-11-22 03:00:00 | 2026-11-27 03:00:00"},
        Case{"0 3 * * 7", "2026-11-22 03:00:00 | 2026-11-29 03:00:00 | 2026-12-06 03:00:00"},
        Case{"0 3 L * *", "2026-11-30 03:00:00 | 2026-12-31 03:00:00 | 2027-01-31 03:00:00"},
        Case{"0 3 L-2 * ?", "2026-11-28 03:00:00 | 2026-12-29 03:00:00 | 2027-01-29 03:00:00"},
        Case{"0 3 * * fri#2", "2026-12-11 03:00:00 | 2027-01-08 03:00:00 | 2027-02-12 03:00:00"},
        Case{"0 3 * * 5L", "2026-11-27 03:00:00 | 2026-12-25 03:00:00 | 2027-01-29 03:00:00"},
        Case{"0 3 13 * 5", "2026-11-27 03:00:00 | 2026-12-04 03:00:00 | 2026-12-11 03:00:00"},
        Case{"0 3 */2 * 5", "2026-11-27 03:00:00 | 2026-12-11 03:00:00 | 2026-12-25 03:00:00"},
        Case{"0 0 29 2 *", "2028-02-29 00:00:00 | 2032-02-29 00:00:00 | 2036-02-29 00:00:00"},
        Case{"@hourly", "2026-11-20 13:00:00 | 2026-11-20 14:00:00 | 2026-11-20 15:00:00"},
        Case{"@Daily", "2026-11-21 00:00:00 | 2026-11-22 00:00:00 | 2026-11-23 00:00:00"},
        Case{"@weekly", "2026-11-22 00:00:00 | 2026-11-29 00:00:00 | 2026-12-06 00:00:00"},
        Case{"@monthly", "2026-12-01 00:00:00 | 2027-01-01 00:00:00 | 2027-02-01 00:00:00"},
        Case{"@yearly", "2027-01-01 00:00:00 | 2028-01-01 00:00:00 | 2029-01-01 00:00:00"}));

INSTANTIATE_TEST_SUITE_P(
    Systemd, Forms,
    testing::Values(
        Case{"Mon..Fri *-*-* 02:30", "2026-11-23 02:30:00 | 2026-11-24 02:30:00 | 2026-11-25 02:30:00"},
        Case{"Sat..Mon 05:00", "2026-11-21 05:00:00 | 2026-11-22 05:00:00 | 2026-11-23 05:00:00"},
        Case{"02:30", "2026-11-21 02:30:00 | 2026-11-22 02:30:00 | 2026-11-23 02:30:00"},
        Case{"*-*-01 04:00:30", "2026-12-01 04:00:30 | 2027-01-01 04:00:30 | 2027-02-01 04:00:30"},
        Case{"*:0/15", "2026-11-20 12:15:00 | 2026-11-20 12:30:00 | 2026-11-20 12:45:00"},
        Case{"Mon *-*-8..14 03:00", "2026-12-14 03:00:00 | 2027-01-11 03:00:00 | 2027-02-08 03:00:00"},
        Case{"*-*~1", "2026-11-30 00:00:00 | 2026-12-31 00:00:00 | 2027-01-31 00:00:00"},
        Case{"*-02~03/1 01:00", "2027-02-26 01:00:00 | 2027-02-27 01:00:00 | 2027-02-28 01:00:00"},
        Case{"2026,2027-12-24 18:00", "2026-12-24 18:00:00 | 2027-12-24 18:00:00 | never"},
        Case{"2020-01-01", "never"},
        Case{"12-24 18:00", "2026-12-24 18:00:00 | 2027-12-24 18:00:00 | 2028-12-24 18:00:00"},
        Case{"*-*-* 03:00 Asia/Tokyo", "2026-11-20 18:00:00 | 2026-11-21 18:00:00 | 2026-11-22 18:00:00"},
        Case{"Fri", "2026-11-27 00:00:00 | 2026-12-04 00:00:00 | 2026-12-11 00:00:00"}));

struct Refusal {
    std::string text, reason;
};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, says_why) {
    const auto schedule = parse(GetParam().text);
    ASSERT_FALSE(schedule) << GetParam().text;
    EXPECT_EQ(schedule.error().code, Errc::config_invalid);
    EXPECT_NE(schedule.error().message.find(GetParam().reason), std::string::npos)
        << schedule.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    All, Refused,
    testing::Values(Refusal{"", "empty"}, Refusal{"30 2 30 2 *", "day 30 does not come in February"},
                    Refusal{"0 0 31 4,6 *", "day 31 does not come in April, June"},
                    Refusal{"2026-02-30", "day 30 does not come"},
                    Refusal{"61 * * * *", "'61' in the minute field: allowed is 0 to 59"},
                    Refusal{"* 24 * * *", "allowed is 0 to 23"}, Refusal{"* * 0 * *", "allowed is 1 to 31"},
                    Refusal{"* * * 13 *", "allowed is 1 to 12"}, Refusal{"* * * * 8", "allowed is 0 to 7"},
                    Refusal{"* * * foo *", "neither a number nor a name"}, Refusal{"*/90 * * * *", "every"},
                    Refusal{"*/0 * * * *", "step"}, Refusal{"22-2 * * * *", "backwards"},
                    Refusal{"1,,2 * * * *", "missing"}, Refusal{"* * * *", "5 or 6 fields, this has 4"},
                    Refusal{"0 0 15W * *", "W is not supported"}, Refusal{"0 0 * * fri#6", "DAY#1 to DAY#5"},
                    Refusal{"0 0 * * L", "L needs a day"}, Refusal{"0 0 L-x * *", "L-1 to L-30"},
                    Refusal{"daily 25:00", "no time of day"}, Refusal{"daily 2:3", "no time of day"},
                    Refusal{"daily at 02:30", "no time of day"}, Refusal{"daily 02:30 sharp", "too much"},
                    Refusal{"every", "takes one duration"}, Refusal{"every 6", "the unit is missing"},
                    Refusal{"every 6 h", "takes one duration"}, Refusal{"every 0s", "1s at least"},
                    Refusal{"every 250ms", "whole seconds"}, Refusal{"@reboot", "not supported"},
                    Refusal{"@fortnightly", "@hourly"}, Refusal{"hourly 02:30", "stands alone"},
                    Refusal{"monthly 32 04:00", "1 to 31"}, Refusal{"fridays 02:30", "not understood"},
                    Refusal{"tomorrow", "a schedule is"}, Refusal{"*-*-* 02:30 Europe/Berln", "no time zone"},
                    Refusal{"*:*:0.5", "fractions"}, Refusal{"manual daily", "not understood"},
                    Refusal{"\xff\xfe", "not understood"}, Refusal{std::string(600, '1'), "longer than"}));

TEST(Schedule, keeps_the_text_as_written) {
    EXPECT_EQ(parse("  Daily 02:30 ")->text, "Daily 02:30");
}

TEST(Schedule, the_earliest_of_several_counts) {
    const std::vector<Schedule> both{*parse("daily 22:00"), *parse("daily 13:00"), *parse("manual")};
    EXPECT_EQ(next(both, zone_of("UTC"), utc(2026, 11, 20, 12)), utc(2026, 11, 20, 13));
    EXPECT_FALSE(next(std::span(both).last(1), zone_of("UTC"), utc(2026, 11, 20, 12)));
}

TEST(Duration, reads_units_and_sums) {
    EXPECT_EQ(*parse_duration("250ms"), chrono::milliseconds(250));
    EXPECT_EQ(*parse_duration("90s"), chrono::seconds(90));
    EXPECT_EQ(*parse_duration("15m"), chrono::minutes(15));
    EXPECT_EQ(*parse_duration("3d"), chrono::hours(72));
    EXPECT_EQ(*parse_duration("1h30m"), chrono::minutes(90));
    for (const char* bad :
         {"", "15", "m", "-1s", "1.5h", "1 h", "15M", "5w", "1m1h", "99999999999999999999d", "40000d"}) {
        EXPECT_FALSE(parse_duration(bad)) << bad;
    }
}

TEST(Duration, is_written_as_it_is_read) {
    for (const char* text : {"250ms", "90s", "15m", "6h", "3d", "0s"})
        EXPECT_EQ(duration_text(*parse_duration(text)), text);
}

}  // namespace
}  // namespace autobackup::schedule::parse_test
