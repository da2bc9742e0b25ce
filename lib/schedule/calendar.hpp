// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace autobackup::schedule {

using LocalSeconds = std::chrono::local_seconds;

/// A set of wall-clock times: all combinations of the sets below. Pure; knows no zone.
struct Calendar {
    std::bitset<60> seconds;
    std::bitset<60> minutes;
    std::bitset<24> hours;
    std::bitset<13> months;               ///< 1..12
    std::bitset<32> days;                 ///< 1..31
    std::bitset<31> days_from_end;        ///< 0 = the last day of the month, 1 = the day before …
    std::bitset<7> weekdays;              ///< 0 = Sunday
    std::array<std::bitset<7>, 5> nth{};  ///< nth[k]: the (k+1)th such weekday of the month (`fri#2`)
    std::bitset<7> last;                  ///< the last such weekday of the month (`5L`)
    bool any_day = true;                  ///< no restriction by day of month
    bool any_weekday = true;              ///< no restriction by day of week
    bool either = false;  ///< cron: with both restricted, a day counts that fits one of them (both otherwise)
    std::vector<std::pair<int, int>> years;  ///< ranges; empty = every year

    /// Every hour belongs to it: then it is an interval and follows real time, not the clock's face.
    [[nodiscard]] bool every_hour() const { return hours.all(); }

    [[nodiscard]] bool matches_day(std::chrono::year_month_day day) const;
    /// The first matching time at or after `from`; nothing within 400 years (after which the calendar
    /// repeats).
    [[nodiscard]] std::optional<LocalSeconds> next(LocalSeconds from) const;
};

}  // namespace autobackup::schedule
