// SPDX-License-Identifier: MIT
// When a job is due. Pure: no clock, no waiting. interface.md §3 lists the forms.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "lib/core/failure.hpp"
#include "lib/schedule/calendar.hpp"
#include "lib/schedule/zone.hpp"

namespace autobackup::schedule {

/// Only when asked.
struct Manual {};

/// `every 6h`: real time, whatever the clocks do. Counted from 1970-01-01T00:00:00Z, so that neither a
/// restart nor a reload moves it.
struct Interval {
    std::chrono::seconds length{};
};

struct Schedule {
    std::string text;  ///< as written
    std::variant<Manual, Interval, Calendar> rule;
    std::optional<Zone> zone;  ///< a systemd calendar may name its own; it goes before the caller's
};

/// Reads `every 6h`, `hourly|daily|weekly|monthly`, `daily 02:30`, `weekdays 22:00`, `mon,thu 03:15`,
/// `monthly 1 04:00`, cron with 5 or 6 fields (6: seconds first), `@hourly … @yearly`, systemd calendars,
/// `manual`. config_invalid says why not; a date that never comes (`30 2 30 2 *`) is refused too. Bare
/// `weekly` is Monday 00:00 as in systemd, `@weekly` Sunday 00:00 as in cron.
Result<Schedule> parse(std::string_view text);

/// The first due time after `after`. A time that falls into a DST gap is due at the end of the gap; a time
/// that comes twice is due the first time only; intervals and expressions that hold for every hour follow
/// real time. Nothing: never again.
std::optional<SysSeconds> next(const Schedule& schedule, const Zone& zone, SysSeconds after);
/// The earliest of several.
std::optional<SysSeconds> next(std::span<const Schedule> schedules, const Zone& zone, SysSeconds after);

/// The last due time in (after, until], in a few dozen steps however many lie between.
std::optional<SysSeconds> latest(std::span<const Schedule> schedules, const Zone& zone, SysSeconds after,
                                 SysSeconds until);

/// The largest gap between two due times that follow each other, seen from `from` on: over a day at least
/// where due times are minutes apart, over a week where hours, over five weeks where days, and over eight such
/// gaps. So the weekend is seen in `weekdays 22:00`. Nothing: fewer than two due times are left.
std::optional<std::chrono::seconds> largest_gap(std::span<const Schedule> schedules, const Zone& zone,
                                                SysSeconds from);

}  // namespace autobackup::schedule
