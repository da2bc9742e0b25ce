// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/schedule/fields.hpp"

namespace autobackup::schedule {
namespace {

constexpr int last_year = 2199;  // as far as systemd looks

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "Mon", "Mon,Thu", "Mon..Fri", "Mon-Fri". The week begins on Monday, so that Sat..Sun and Fri..Sun run
// forwards.
Result<void> parse_weekdays(std::string_view text, Calendar& calendar) {
    calendar.any_weekday = false;
    for (const std::string_view item : split(text, ',')) {
        const std::size_t dots = item.find("..");
        const std::size_t cut = dots != std::string_view::npos ? dots : item.find('-');
        const auto from = weekday_of(item.substr(0, cut));
        const std::size_t skip = dots != std::string_view::npos ? 2 : 1;
        const auto to = cut == std::string_view::npos ? from : weekday_of(item.substr(cut + skip));
        if (!from || !to)
            return refuse(fmt::format("'{}' is no day of the week (mon, tue …)", one_line(item)));
        for (int day = *from;; day = (day + 1) % 7) {
            calendar.weekdays.set(static_cast<std::size_t>(day));
            if (day == *to) break;
        }
    }
    return {};
}

Result<void> parse_years(std::string_view text, Calendar& calendar) {
    if (text == "*") return {};
    const Field field{"year", 1970, last_year, nullptr, ".."};
    return parse_list(text, field, [&calendar](int year) { calendar.years.emplace_back(year, year); });
}

// Behind a `~` days are counted from the end of the month, 1 being the last; a step runs towards the end.
Result<void> parse_days_from_end(std::string_view text, Calendar& calendar) {
    const std::size_t slash = text.find('/');
    const Field field{"day", 1, 31, nullptr, ".."};
    const auto set = [&calendar](int day) { calendar.days_from_end.set(static_cast<std::size_t>(day - 1)); };
    if (slash == std::string_view::npos) return parse_list(text, field, set);
    const auto from = number(text.substr(0, slash));
    const auto step = number(text.substr(slash + 1));
    if (!from || !step || *from < 1 || *from > 31 || *step < 1) {
        return refuse(fmt::format("'~{}' is no day counted from the end of the month", one_line(text)));
    }
    for (int day = *from; day >= 1; day -= *step) set(day);
    return {};
}

Result<void> parse_date(std::string_view text, Calendar& calendar) {
    std::string_view rest = text;
    const std::size_t tilde = rest.find('~');
    const std::size_t before_day = tilde != std::string_view::npos ? tilde : rest.rfind('-');
    if (before_day == std::string_view::npos) {
        return refuse(fmt::format("'{}' is no date: it is written *-*-01 or 2026-12-24", one_line(text)));
    }
    const std::string_view day = rest.substr(before_day + 1);
    rest = rest.substr(0, before_day);
    const std::size_t dash = rest.rfind('-');
    const std::string_view month = dash == std::string_view::npos ? rest : rest.substr(dash + 1);
    if (dash != std::string_view::npos) {
        if (auto read = parse_years(rest.substr(0, dash), calendar); !read) return read.error();
    }
    const Field month_field{"month", 1, 12, nullptr, ".."};
    const auto set_month = [&calendar](int value) { calendar.months.set(static_cast<std::size_t>(value)); };
    if (auto read = parse_list(month, month_field, set_month); !read) return read.error();
    calendar.any_day = day == "*";
    if (calendar.any_day) return {};
    if (tilde != std::string_view::npos) return parse_days_from_end(day, calendar);
    const Field day_field{"day", 1, 31, nullptr, ".."};
    return parse_list(day, day_field,
                      [&calendar](int value) { calendar.days.set(static_cast<std::size_t>(value)); });
}

Result<void> parse_time(std::string_view text, Calendar& calendar) {
    const std::vector<std::string_view> parts = split(text, ':');
    if (parts.size() != 2 && parts.size() != 3) {
        return refuse(fmt::format("'{}' is no time of day: it is written 02:30 or 02:30:15", one_line(text)));
    }
    const Field hour{"hour", 0, 23, nullptr, ".."};
    const Field minute{"minute", 0, 59, nullptr, ".."};
    const Field second{"second", 0, 59, nullptr, ".."};
    const auto set_hour = [&calendar](int value) { calendar.hours.set(static_cast<std::size_t>(value)); };
    const auto set_minute = [&calendar](int value) { calendar.minutes.set(static_cast<std::size_t>(value)); };
    const auto set_second = [&calendar](int value) { calendar.seconds.set(static_cast<std::size_t>(value)); };
    if (auto read = parse_list(parts[0], hour, set_hour); !read) return read.error();
    if (auto read = parse_list(parts[1], minute, set_minute); !read) return read.error();
    if (parts.size() == 2) {
        calendar.seconds.set(0);
        return {};
    }
    if (parts[2].find('.') != std::string_view::npos && parts[2].find("..") == std::string_view::npos) {
        return refuse("fractions of a second are not supported");
    }
    return parse_list(parts[2], second, set_second);
}

bool looks_like_date(std::string_view token) {
    const bool shaped =
        token.find('-') != std::string_view::npos || token.find('~') != std::string_view::npos;
    return shaped && (is_digit(token[0]) || token[0] == '*');
}

}  // namespace

Result<SystemdCalendar> parse_systemd(std::span<const std::string_view> tokens) {
    SystemdCalendar out;
    Calendar& calendar = out.calendar;
    std::size_t at = 0;
    const auto more = [&] { return at < tokens.size(); };
    if (more() && is_letter(tokens[at][0]) &&
        weekday_of(tokens[at].substr(0, tokens[at].find_first_of(",.-")))) {
        if (auto read = parse_weekdays(tokens[at++], calendar); !read) return read.error();
    }
    if (more() && looks_like_date(tokens[at])) {
        if (auto read = parse_date(tokens[at++], calendar); !read) return read.error();
    } else {
        calendar.months.set();
    }
    if (more() && tokens[at].find(':') != std::string_view::npos) {
        if (auto read = parse_time(tokens[at++], calendar); !read) return read.error();
    } else {
        calendar.hours.set(0);
        calendar.minutes.set(0);
        calendar.seconds.set(0);
    }
    if (at > 0 && more() && is_letter(tokens[at][0])) {
        auto zone = Zone::find(tokens[at++]);
        if (!zone) return refuse(zone.error().message);
        out.zone = *zone;
    }
    if (at == 0 || more()) {
        return refuse(
            fmt::format("'{}' is not understood here", one_line(more() ? tokens[at] : std::string_view())));
    }
    return out;
}

}  // namespace autobackup::schedule
