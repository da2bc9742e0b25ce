// SPDX-License-Identifier: MIT
// The snapshots of a place: what its repository and its archives hold, each version once. Synchronous; worker thread.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "daemon/restore/snapshot.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::restore {

/// By item, oldest first. A copy in the archives and one in the repository are one snapshot when they are the same version (the manifest
/// names its commit, or folder and time are equal). Nothing is opened that the place does not have; a vault that is not there yet is empty.
/// What is damaged is listed with the reason. repository_invalid, io_error: the place itself cannot be read; where it has archives too, that is
/// added to `warnings` (may be null), and they are listed.
Result<std::vector<Snapshot>> snapshots_of(const Place& place, std::vector<std::string>* warnings = nullptr);

/// {"format": 1, "snapshots": [...]} of interface.md §1.
boost::json::object snapshots_json(const std::vector<Snapshot>& snapshots);

/// Commit that the versions of a place are counted from: the tip of its branch. Nothing: the branch is not born.
Result<std::optional<git::Oid>> tip_of(const git::Repository& repository, const Place& place);

}  // namespace autobackup::restore
