// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "lib/core/text.hpp"
#include "lib/schedule/fields.hpp"

namespace autobackup::schedule {
namespace {

constexpr Field second_field{"second", 0, 59};
constexpr Field minute_field{"minute", 0, 59};
constexpr Field hour_field{"hour", 0, 23};
constexpr Field day_of_month_field{"day-of-month", 1, 31};
constexpr Field month_field_of_cron{"month", 1, 12, month_of};
constexpr Field weekday_field{"day-of-week", 0, 7, weekday_of};

bool is_any(std::string_view field) {
    return field == "*" || field == "?";
}
bool begins_any(std::string_view field) {
    return field.starts_with('*') || field.starts_with('?');
}

// "L" and "L-3" (three days before the last). False: not of this form.
Result<bool> parse_last_day(std::string_view item, Calendar& calendar) {
    if (item.ends_with('W') || item.ends_with('w')) {
        return refuse(fmt::format("'{}' in the day-of-month field: W is not supported", one_line(item)));
    }
    if (!item.starts_with('L') && !item.starts_with('l')) return false;
    const auto before = item.size() == 1 ? std::optional(0) : number(item.substr(2));
    if ((item.size() > 1 && item[1] != '-') || !before || *before > 30) {
        return refuse(
            fmt::format("'{}' in the day-of-month field: allowed is L or L-1 to L-30", one_line(item)));
    }
    calendar.days_from_end.set(static_cast<std::size_t>(*before));
    return true;
}

std::optional<std::size_t> cron_weekday(std::string_view text) {
    const auto plain = number(text);
    const auto value = plain ? plain : weekday_of(text);
    if (!value || *value > 7) return std::nullopt;
    return static_cast<std::size_t>(*value % 7);
}

// "fri#2" (second Friday) and "5L", "friL" (last Friday). False: not of this form.
Result<bool> parse_nth(std::string_view item, Calendar& calendar) {
    const std::size_t hash = item.find('#');
    if (hash != std::string_view::npos) {
        const auto weekday = cron_weekday(item.substr(0, hash));
        const auto nth = number(item.substr(hash + 1));
        if (!weekday || !nth || *nth < 1 || *nth > 5) {
            return refuse(
                fmt::format("'{}' in the day-of-week field: allowed is DAY#1 to DAY#5", one_line(item)));
        }
        calendar.nth[static_cast<std::size_t>(*nth - 1)].set(*weekday);
        return true;
    }
    if (!item.ends_with('L') && !item.ends_with('l')) return false;
    const auto weekday = cron_weekday(item.substr(0, item.size() - 1));
    if (!weekday) {
        return refuse(fmt::format("'{}' in the day-of-week field: L needs a day before it, such as friL",
                                  one_line(item)));
    }
    calendar.last.set(*weekday);
    return true;
}

Result<void> parse_days(std::string_view text, Calendar& calendar) {
    calendar.any_day = is_any(text);
    if (calendar.any_day) return {};
    for (const std::string_view item : split(text, ',')) {
        const auto special = parse_last_day(item, calendar);
        if (!special) return special.error();
        if (*special) continue;
        const auto set = [&calendar](int day) { calendar.days.set(static_cast<std::size_t>(day)); };
        if (auto read = parse_list(item, day_of_month_field, set); !read) return read.error();
    }
    return {};
}

Result<void> parse_weekday_field(std::string_view text, Calendar& calendar) {
    calendar.any_weekday = is_any(text);
    if (calendar.any_weekday) return {};
    for (const std::string_view item : split(text, ',')) {
        const auto special = parse_nth(item, calendar);
        if (!special) return special.error();
        if (*special) continue;
        const auto set = [&calendar](int day) { calendar.weekdays.set(static_cast<std::size_t>(day % 7)); };
        if (auto read = parse_list(item, weekday_field, set); !read) return read.error();
    }
    return {};
}

template <std::size_t N>
Result<void> parse_set(std::string_view text, const Field& field, std::bitset<N>& out) {
    return parse_list(text, field, [&out](int value) { out.set(static_cast<std::size_t>(value)); });
}

}  // namespace

Result<Calendar> parse_cron(std::span<const std::string_view> fields) {
    Calendar calendar;
    if (fields.size() == 6) {
        if (auto read = parse_set(fields[0], second_field, calendar.seconds); !read) return read.error();
        fields = fields.subspan(1);
    } else {
        calendar.seconds.set(0);
    }
    if (auto read = parse_set(fields[0], minute_field, calendar.minutes); !read) return read.error();
    if (auto read = parse_set(fields[1], hour_field, calendar.hours); !read) return read.error();
    if (auto read = parse_days(fields[2], calendar); !read) return read.error();
    if (auto read = parse_set(fields[3], month_field_of_cron, calendar.months); !read) return read.error();
    if (auto read = parse_weekday_field(fields[4], calendar); !read) return read.error();
    calendar.either = !begins_any(fields[2]) && !begins_any(fields[4]);
    return calendar;
}

}  // namespace autobackup::schedule
