// SPDX-License-Identifier: MIT
// Which change in the life of a job a run is. Pure.
#pragma once

#include <optional>

#include "daemon/model/result.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::notify {

/// What came before a run, and what it made of it. Cancelled and refused runs count for nothing here: they are neither
/// a failure nor a success.
struct History {
    int failures_before = 0;                  ///< runs in a row that did not succeed (partial or failed), up to the run before this one
    int failures_now = 0;                     ///< the same with this run: 0 after a success
    std::optional<Instant> first_failed_at;   ///< end of the first of that row (also for the run that ended it)
    std::optional<Instant> previous_ended_at; ///< end of the run before this one that counts; absent: not known
    std::optional<Instant> last_success_at;   ///< end of the last success, this run included
};

enum class Transition { none, failed, still_failing, recovered };

/// "failed", "still_failing", "recovered"; "none".
const char* name(Transition transition);

/// success and unchanged alone are success. `still_failing` is given once in each period of 23 h since the first failure,
/// to the first run that ends in it: so a job that runs once a day, some minutes sooner or later, is told of every day,
/// and one that runs every five minutes once a day too. It needs no memory of its own: a restart neither doubles nor
/// loses it. Without `previous_ended_at` every further failure is told.
Transition transition_of(const model::Run& run, const History& history);

}  // namespace autobackup::notify
