// SPDX-License-Identifier: MIT
// Which dated ZIPs of a job may go, and letting them go: the plan that every run follows after it has written one. Synchronous; worker thread;
// the caller holds the job's lock to remove.
#pragma once

#include <boost/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "daemon/model/config.hpp"
#include "daemon/restore/snapshot.hpp"

namespace autobackup::restore {

struct PruneRow {
    std::string id;  ///< of the snapshot
    vault::ItemId item;
    archive::DatedCopy copy;  ///< without the manifest's member list
    bool keep = true;
    std::string reason;
    bool removed = false;
    std::string problem;  ///< why it could not be removed
};

/// One row for each dated ZIP, by item, oldest first. Items of `untouched` keep everything (their last backup failed).
Result<std::vector<PruneRow>> plan_prune(const Place& place, const config::Keep& keep, Instant now, const std::set<vault::ItemId>& untouched);

/// Removes what the plan lets go; a file that cannot be removed is told in its row.
void carry_out(std::vector<PruneRow>& rows);

/// {"format": 1, "job", "dry_run", "snapshots": [{"id", "time", "bytes", "keep", "reason", "removed"}]}
boost::json::object prune_json(const std::string& job, bool dry_run, const std::vector<PruneRow>& rows);

}  // namespace autobackup::restore
