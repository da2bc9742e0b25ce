// SPDX-License-Identifier: MIT
// Random cron expressions in random zones around random clock changes, against an oracle that shares no code
// with the library: it walks minute by minute and asks libc what the clock shows. AUTOBACKUPD_NIGHTLY=1 takes
// many more samples.
#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "lib/schedule/schedule.hpp"

namespace autobackup::schedule {
namespace {

namespace chrono = std::chrono;

struct Expression {
    std::set<int> minutes, hours, days, months, weekdays;
    bool any_day = true, any_weekday = true;
    std::string text;
};

using Random = std::mt19937_64;

int between(Random& random, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
}

// One field: its text, with its members added to `out`. Returns whether it is "*".
bool random_field(Random& random, int low, int high, int likely_any, std::set<int>& out, std::string& text) {
    if (!text.empty()) text += ' ';
    if (between(random, 0, 99) < likely_any) {
        for (int value = low; value <= high; ++value) out.insert(value);
        text += '*';
        return true;
    }
    const int first = between(random, low, high);
    const int second = between(random, first, high);
    const int step = between(random, 1, high - low);
    switch (between(random, 0, 3)) {
        case 0:
            out.insert(first);
            text += std::to_string(first);
            break;
        case 1:
            out.insert({first, second});
            text += std::to_string(second) + ',' + std::to_string(first);
            break;
        case 2:
            for (int value = first; value <= second; value += step) out.insert(value);
            text += std::to_string(first) + '-' + std::to_string(second) + '/' + std::to_string(step);
            break;
        default:
            for (int value = first; value <= high; value += step) out.insert(value);
            text += std::to_string(first) + '-' + std::to_string(high) + '/' + std::to_string(step);
    }
    return false;
}

Expression random_expression(Random& random) {
    Expression out;
    random_field(random, 0, 59, 10, out.minutes, out.text);
    // Most changes happen from 0 to 3 o'clock.
    random_field(random, 0, between(random, 0, 2) == 0 ? 23 : 4, 25, out.hours, out.text);
    if (out.text.ends_with('*')) {
        for (int hour = 0; hour < 24; ++hour) out.hours.insert(hour);
    }
    out.any_day = random_field(random, 1, 31, 70, out.days, out.text);
    random_field(random, 1, 12, 90, out.months, out.text);
    out.any_weekday = random_field(random, 0, 6, 70, out.weekdays, out.text);
    return out;
}

bool fits_day(const Expression& e, const tm& clock) {
    if (!e.months.contains(clock.tm_mon + 1)) return false;
    const bool day = e.days.contains(clock.tm_mday);
    const bool weekday = e.weekdays.contains(clock.tm_wday);
    if (!e.any_day && !e.any_weekday) return day || weekday;
    return day && weekday;
}

bool fits(const Expression& e, const tm& clock) {
    return e.minutes.contains(clock.tm_min) && e.hours.contains(clock.tm_hour) && fits_day(e, clock);
}

// What the clock would show: seconds since 1970 as if it were UTC.
time_t face(time_t instant) {
    tm clock{};
    localtime_r(&instant, &clock);
    return instant + clock.tm_gmtoff;
}

tm taken_apart(time_t face_value) {
    tm clock{};
    gmtime_r(&face_value, &clock);
    return clock;
}

// Due minutes in (after, until], by walking.
std::vector<time_t> oracle(const Expression& e, time_t after, time_t until) {
    const bool every_hour = e.hours.size() == 24;
    std::vector<time_t> out;
    time_t seen = 0;  // the latest face so far; a face at or before it comes for the second time
    time_t before = face(after - 26 * 3600 - 60);
    for (time_t instant = after - 26 * 3600; instant <= until; instant += 60) {
        const time_t now = face(instant);
        bool due = fits(e, taken_apart(now));
        if (!every_hour) {
            due = due && now > seen;
            for (time_t skipped = before + 60; skipped < now; skipped += 60) {
                due = due || (skipped > seen && fits(e, taken_apart(skipped)));
            }
        }
        if (due && instant > after) out.push_back(instant);
        seen = std::max(seen, now);
        before = now;
    }
    return out;
}

std::vector<std::string> zone_names() {
    std::ifstream table("/usr/share/zoneinfo/zone1970.tab");
    std::vector<std::string> out;
    for (std::string line; std::getline(table, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream fields(line);
        std::string countries, coordinates, name;
        fields >> countries >> coordinates >> name;
        out.push_back(name);
    }
    return out;
}

// A clock change of the zone at or after a random instant, or that instant itself for a zone without changes.
SysSeconds interesting_instant(Random& random, const Zone& zone) {
    const SysSeconds from = chrono::sys_days(chrono::year(between(random, 1980, 2035)) / 1 / 1) +
                            chrono::days(between(random, 0, 364));
    const SysSeconds change = zone.around(from).end;
    const bool usable = change < SysSeconds(chrono::sys_days(chrono::year(2036) / 1 / 1));
    return chrono::floor<chrono::minutes>(usable ? change : from);
}

class WithZone {
public:
    explicit WithZone(const std::string& name) {
        setenv("TZ", (":" + name).c_str(), 1);
        tzset();
    }
    ~WithZone() {
        unsetenv("TZ");
        tzset();
    }
    WithZone(const WithZone&) = delete;
    WithZone& operator=(const WithZone&) = delete;
};

// True when the sample was counted (an impossible date is refused by the parser and has nothing to compare).
bool compare_one(Random& random, const std::string& name) {
    const Expression expression = random_expression(random);
    const auto schedule = parse(expression.text);
    if (!schedule) {
        EXPECT_NE(schedule.error().message.find("does not come"), std::string::npos) << expression.text;
        return false;
    }
    const Zone zone = *Zone::find(name);
    const WithZone with_zone(name);
    const SysSeconds middle = interesting_instant(random, zone);
    const SysSeconds after = middle - chrono::minutes(between(random, -180, 2 * 1440));
    const SysSeconds until = middle + chrono::days(2);
    const std::vector<time_t> expected =
        oracle(expression, after.time_since_epoch().count(), until.time_since_epoch().count());
    std::vector<time_t> got;
    for (auto at = next(*schedule, zone, after); at && *at <= until; at = next(*schedule, zone, *at)) {
        got.push_back(at->time_since_epoch().count());
    }
    EXPECT_EQ(got, expected) << expression.text << " in " << name << " after " << zone.text(after);
    return true;
}

TEST(ScheduleOracle, agrees_around_clock_changes) {
    const std::vector<std::string> names = zone_names();
    ASSERT_GT(names.size(), 300U) << "zone1970.tab of tzdata is needed";
    const bool nightly = std::getenv("AUTOBACKUPD_NIGHTLY") != nullptr;
    const int samples = nightly ? 100'000 : 500;
    const std::uint64_t seed = nightly ? std::random_device()() : 20261121;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    int counted = 0;
    for (int i = 0; i < samples && !testing::Test::HasFailure(); ++i) {
        counted += compare_one(
            random, names[static_cast<std::size_t>(between(random, 0, static_cast<int>(names.size()) - 1))]);
    }
    EXPECT_GT(counted, samples * 8 / 10);
}

}  // namespace
}  // namespace autobackup::schedule
