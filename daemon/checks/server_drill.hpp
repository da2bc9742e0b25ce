// SPDX-License-Identifier: MIT
// A drill into a CVAT server: every item is imported there, compared, and deleted again. Loop thread.
#pragma once

#include "daemon/checks/check_run.hpp"
#include "daemon/checks/remnants.hpp"

namespace autobackup::checks {

/// How long a drill that is stopped takes for removing what it has just made.
inline constexpr Milliseconds farewell{5'000};

/// What is needed; borrowed but `place`.
struct ServerDrillOrder {
    runner::Shared& shared;
    const config::Job& job;
    ServerPlace place;
    Remnants& remnants;
    bool planned = false;  ///< see Order
};

/// Restores the newest version of each item that can be given back as `restore --to-cvat` does, one after another, under a name of the drill
/// (model::drill_name), compares what the server has then with the manifest, and deletes it, also after a failure and when cancelled (within `farewell`).
/// Before it begins and after each item what earlier drills left there is removed too. While something of this drill cannot be removed nothing more is
/// imported; what earlier ones left is a warning. Each item of `run` has the stages `import`, `compare` and `remove`, and a failed `restore` for every copy that
/// could not be read; run.check is filled in, and what is left on the server is among run.errors and run.warnings. A copy that looks damaged is believed to be only when it still does while
/// the job's lock is held. Failures: the place cannot be read, the server cannot be reached or does not know us. Throws operation_aborted when cancelled.
Awaitable<Result<void>> drill_into_server(ServerDrillOrder order, model::Run& run);

}  // namespace autobackup::checks
