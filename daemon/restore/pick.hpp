// SPDX-License-Identifier: MIT
// Which snapshot somebody means. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/restore/snapshot.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::restore {

struct Wish {
    std::string item;      ///< "project:12", "task:7", a name; empty: the only item
    std::string snapshot;  ///< id; empty: by time
    std::optional<Instant> at;  ///< the version of that moment; nullopt: the newest
};

struct Picked {
    std::size_t index = 0;             ///< of the snapshot
    std::optional<std::int64_t> task;  ///< of a project: only this task is wanted
};

/// bad_request when several items fit (they are listed), not_found when none does, or when nothing is as old as `at`: the message says what
/// there is. A task that is no item of its own is looked for in projects. `unsupported`: the version that is meant cannot be given back;
/// the hint names the newest one before it that can.
Result<Picked> pick(const std::vector<Snapshot>& snapshots, const Wish& wish);

/// The one snapshot of that id (of `job`, when not empty). not_found with near misses, bad_request when several jobs have it.
Result<std::size_t> find_snapshot(const std::vector<Snapshot>& snapshots, const std::string& id, const std::string& job);

}  // namespace autobackup::restore
