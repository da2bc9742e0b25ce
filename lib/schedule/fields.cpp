// SPDX-License-Identifier: MIT
#include "lib/schedule/fields.hpp"

#include <fmt/format.h>

#include <array>

#include "lib/core/text.hpp"

namespace autobackup::schedule {
namespace {

constexpr std::array<std::string_view, 7> weekday_names{"sunday",   "monday", "tuesday", "wednesday",
                                                        "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> month_names{"january",   "february", "march",    "april",
                                                       "may",       "june",     "july",     "august",
                                                       "september", "october",  "november", "december"};

// The index of the name that `word` is, or is the first three letters of ("tues", "thur" are common too).
std::optional<int> index_of(std::span<const std::string_view> names, std::string_view word) {
    const std::string lower = to_lower(word);
    if (lower.size() < 3) return std::nullopt;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].starts_with(lower)) return static_cast<int>(i);
    }
    return std::nullopt;
}

std::optional<int> value_of(std::string_view text, const Field& field) {
    if (const auto plain = number(text)) return plain;
    return field.named != nullptr ? field.named(text) : std::nullopt;
}

Failure bad(std::string_view text, const Field& field, std::string_view reason) {
    return refuse(fmt::format("'{}' in the {} field: {}", one_line(text), field.name, reason));
}

Failure out_of_range(std::string_view text, const Field& field) {
    if (!value_of(text, field)) return bad(text, field, "neither a number nor a name that is known here");
    return bad(text, field, fmt::format("allowed is {} to {}", field.min, field.max));
}

struct Range {
    int from = 0, to = 0, step = 1;
};

bool fits(std::optional<int> value, const Field& field) {
    return value && *value >= field.min && *value <= field.max;
}

// The part before the step: "*", "a", "a-b".
Result<Range> parse_span(std::string_view item, std::string_view body, bool stepped, const Field& field) {
    if (body == "*") return Range{field.min, field.max};
    const std::size_t dash = body.find(field.range);
    if (dash == std::string_view::npos) {
        const auto value = value_of(body, field);
        if (!fits(value, field)) return out_of_range(body, field);
        return Range{*value, stepped ? field.max : *value};
    }
    const auto from = value_of(body.substr(0, dash), field);
    auto to = value_of(body.substr(dash + field.range.size()), field);
    if (!fits(from, field)) return out_of_range(body.substr(0, dash), field);
    // "fri-sun": Sunday is 7 at the end of a range of cron's weekdays.
    if (field.named == weekday_of && to == 0 && *from > 0 && field.max == 7) to = 7;
    if (!fits(to, field)) return out_of_range(body.substr(dash + field.range.size()), field);
    if (*from > *to) {
        return bad(item, field, "the range runs backwards: write two ranges with a comma");
    }
    return Range{*from, *to};
}

Result<Range> parse_item(std::string_view item, const Field& field) {
    const std::size_t slash = item.find('/');
    const bool stepped = slash != std::string_view::npos;
    auto range = parse_span(item, item.substr(0, slash), stepped, field);
    if (!range || !stepped) return range;
    const auto step = number(item.substr(slash + 1));
    if (!step || *step < 1) return bad(item, field, "the step must be a whole number from 1");
    if (*step > field.max - field.min) {
        return bad(item, field,
                   fmt::format("the step leaves the range {} to {}: such an interval is written 'every …'",
                               field.min, field.max));
    }
    range->step = *step;
    return range;
}

}  // namespace

Failure refuse(std::string reason) {
    return fail(Errc::config_invalid, "read", "schedule", std::move(reason));
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> out;
    constexpr std::string_view blanks = " \t\r\n";
    for (std::size_t at = text.find_first_not_of(blanks); at != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        out.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(blanks, end);
    }
    return out;
}

std::optional<int> number(std::string_view text) {
    if (text.empty() || text.size() > 4) return std::nullopt;
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::optional<int> weekday_of(std::string_view name) {
    return index_of(weekday_names, name);
}

std::optional<int> month_of(std::string_view name) {
    const auto index = index_of(month_names, name);
    return index ? std::optional(*index + 1) : std::nullopt;
}

Result<void> parse_list(std::string_view text, const Field& field, const std::function<void(int)>& set) {
    for (const std::string_view item : split(text, ',')) {
        if (item.empty()) return bad(text, field, "a value is missing");
        const auto range = parse_item(item, field);
        if (!range) return range.error();
        for (int value = range->from; value <= range->to; value += range->step) set(value);
    }
    return {};
}

Result<void> parse_clock(std::string_view text, Calendar& calendar) {
    const std::vector<std::string_view> parts = split(text, ':');
    const auto hour = number(parts[0]);
    const auto minute = parts.size() > 1 ? number(parts[1]) : std::nullopt;
    const auto second = parts.size() > 2 ? number(parts[2]) : std::optional(0);
    const bool shaped =
        (parts.size() == 2 || parts.size() == 3) && parts[1].size() == 2 && parts[0].size() <= 2;
    if (!shaped || !hour || !minute || !second) {
        return refuse(fmt::format("'{}' is no time of day: it is written 02:30 or 02:30:15", one_line(text)));
    }
    if (*hour > 23 || *minute > 59 || *second > 59) {
        return refuse(fmt::format("'{}' is no time of day: allowed is 00:00:00 to 23:59:59", one_line(text)));
    }
    calendar.hours.set(static_cast<std::size_t>(*hour));
    calendar.minutes.set(static_cast<std::size_t>(*minute));
    calendar.seconds.set(static_cast<std::size_t>(*second));
    return {};
}

std::optional<std::string> why_never(const Calendar& calendar) {
    if (calendar.next(LocalSeconds(std::chrono::local_days(std::chrono::year(1970) / 1 / 1))))
        return std::nullopt;
    if (calendar.any_day || calendar.days.none()) return "no date fits it";
    std::size_t day = 1;
    while (!calendar.days.test(day)) ++day;
    std::string months;
    for (std::size_t month = 1; month <= 12; ++month) {
        if (!calendar.months.test(month)) continue;
        std::string name(month_names[month - 1]);
        name[0] = static_cast<char>(name[0] - 'a' + 'A');
        months += (months.empty() ? "" : ", ") + name;
    }
    return fmt::format("no date fits it: day {} does not come in {}", day, months);
}

}  // namespace autobackup::schedule
