// SPDX-License-Identifier: MIT
#include "lib/schedule/calendar.hpp"

#include <algorithm>

namespace autobackup::schedule {
namespace {

namespace chrono = std::chrono;

// The first member at or after `from`, or the size when there is none.
template <std::size_t N>
std::size_t first_from(const std::bitset<N>& set, std::size_t from) {
    while (from < N && !set.test(from)) ++from;
    return from;
}

unsigned last_day(chrono::year_month_day day) {
    return static_cast<unsigned>(
        chrono::year_month_day_last{day.year(), chrono::month_day_last{day.month()}}.day());
}

// The first matching time of day at or after `from` (seconds since midnight).
std::optional<chrono::seconds> next_in_day(const Calendar& calendar, chrono::seconds from) {
    const chrono::hh_mm_ss clock{from};
    const auto start_hour = static_cast<std::size_t>(clock.hours().count());
    const auto start_minute = static_cast<std::size_t>(clock.minutes().count());
    const auto start_second = static_cast<std::size_t>(clock.seconds().count());
    for (std::size_t hour = first_from(calendar.hours, start_hour); hour < 24;
         hour = first_from(calendar.hours, hour + 1)) {
        const bool first_hour = hour == start_hour;
        std::size_t minute = first_from(calendar.minutes, first_hour ? start_minute : 0);
        for (; minute < 60; minute = first_from(calendar.minutes, minute + 1)) {
            const bool first_minute = first_hour && minute == start_minute;
            const std::size_t second = first_from(calendar.seconds, first_minute ? start_second : 0);
            if (second < 60) return chrono::seconds(hour * 3600 + minute * 60 + second);
        }
    }
    return std::nullopt;
}

}  // namespace

bool Calendar::matches_day(chrono::year_month_day date) const {
    if (!months.test(static_cast<unsigned>(date.month()))) return false;
    const auto year = static_cast<int>(date.year());
    const auto holds_year = [year](const auto& range) { return range.first <= year && year <= range.second; };
    if (!years.empty() && std::none_of(years.begin(), years.end(), holds_year)) return false;
    const unsigned day = static_cast<unsigned>(date.day());
    const unsigned from_end = last_day(date) - day;
    const std::size_t weekday = chrono::weekday{chrono::local_days{date}}.c_encoding();
    const bool day_fits = any_day || days.test(day) || days_from_end.test(from_end);
    const bool weekday_fits = any_weekday || weekdays.test(weekday) || nth[(day - 1) / 7].test(weekday) ||
                              (last.test(weekday) && from_end < 7);
    if (either && !any_day && !any_weekday) return day_fits || weekday_fits;
    return day_fits && weekday_fits;
}

std::optional<LocalSeconds> Calendar::next(LocalSeconds from) const {
    chrono::local_days day = chrono::floor<chrono::days>(from);
    chrono::seconds clock = from - day;
    const chrono::local_days stop = day + chrono::days{146'097};  // 400 Gregorian years
    while (day <= stop) {
        const chrono::year_month_day date{day};
        if (!months.test(static_cast<unsigned>(date.month()))) {
            day = chrono::local_days{(date.year() / date.month() / 1) + chrono::months{1}};
            clock = chrono::seconds{0};
            continue;
        }
        if (matches_day(date)) {
            if (const auto time = next_in_day(*this, clock)) return day + *time;
        }
        day += chrono::days{1};
        clock = chrono::seconds{0};
    }
    return std::nullopt;
}

}  // namespace autobackup::schedule
