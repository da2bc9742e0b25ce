// SPDX-License-Identifier: MIT
#include "daemon/config/due.hpp"

#include <utility>

namespace autobackup::config {

Result<schedule::Zone> zone_of(const Config& config, const Job& job) {
    const std::string& name = job.time_zone.empty() ? config.time_zone : job.time_zone;
    if (name.empty()) return schedule::Zone::system();
    return schedule::Zone::find(name);
}

std::vector<schedule::SysSeconds> due_times(const Config& config, const Job& job, schedule::SysSeconds after, std::size_t count) {
    return due_times(config, job, job.schedule, after, count);
}

std::vector<schedule::SysSeconds> due_times(const Config& config, const Job& job, const std::vector<std::string>& schedule, schedule::SysSeconds after,
                                            std::size_t count) {
    std::vector<schedule::Schedule> schedules;
    for (const std::string& text : schedule) {
        Result<schedule::Schedule> parsed = schedule::parse(text);
        if (parsed) schedules.push_back(std::move(*parsed));
    }
    std::vector<schedule::SysSeconds> times;
    const Result<schedule::Zone> zone = zone_of(config, job);
    if (!zone) return times;
    while (times.size() < count) {
        const auto due = schedule::next(schedules, *zone, times.empty() ? after : times.back());
        if (!due) break;
        times.push_back(*due);
    }
    return times;
}

}  // namespace autobackup::config
