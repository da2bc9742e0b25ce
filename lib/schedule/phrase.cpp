// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "lib/core/text.hpp"
#include "lib/schedule/fields.hpp"

namespace autobackup::schedule {
namespace {

Calendar every_day() {
    Calendar calendar;
    calendar.months.set();
    return calendar;
}

void at_midnight(Calendar& calendar) {
    calendar.hours.set(0);
    calendar.minutes.set(0);
    calendar.seconds.set(0);
}

// The optional time of day at `at`, which must be the last word.
Result<Calendar> with_time(Calendar calendar, std::span<const std::string_view> tokens, std::size_t at) {
    if (at == tokens.size()) {
        at_midnight(calendar);
        return calendar;
    }
    if (auto read = parse_clock(tokens[at], calendar); !read) return read.error();
    if (at + 1 < tokens.size())
        return refuse(fmt::format("'{}' behind the time is too much", one_line(tokens[at + 1])));
    return calendar;
}

// Words without a time of day, as systemd.time(7) means them.
std::optional<Calendar> parse_word(std::string_view word) {
    Calendar calendar = every_day();
    at_midnight(calendar);
    if (word == "minutely" || word == "hourly") {
        calendar.hours.set();
        if (word == "minutely") calendar.minutes.set();
        return calendar;
    }
    calendar.any_day = false;
    calendar.days.set(1);
    calendar.months.reset();
    calendar.months.set(1);
    if (word == "yearly" || word == "annually") return calendar;
    calendar.months.set(7);
    if (word == "semiannually") return calendar;
    calendar.months.set(4).set(10);
    if (word == "quarterly") return calendar;
    return std::nullopt;
}

Result<Calendar> parse_daily(std::span<const std::string_view> tokens) {
    return with_time(every_day(), tokens, 1);
}

Result<Calendar> parse_some_days(std::span<const std::string_view> tokens, bool working_days) {
    Calendar calendar = every_day();
    calendar.any_weekday = false;
    for (std::size_t day = 0; day < 7; ++day)
        calendar.weekdays.set(day, (day >= 1 && day <= 5) == working_days);
    return with_time(std::move(calendar), tokens, 1);
}

Result<Calendar> parse_weekly(std::span<const std::string_view> tokens) {
    Calendar calendar = every_day();
    calendar.any_weekday = false;
    const auto day = tokens.size() > 1 ? weekday_of(tokens[1]) : std::nullopt;
    calendar.weekdays.set(static_cast<std::size_t>(day.value_or(1)));
    return with_time(std::move(calendar), tokens, day ? 2 : 1);
}

Result<Calendar> parse_monthly(std::span<const std::string_view> tokens) {
    Calendar calendar = every_day();
    calendar.any_day = false;
    const bool has_day = tokens.size() > 1 && tokens[1].find(':') == std::string_view::npos;
    if (!has_day) {
        calendar.days.set(1);
    } else if (const std::string word = to_lower(tokens[1]); word == "last" || word == "l") {
        calendar.days_from_end.set(0);
    } else {
        const Field field{"day-of-month", 1, 31};
        const auto set = [&calendar](int day) { calendar.days.set(static_cast<std::size_t>(day)); };
        if (auto read = parse_list(tokens[1], field, set); !read) return read.error();
    }
    return with_time(std::move(calendar), tokens, has_day ? 2 : 1);
}

}  // namespace

std::optional<Result<Calendar>> parse_phrase(std::span<const std::string_view> tokens) {
    const std::string word = to_lower(tokens[0]);
    if (word == "daily") return parse_daily(tokens);
    if (word == "weekdays") return parse_some_days(tokens, true);
    if (word == "weekends") return parse_some_days(tokens, false);
    if (word == "weekly") return parse_weekly(tokens);
    if (word == "monthly") return parse_monthly(tokens);
    const auto calendar = parse_word(word);
    if (!calendar) return std::nullopt;
    if (tokens.size() > 1)
        return Result<Calendar>(refuse(fmt::format("'{}' stands alone, without a time", word)));
    return Result<Calendar>(*calendar);
}

}  // namespace autobackup::schedule
