// SPDX-License-Identifier: MIT
// Pauses are the daemon's, and kept in the state: a run in the foreground respects them too.
#pragma once

#include <optional>
#include <string>

#include "daemon/state/store.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::app {

/// `busy` when somebody has paused the job and the pause has not run out; the hint says how to end it. What cannot be read
/// counts as no pause, as it does for the daemon. Blocks: call it on a worker.
std::optional<Failure> why_paused(state::Store& store, const std::string& job);

}  // namespace autobackup::app
