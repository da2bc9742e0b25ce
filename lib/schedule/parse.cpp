// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/core/text.hpp"
#include "lib/schedule/duration.hpp"
#include "lib/schedule/fields.hpp"

namespace autobackup::schedule {
namespace {

using Rule = std::variant<Manual, Interval, Calendar>;

constexpr std::string_view forms =
    "a schedule is 'every 6h', hourly, 'daily 02:30', 'weekdays 22:00', 'mon,thu 03:15', 'monthly 1 04:00', "
    "cron with 5 or 6 fields, @daily, a systemd calendar, or manual";

// crontab(5), "Extensions".
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> nicknames{{{"@yearly", "0 0 1 1 *"},
                                                                                  {"@annually", "0 0 1 1 *"},
                                                                                  {"@monthly", "0 0 1 * *"},
                                                                                  {"@weekly", "0 0 * * 0"},
                                                                                  {"@daily", "0 0 * * *"},
                                                                                  {"@midnight", "0 0 * * *"},
                                                                                  {"@hourly", "0 * * * *"}}};

Result<Rule> parse_interval(std::span<const std::string_view> tokens) {
    if (tokens.size() != 2) return refuse("'every' takes one duration, such as 'every 6h'");
    const auto length = parse_duration(tokens[1]);
    if (!length) return refuse(length.error().message);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*length);
    if (seconds != *length || seconds.count() < 1)
        return refuse("the interval must be whole seconds, 1s at least");
    return Rule(Interval{seconds});
}

Result<Rule> parse_nickname(std::string_view word) {
    for (const auto& [name, expression] : nicknames) {
        if (name != word) continue;
        const std::vector<std::string_view> fields = words(expression);
        const auto calendar = parse_cron(fields);
        if (!calendar) return calendar.error();
        return Rule(*calendar);
    }
    if (word == "@reboot") return refuse("@reboot is not supported: a start of the daemon is no due time");
    return refuse(
        fmt::format("'{}' is not known: @hourly, @daily, @weekly, @monthly, @yearly", one_line(word)));
}

Result<Calendar> checked(const Calendar& calendar) {
    if (const auto reason = why_never(calendar)) return refuse(*reason);
    return calendar;
}

Result<Rule> as_rule(const Result<Calendar>& calendar) {
    if (!calendar) return calendar.error();
    const auto possible = checked(*calendar);
    if (!possible) return possible.error();
    return Rule(*possible);
}

Result<Rule> parse_rule(std::span<const std::string_view> tokens, std::optional<Zone>& zone) {
    const std::string first = to_lower(tokens[0]);
    if (first == "manual" && tokens.size() == 1) return Rule(Manual{});
    if (first == "every" || first == "@every") return parse_interval(tokens);
    if (first.starts_with('@')) {
        if (tokens.size() > 1) return refuse(fmt::format("'{}' stands alone", one_line(first)));
        return parse_nickname(first);
    }
    if (const auto phrase = parse_phrase(tokens)) return as_rule(*phrase);
    const auto has_colon = [](std::string_view token) { return token.find(':') != std::string_view::npos; };
    const bool clock = std::any_of(tokens.begin(), tokens.end(), has_colon);
    if (!clock && (tokens.size() == 5 || tokens.size() == 6)) return as_rule(parse_cron(tokens));
    if (!clock && tokens.size() > 3) {
        return refuse(fmt::format("cron has 5 or 6 fields, this has {}", tokens.size()));
    }
    auto calendar = parse_systemd(tokens);
    if (!calendar) return refuse(calendar.error().message + "; " + std::string(forms));
    zone = calendar->zone;
    return as_rule(calendar->calendar);
}

}  // namespace

Result<Schedule> parse(std::string_view text) {
    const std::vector<std::string_view> tokens = words(text);
    if (tokens.empty()) return refuse(fmt::format("it is empty; {}", forms));
    if (text.size() > 500) return refuse("it is longer than 500 characters");
    Schedule schedule;
    schedule.text = std::string(trim(text));
    auto rule = parse_rule(tokens, schedule.zone);
    if (!rule) return rule.error();
    schedule.rule = std::move(*rule);
    return schedule;
}

}  // namespace autobackup::schedule
