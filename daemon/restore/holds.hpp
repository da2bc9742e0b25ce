// SPDX-License-Identifier: MIT
// Pins: a held snapshot is not removed by retention, and its commit stays in the vault whatever becomes of the branch. They lie beside what
// they hold, so that they survive a lost state: refs/autobackup/hold/<item>/<UTC> in the vault, `<UTC>.hold` beside the dated ZIP.
// Synchronous; worker thread; the caller holds the job's lock.
#pragma once

#include <set>
#include <string>

#include "daemon/restore/snapshot.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::restore {

/// Stems ("project-12/20261121T013000Z") that the vault holds.
Result<std::set<std::string>> holds_in(const git::Repository& vault);
/// The name of a snapshot among them.
std::string hold_name(const vault::ItemId& item, const std::string& stem);

/// Pins every copy of the snapshot that lies in `place`. Holding a held one changes nothing.
Result<void> hold(const Place& place, const Snapshot& snapshot);
Result<void> release(const Place& place, const Snapshot& snapshot);

}  // namespace autobackup::restore
