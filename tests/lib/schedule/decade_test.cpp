// SPDX-License-Identifier: MIT
// Every zone of tzdata over ten years, each due time of usual expressions, against an oracle that lays the days of the
// calendar over the stretches of one offset that libc tells. AUTOBACKUPD_NIGHTLY=1 takes every zone.
#include <gtest/gtest.h>

#include "oracle.hpp"

namespace autobackup::schedule::decade_test {
namespace {

constexpr time_t quarter = 900;

struct Stretch {
    time_t begin, end, offset;
};

time_t offset_at(time_t instant) {
    tm clock{};
    localtime_r(&instant, &clock);
    return clock.tm_gmtoff;
}

// Stretches of one offset from `begin` to `end`: looked at every quarter of an hour, changes then found to the second.
std::vector<Stretch> stretches(time_t begin, time_t end) {
    std::vector<Stretch> out{{begin, end, offset_at(begin)}};
    for (time_t at = begin; at < end; at += quarter) {
        if (offset_at(at + quarter) == out.back().offset) continue;
        time_t before = at, after = at + quarter;
        while (after - before > 1) {
            const time_t middle = before + (after - before) / 2;
            (offset_at(middle) == out.back().offset ? before : after) = middle;
        }
        out.back().end = after;
        out.push_back({after, end, offset_at(after)});
    }
    return out;
}

struct Times {
    Expression days;              // its day fields
    std::vector<time_t> of_day;   // seconds since midnight, rising
    bool every_hour = false;
};

// The faces in [from, until) that fit, rising.
std::vector<time_t> fitting(const Times& times, time_t from, time_t until) {
    std::vector<time_t> out;
    for (time_t day = from - ((from % 86'400) + 86'400) % 86'400; day < until; day += 86'400) {
        if (!fits_day(times.days, taken_apart(day))) continue;
        for (const time_t clock : times.of_day) {
            if (day + clock >= from && day + clock < until) out.push_back(day + clock);
        }
    }
    return out;
}

std::vector<time_t> all_due(const Times& times, const std::vector<Stretch>& zone) {
    std::vector<time_t> out;
    time_t seen = zone.front().begin + zone.front().offset - 1;  // the latest face so far
    for (const Stretch& stretch : zone) {
        const time_t first = stretch.begin + stretch.offset, last = stretch.end + stretch.offset;
        const bool gap = !times.every_hour && seen + 1 < first && !fitting(times, seen + 1, first).empty();
        if (gap) out.push_back(stretch.begin);
        const time_t from = times.every_hour ? first : std::max(first, seen + 1);
        for (const time_t face_value : fitting(times, from, last)) {
            const time_t instant = face_value - stretch.offset;
            if (out.empty() || out.back() != instant) out.push_back(instant);
        }
        seen = std::max(seen, last - 1);
    }
    return out;
}

Times times(const std::string& text, std::vector<time_t> of_day, const std::set<int>& weekdays = {}, const std::set<int>& days = {}) {
    Times out;
    out.of_day = std::move(of_day);
    out.days.text = text;
    for (int month = 1; month <= 12; ++month) out.days.months.insert(month);
    for (int day = 1; day <= 31; ++day) out.days.days.insert(day);
    for (int day = 0; day < 7; ++day) out.days.weekdays.insert(day);
    if (!weekdays.empty()) out.days.weekdays = weekdays;
    if (!days.empty()) out.days.days = days;
    return out;
}

std::vector<Times> usual() {
    std::vector<Times> out;
    out.push_back(times("daily 02:30", {9000}));
    out.push_back(times("daily", {0}));
    out.push_back(times("weekdays 01:59", {7140}, {1, 2, 3, 4, 5}));
    out.push_back(times("Sun *-*-* 00:30,45:00", {1800, 2700}, {0}));
    out.push_back(times("monthly 1 00:15", {900}, {}, {1}));
    out.push_back(times("0 0-3 * * *", {0, 3600, 7200, 10'800}));
    out.push_back(times("30 23,1,2 * * 6", {5400, 9000, 84'600}, {6}));
    Times hourly = times("hourly", {});
    for (time_t hour = 0; hour < 24; ++hour) hourly.of_day.push_back(hour * 3600);
    hourly.every_hour = true;
    out.push_back(std::move(hourly));
    return out;
}

void check_zone(const std::string& name, const std::vector<Times>& expressions) {
    const Zone zone = Zone::find(name).value();
    const WithZone with_zone(name);
    const auto begin = chrono::sys_days(chrono::year(2026) / 1 / 1).time_since_epoch() / chrono::seconds(1);
    const auto end = chrono::sys_days(chrono::year(2036) / 1 / 1).time_since_epoch() / chrono::seconds(1);
    const std::vector<Stretch> offsets = stretches(begin, end);
    for (const Times& expression : expressions) {
        const Schedule schedule = parse(expression.days.text).value();
        std::vector<time_t> got;
        for (auto at = next(schedule, zone, SysSeconds(chrono::seconds(begin - 1)));
             at && at->time_since_epoch().count() < end; at = next(schedule, zone, *at)) {
            got.push_back(at->time_since_epoch().count());
        }
        const std::vector<time_t> expected = all_due(expression, offsets);
        const auto [ours, theirs] = std::mismatch(got.begin(), got.end(), expected.begin(), expected.end());
        const auto shown = [&](auto at, auto none) {
            return at == none ? std::string("none") : zone.text(SysSeconds(chrono::seconds(*at)));
        };
        EXPECT_TRUE(got == expected) << expression.days.text << " in " << name << ": ours " << shown(ours, got.end())
                                     << ", expected " << shown(theirs, expected.end());
    }
}

TEST(Decade, every_due_time_of_ten_years_in_every_zone) {
    const std::vector<std::string> names = zone_names();
    ASSERT_GT(names.size(), 500U) << "tzdata.zi of tzdata is needed";
    const bool nightly = std::getenv("AUTOBACKUPD_NIGHTLY") != nullptr;
    const std::size_t stride = nightly ? 1 : 40;
    const std::vector<Times> expressions = usual();
    for (std::size_t i = 0; i < names.size() && !testing::Test::HasFailure(); i += stride) check_zone(names[i], expressions);
    for (const char* name : {"Europe/Berlin", "Africa/Casablanca", "Antarctica/Troll", "Australia/Lord_Howe", "America/Havana"}) {
        check_zone(name, expressions);
    }
}

// -- latest() and largest_gap(), by walking --

TEST(Spread, latest_is_the_last_of_a_walk) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 300; ++i) {
        const auto schedule = parse(random_expression(random).text);
        if (!schedule) continue;
        const Zone zone = *Zone::find(i % 2 == 0 ? "Europe/Berlin" : "Australia/Lord_Howe");
        const std::vector<Schedule> one{*schedule};
        const SysSeconds after = chrono::sys_days(chrono::year(2027) / 3 / 20) + chrono::minutes(between(random, 0, 30'000));
        const SysSeconds until = after + chrono::seconds(between(random, -10, 400'000));
        std::optional<SysSeconds> last;
        for (auto at = next(one, zone, after); at && *at <= until; at = next(one, zone, *at)) last = at;
        ASSERT_EQ(latest(one, zone, after, until), last) << schedule->text;
    }
}

TEST(Spread, the_largest_gap) {
    const auto gap = [](const std::vector<std::string>& texts) {
        std::vector<Schedule> schedules;
        for (const std::string& text : texts) schedules.push_back(parse(text).value());
        return largest_gap(schedules, *Zone::find("UTC"), chrono::sys_days(chrono::year(2026) / 11 / 20));
    };
    using namespace std::chrono_literals;
    EXPECT_EQ(gap({"every 6h"}), 6h);
    EXPECT_EQ(gap({"daily 02:30"}), 24h);
    EXPECT_EQ(gap({"weekdays 22:00"}), 72h);
    EXPECT_EQ(gap({"*/10 9-16 * * 1-5"}), 64h + 10min);
    EXPECT_EQ(gap({"* * * * * *"}), 1s);
    EXPECT_EQ(gap({"*/15 * * * *"}), 15min);
    EXPECT_EQ(gap({"0 0-11 * * *"}), 13h);
    EXPECT_EQ(gap({"monthly 1 04:00"}), 31 * 24h);
    EXPECT_EQ(gap({"@yearly"}), 366 * 24h);
    EXPECT_EQ(gap({"daily 02:30", "daily 14:30"}), 12h);
    EXPECT_EQ(gap({"0 0 29 2 *"}), 1461 * 24h);
    EXPECT_EQ(gap({"manual"}), std::nullopt);
    EXPECT_EQ(gap({"2026-12-24 18:00"}), std::nullopt);
}

}  // namespace
}  // namespace autobackup::schedule::decade_test
