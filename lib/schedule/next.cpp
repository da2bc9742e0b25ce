// SPDX-License-Identifier: MIT
#include "lib/schedule/schedule.hpp"

namespace autobackup::schedule {
namespace {

namespace chrono = std::chrono;

SysSeconds next_of_interval(const Interval& interval, SysSeconds after) {
    const chrono::seconds since = after.time_since_epoch();
    auto periods = since / interval.length;
    if (since.count() < 0 && since % interval.length != chrono::seconds{0}) --periods;
    return SysSeconds((periods + 1) * interval.length);
}

// Real time: within a stretch of one offset the clock's face and real time run alike; then the next stretch.
std::optional<SysSeconds> next_in_real_time(const Calendar& calendar, const Zone& zone, SysSeconds after) {
    SysSeconds from = after + chrono::seconds{1};
    while (true) {
        const Zone::Stretch stretch = zone.around(from);
        const auto local = calendar.next(LocalSeconds(from.time_since_epoch() + stretch.offset));
        if (!local) return std::nullopt;
        const SysSeconds time(local->time_since_epoch() - stretch.offset);
        if (time < stretch.end) return time;
        from = stretch.end;
    }
}

// The clock's face: Zone::instant never falls while the local time rises, so the first one after `after` is
// the next.
std::optional<SysSeconds> next_on_clock(const Calendar& calendar, const Zone& zone, SysSeconds after) {
    LocalSeconds from = zone.local(after) + chrono::seconds{1};
    while (true) {
        const auto local = calendar.next(from);
        if (!local) return std::nullopt;
        const SysSeconds time = zone.instant(*local);
        if (time > after) return time;
        // Only times that come twice get here: `after` lies in their second coming.
        from = *local + chrono::seconds{1};
    }
}

}  // namespace

std::optional<SysSeconds> next(const Schedule& schedule, const Zone& zone, SysSeconds after) {
    if (const auto* interval = std::get_if<Interval>(&schedule.rule))
        return next_of_interval(*interval, after);
    const auto* calendar = std::get_if<Calendar>(&schedule.rule);
    if (calendar == nullptr) return std::nullopt;
    const Zone& own = schedule.zone ? *schedule.zone : zone;
    return calendar->every_hour() ? next_in_real_time(*calendar, own, after)
                                  : next_on_clock(*calendar, own, after);
}

std::optional<SysSeconds> next(std::span<const Schedule> schedules, const Zone& zone, SysSeconds after) {
    std::optional<SysSeconds> earliest;
    for (const Schedule& schedule : schedules) {
        const auto time = next(schedule, zone, after);
        if (time && (!earliest || *time < *earliest)) earliest = time;
    }
    return earliest;
}

}  // namespace autobackup::schedule
