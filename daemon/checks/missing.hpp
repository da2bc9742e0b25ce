// SPDX-License-Identifier: MIT
// Copies of repositories that were saved and that lie nowhere any more. Synchronous; worker thread.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/model/config.hpp"
#include "daemon/restore/verify.hpp"
#include "daemon/state/store.hpp"

namespace autobackup::checks {

/// Kind and name, as in reports: "github_repository", "acme/app".
using RepositoryName = std::pair<std::string, std::string>;

struct SavedRepositories {
    std::set<RepositoryName> all;
    bool told = false;  ///< older reports have no more to say
};

/// The repositories that runs have saved and that are not gone at the source, by their reports (JSON, newest first): the newest word on each counts. The
/// newest run that went over everything (those by hand may not have) ends it; what failed or was skipped in it is looked for in older ones. Pure.
SavedRepositories saved_repositories(const std::vector<std::string>& reports);

/// Adds a damaged copy for each repository of a `github:` or `mirror:` job that the history says was saved, and that is not there: its directory was removed,
/// or what holds it is not mounted. The history alone knows: the cards of a GitHub job lie beside its mirrors. One that a `mirror:` job no longer names is not
/// missed. Does nothing for other jobs, and without a state (`store` is null).
Result<void> miss_mirrors(const config::Config& config, const config::Job& job, state::Store* store, std::vector<restore::Checked>& copies);

}  // namespace autobackup::checks
