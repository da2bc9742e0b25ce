// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "daemon/scheduler/plan.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::serve {

/// The time of day, in the scheduler's units.
inline scheduler::Time wall_clock() {
    return std::chrono::time_point_cast<scheduler::Milliseconds>(std::chrono::system_clock::now());
}

inline Instant instant_of(scheduler::Time time) { return std::chrono::time_point_cast<Instant::duration>(time); }

/// A clock that nobody sets.
inline scheduler::Milliseconds steady_clock() {
    return std::chrono::duration_cast<scheduler::Milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace autobackup::serve
