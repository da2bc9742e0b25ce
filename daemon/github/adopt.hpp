// SPDX-License-Identifier: MIT
// Directories of the tools that were used before: a bare mirror or a clone with a work tree is given our place and form, so that nothing
// is fetched again. Their own other files stay where they are. Blocks: for a worker.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"

namespace autobackup::github_job {

/// Where other tools keep the repository `name` of `owner` below `directory`: python-github-backup's clone (repositories/<name>/
/// repository with a work tree), the mirror script's <name>.git, gitim's <owner>/<name>.
std::vector<std::filesystem::path> places_of_others(const std::filesystem::path& directory, std::string_view owner, std::string_view name);

/// When there is no repository at `place` yet (or one with a work tree), and one of `candidates` is a clone of `url`, it is moved there and
/// made bare; its work tree, if it has one, stays as "<candidate>.worktree". What was done, in words; nothing when there was nothing to
/// do. A shallow or partial clone is left where it is: its history is not whole. So is a mirror that we keep ourselves, for this job or another.
/// A stop between two steps is made good by the next call.
Result<std::optional<std::string>> adopt(const std::filesystem::path& place, const std::vector<std::filesystem::path>& candidates,
                                         const std::string& url);

}  // namespace autobackup::github_job
