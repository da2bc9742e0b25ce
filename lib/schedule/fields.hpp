// SPDX-License-Identifier: MIT
// Inside lib/schedule only: the lists of numbers and names that cron and systemd calendars have in common.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/schedule/schedule.hpp"

namespace autobackup::schedule {

/// config_invalid with that reason.
Failure refuse(std::string reason);

/// Tokens between white space.
std::vector<std::string_view> words(std::string_view text);

/// A whole decimal number of at most 4 digits; leading zeros are fine ("03").
std::optional<int> number(std::string_view text);

/// 0 = Sunday; "mon", "monday" in any case. Nothing for other text.
std::optional<int> weekday_of(std::string_view name);
/// 1 = January; "jan", "january".
std::optional<int> month_of(std::string_view name);

/// What one field may hold.
struct Field {
    std::string_view name;  ///< for messages: "hour"
    int min = 0;
    int max = 0;
    std::optional<int> (*named)(std::string_view) = nullptr;  ///< names that count as numbers
    std::string_view range = "-";                             ///< cron "-", systemd ".."
};

/// Reads "*", "a", "a-b", "*/n", "a/n" (= a-max/n), "a-b/n" and lists of them; calls `set` with each member.
Result<void> parse_list(std::string_view text, const Field& field, const std::function<void(int)>& set);

/// "HH:MM" or "HH:MM:SS" with plain numbers into the three sets.
Result<void> parse_clock(std::string_view text, Calendar& calendar);

/// cron with 5 or 6 fields (crontab(5); L and # as in Quartz). Day of month and day of week: either counts
/// when both are restricted, both must fit when one of them begins with *.
Result<Calendar> parse_cron(std::span<const std::string_view> fields);

/// systemd.time(7), "Calendar Events", without fractions of a second. The second value is the zone, when one
/// is named.
struct SystemdCalendar {
    Calendar calendar;
    std::optional<Zone> zone;
};
Result<SystemdCalendar> parse_systemd(std::span<const std::string_view> tokens);

/// `daily 02:30`, `weekdays 22:00`, `weekends …`, `weekly [mon] 03:00`, `monthly 1 04:00`, and the words
/// alone. Nothing when the first word is none of these.
std::optional<Result<Calendar>> parse_phrase(std::span<const std::string_view> tokens);

/// Why no date fits, or nothing when one does.
std::optional<std::string> why_never(const Calendar& calendar);

}  // namespace autobackup::schedule
