// SPDX-License-Identifier: MIT
// What the scheduler needs to know of a job. Plain values; pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/config.hpp"
#include "lib/core/failure.hpp"
#include "lib/schedule/schedule.hpp"

namespace autobackup::scheduler {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Milliseconds = std::chrono::milliseconds;

/// How a run that failed for a passing reason is tried again.
struct RetryPolicy {
    int attempts = 4;           ///< runs in all for one due time, 1 = no retry
    Milliseconds first{40'000};  ///< wait before the second run; doubles with each further one
    Milliseconds longest{300'000};
};

struct JobPlan {
    std::string name;
    bool enabled = true;
    std::vector<schedule::Schedule> schedules;  ///< without `manual`; empty: only when asked or `after` others
    schedule::Zone zone = schedule::Zone::system();
    Milliseconds jitter{0};  ///< how much later than its due time this job starts on this host; not the limit
    bool catch_up = true;    ///< `latest`; false: `none`
    bool queue_overlap = false;  ///< `queue`; false: `skip`
    std::vector<std::string> after;
    RetryPolicy retry;

    /// The schedules as one text ("daily 02:30; sun 04:00"): together with the zone it says whether planned times still hold.
    [[nodiscard]] std::string schedule_text() const;
    /// The first due time after `time`. Nothing: never again, or only when asked.
    [[nodiscard]] std::optional<Time> next(Time time) const;
    /// The last due time in (after_time, until].
    [[nodiscard]] std::optional<Time> latest(Time after_time, Time until) const;
};

/// A start of `job` is put off by this: [0, limit), the same whenever host and job are the same, evenly spread over jobs.
/// `host` is any text that stays with the machine (/etc/machine-id).
Milliseconds jitter_of(std::string_view host, std::string_view job, Milliseconds limit);

/// The plan of a configured job. A run starts its retries where the tries of its steps end: the same delay goes on
/// doubling. config_invalid: a schedule or zone that cannot be read (the configuration has refused it before).
Result<JobPlan> plan_of(const config::Job& job, std::string_view host);

}  // namespace autobackup::scheduler
