// SPDX-License-Identifier: MIT
// The branch of a target that is fetched because somebody named its URL: the same choice as choose_branch() makes of a clone.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::restore {

/// Branches to fetch: `first`, and when they hold nothing of ours, `others`.
struct Candidates {
    std::vector<remote::Ref> first, others;
    bool named = true;  ///< `first` is one branch, that HEAD or the command line names
};

/// From what the server lists. `wanted` may be empty. not_found: there is no such branch, or none at all. Pure.
Result<Candidates> candidates_of(const remote::Advertisement& listed, const std::string& wanted, const std::string& url);

/// Makes what was fetched into the repository at `path` its branches, and tells the name of the one that holds versions; "" when none does.
/// bad_request when several do and HEAD is none of them. Synchronous; worker thread.
Result<std::string> set_branches(const std::filesystem::path& path, const std::vector<remote::Ref>& fetched, const std::string& url);

}  // namespace autobackup::restore
