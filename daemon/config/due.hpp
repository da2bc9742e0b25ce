// SPDX-License-Identifier: MIT
// Due times as the configuration alone says them: without jitter, pauses and what has run already. Pure.
#pragma once

#include <vector>

#include "daemon/model/config.hpp"
#include "lib/schedule/schedule.hpp"

namespace autobackup::config {

/// The zone that the job's schedule counts in. config_invalid: it is not in the system's tzdata.
Result<schedule::Zone> zone_of(const Config& config, const Job& job);

/// The job's first `count` due times after `after`; fewer when no more come, none for `manual`, and none when the zone cannot be had.
std::vector<schedule::SysSeconds> due_times(const Config& config, const Job& job, schedule::SysSeconds after, std::size_t count);

/// The same of other schedules of the job: of its checks.
std::vector<schedule::SysSeconds> due_times(const Config& config, const Job& job, const std::vector<std::string>& schedule, schedule::SysSeconds after,
                                            std::size_t count);

}  // namespace autobackup::config
