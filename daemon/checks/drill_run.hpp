// SPDX-License-Identifier: MIT
// The drill of a job, into whatever place, for run_check(). Loop thread.
#pragma once

#include "daemon/checks/check_run.hpp"
#include "daemon/state/store.hpp"

namespace autobackup::checks {

/// Borrowed; the store may be null.
struct DrillRun {
    runner::Shared& shared;
    const config::Job& job;
    const Order& order;
    std::shared_ptr<state::Store> store;
    bool held_something = false;  ///< the state knows of items that were saved
};

/// Into the server that the order or the job names, else into a directory; before it what earlier drills left on servers is removed. What comes of it is
/// in `run`. Throws operation_aborted when cancelled.
Awaitable<void> run_drill(DrillRun drill, model::Run& run);

/// The server as people call it; "" = a directory.
std::string drill_server(const config::Job& job, const Order& order);

}  // namespace autobackup::checks
