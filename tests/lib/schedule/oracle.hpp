// SPDX-License-Identifier: MIT
// Cron expressions and an oracle that shares no code with the library: it asks libc what the clock shows.
#pragma once

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "lib/schedule/schedule.hpp"

namespace autobackup::schedule {

namespace chrono = std::chrono;

struct Expression {
    std::set<int> minutes, hours, days, months, weekdays;
    bool any_day = true, any_weekday = true;
    bool last_day = false;                ///< L
    std::set<std::pair<int, int>> nth;    ///< (weekday, k): the kth of the month; k = 0: the last (5L)
    std::string text;
};

using Random = std::mt19937_64;

inline int between(Random& random, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
}

// One field: its text, with its members added to `out`. Returns whether it is "*".
inline bool random_field(Random& random, int low, int high, int likely_any, std::set<int>& out, std::string& text) {
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

/// The day fields' own forms: L, 5L, 3#2. Nothing: the usual ones.
inline bool special_days(Random& random, Expression& out) {
    if (between(random, 0, 9) != 0) return false;
    out.last_day = true;
    out.any_day = false;
    out.text += " L";
    return true;
}
inline bool special_weekdays(Random& random, Expression& out) {
    if (between(random, 0, 6) != 0) return false;
    const int weekday = between(random, 0, 6), which = between(random, 0, 4);
    out.nth.insert({weekday, which});
    out.any_weekday = false;
    out.text += ' ' + std::to_string(weekday) + (which == 0 ? "L" : "#" + std::to_string(which));
    return true;
}

inline Expression random_expression(Random& random) {
    Expression out;
    random_field(random, 0, 59, 10, out.minutes, out.text);
    // Most changes happen from 0 to 3 o'clock.
    random_field(random, 0, between(random, 0, 2) == 0 ? 23 : 4, 25, out.hours, out.text);
    if (out.text.ends_with('*')) {
        for (int hour = 0; hour < 24; ++hour) out.hours.insert(hour);
    }
    if (!special_days(random, out)) out.any_day = random_field(random, 1, 31, 70, out.days, out.text);
    random_field(random, 1, 12, 90, out.months, out.text);
    if (!special_weekdays(random, out)) {
        out.any_weekday = random_field(random, 0, 6, 70, out.weekdays, out.text);
    }
    return out;
}

inline bool fits_day(const Expression& e, const tm& clock) {
    if (!e.months.contains(clock.tm_mon + 1)) return false;
    constexpr std::array<int, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int year = clock.tm_year + 1900;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int length = lengths[static_cast<std::size_t>(clock.tm_mon)] + (clock.tm_mon == 1 && leap ? 1 : 0);
    const bool last_week = clock.tm_mday > length - 7;
    const bool day = e.days.contains(clock.tm_mday) || (e.last_day && clock.tm_mday == length);
    const bool weekday = e.weekdays.contains(clock.tm_wday) || e.nth.contains({clock.tm_wday, (clock.tm_mday + 6) / 7}) ||
                         (last_week && e.nth.contains({clock.tm_wday, 0}));
    if (!e.any_day && !e.any_weekday) return day || weekday;
    return day && weekday;
}

inline bool fits(const Expression& e, const tm& clock) {
    return e.minutes.contains(clock.tm_min) && e.hours.contains(clock.tm_hour) && fits_day(e, clock);
}

// What the clock would show: seconds since 1970 as if it were UTC.
inline time_t face(time_t instant) {
    tm clock{};
    localtime_r(&instant, &clock);
    return instant + clock.tm_gmtoff;
}

inline tm taken_apart(time_t face_value) {
    tm clock{};
    gmtime_r(&face_value, &clock);
    return clock;
}

// Due minutes in (after, until], by walking.
inline std::vector<time_t> oracle(const Expression& e, time_t after, time_t until) {
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

/// Every name of the system's tzdata, links too.
inline std::vector<std::string> zone_names() {
    std::ifstream table("/usr/share/zoneinfo/tzdata.zi");
    std::vector<std::string> out;
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string kind, first, second;
        fields >> kind >> first >> second;
        if (kind == "Z") out.push_back(first);
        if (kind == "L") out.push_back(second);
    }
    std::erase(out, "Factory");  // stands for "not set"; has no file on Debian
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace autobackup::schedule
