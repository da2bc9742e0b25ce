// SPDX-License-Identifier: MIT
// What is known of a job's runs so far: for status, notices and metrics. Pure.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/control/answers.hpp"
#include "daemon/metrics/snapshot.hpp"
#include "daemon/model/result.hpp"

namespace autobackup::serve {

struct JobFacts {
    std::optional<answers::LastRun> last;
    std::optional<Instant> last_success;
    std::optional<Instant> failing_since;  ///< end of the first run of the streak
    /// End of the last run that was green or not (neither cancelled nor refused) and that somebody was told of: absent after
    /// one that a crash cut off.
    std::optional<Instant> last_judged;
    metrics::JobFacts told;                ///< what the metrics know from the reports
    int failures = 0;                      ///< runs in a row that were not green; cancelled and refused ones count for nothing

    /// The next run in time.
    void add(const answers::LastRun& run);
};

/// The head of a run report (interface.md §4); nothing when it is not one.
std::optional<answers::LastRun> last_run_of(const boost::json::value& report);
/// From reports, newest first, as state::Store::history gives them.
JobFacts facts_of(const std::vector<std::string>& reports);

/// Everything that failed may succeed when it is simply tried again.
bool only_passing_failures(const model::Run& run);

}  // namespace autobackup::serve
