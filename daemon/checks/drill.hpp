// SPDX-License-Identifier: MIT
// A drill: restores for real, into a scratch directory, and compares what came out with the manifests. Synchronous; worker thread.
#pragma once

#include <map>
#include <stop_token>
#include <vector>

#include "daemon/model/config.hpp"
#include "daemon/model/result.hpp"
#include "daemon/report/progress.hpp"
#include "daemon/restore/snapshot.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::checks {

/// What a drill needs; borrowed.
struct DrillOrder {
    const config::Config& config;
    const config::Job& job;
    report::Progress& progress;
    std::stop_token stop;
};

/// The newest version of each item that can be given back, once out of every copy of it (vault, dated ZIP): written as `restore --to-zip` writes
/// it, read back as after a download (structure, names, CRC-32, and what task.json and annotations.json say), and compared with the manifest:
/// members, sizes, CRC-32, and of each task its jobs, frames, shapes, tags and tracks. One item of the run for each; its stages are `restore`
/// and `compare`, each with the copy as its target. Free space is looked at first. Failures: `cancelled`; the place cannot be read; another
/// drill of this job goes on (busy).
Result<std::vector<model::Item>> drill(const DrillOrder& order);

/// What every kind of drill restores: of each item the newest version that can be given back, else the newest. `snapshots` is borrowed, oldest first.
std::map<vault::ItemId, const restore::Snapshot*> newest_of(const std::vector<restore::Snapshot>& snapshots);

/// The item of the run for a version; nothing has become of it yet.
model::Item item_of(const restore::Snapshot& snapshot);

}  // namespace autobackup::checks
