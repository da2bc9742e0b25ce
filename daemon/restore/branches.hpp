// SPDX-License-Identifier: MIT
// Which branch of a repository holds versions of ours: HEAD of a target or a clone need not name it. Synchronous; worker thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/restore/snapshot.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::restore {

/// Whether the commit's tree holds a folder or manifest of a project or task.
bool holds_items(const git::Repository& repository, const git::Oid& commit);

/// Full names of the branches whose tip holds items, by name: local ones; when there is none, the remote-tracking ones of a clone
/// (refs/remotes/origin/main), each branch of the same commit once.
Result<std::vector<std::string>> branches_with_items(const git::Repository& repository);

/// "main" of refs/heads/main and of refs/remotes/origin/main.
std::string branch_name(const std::string& ref);

/// Their names for a person, separated by commas; at most 20.
std::string names_of(const std::vector<std::string>& refs);

/// Sets `branch` and `ref` of a place that somebody brought along. `wanted` (may be empty): that branch, a local or else a remote-tracking one.
/// Without it the one that HEAD stands for; when nothing of ours is there, the only other one that has versions; when there is none either,
/// HEAD's. not_found: there is no branch `wanted`; bad_request: several have versions, the message names them and --branch.
Result<void> choose_branch(Place& place, const std::string& wanted);

}  // namespace autobackup::restore
