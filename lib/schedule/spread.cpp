// SPDX-License-Identifier: MIT
// What follows from next() alone: the last due time of a stretch, the largest gap.
#include <algorithm>
#include <array>

#include "lib/schedule/schedule.hpp"

namespace autobackup::schedule {
namespace {

namespace chrono = std::chrono;
using chrono::seconds;

// A gap of more than `wider` that begins in [from, from + horizon), or the largest such.
std::optional<seconds> gap_wider_than(seconds wider, seconds horizon, std::span<const Schedule> schedules,
                                      const Zone& zone, SysSeconds from) {
    seconds widest = wider;
    SysSeconds at = from;
    while (at < from + std::max(horizon, 8 * (widest > wider ? widest : seconds{0}))) {
        const auto following = next(schedules, zone, at);
        if (!following) break;
        widest = std::max(widest, *following - at);
        // No gap wider than `widest` begins before the last due time within reach.
        const auto reached = latest(schedules, zone, *following, at + widest);
        at = reached.value_or(*following);
    }
    if (widest == wider) return std::nullopt;
    return widest;
}

}  // namespace

std::optional<SysSeconds> latest(std::span<const Schedule> schedules, const Zone& zone, SysSeconds after,
                                 SysSeconds until) {
    // next() never falls: search for the last instant whose next due time is not past `until`.
    std::optional<SysSeconds> found;
    SysSeconds low = after, high = until;
    while (low < high) {
        const SysSeconds middle = found ? low + (high - low) / 2 : low;
        const auto due = next(schedules, zone, middle);
        if (due && *due <= until) {
            found = due;
            low = *due;
        } else if (!found) {
            break;  // not even one in the whole stretch
        } else {
            high = middle;
        }
    }
    return found;
}

std::optional<seconds> largest_gap(std::span<const Schedule> schedules, const Zone& zone, SysSeconds from) {
    if (schedules.size() == 1) {
        if (const auto* interval = std::get_if<Interval>(&schedules[0].rule)) return interval->length;
    }
    const auto first = next(schedules, zone, from);
    if (!first) return std::nullopt;
    // The wide gaps first: they are few, and many small steps are needed only where there are none.
    constexpr chrono::days day{1};
    constexpr std::array<std::pair<seconds, seconds>, 4> widths{
        {{day, 35 * day}, {chrono::hours{1}, 8 * day}, {chrono::minutes{1}, day}, {seconds{0}, chrono::hours{1}}}};
    for (const auto& [wider, horizon] : widths) {
        if (const auto gap = gap_wider_than(wider, horizon, schedules, zone, *first)) return gap;
    }
    return std::nullopt;
}

}  // namespace autobackup::schedule
