// SPDX-License-Identifier: MIT
// The versions that a git repository holds, a vault or a clone of a target. Synchronous; worker thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/vault/item_id.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::restore {

struct VaultVersion {
    vault::ItemId item;
    git::Oid commit, folder;
    std::optional<git::Oid> manifest;
    Instant time;  ///< of the commit's message where it names the item ("… @ 2026-11-21T01:30:00Z"), else of the commit
};

/// One for each first-parent commit from `tip` down that changed an item's folder, oldest first. What stands in a commit whose parent is not
/// here (a shallow clone) counts as changed by it.
Result<std::vector<VaultVersion>> versions_of(const git::Repository& repository, const git::Oid& tip);

/// The same, and the versions of commits that the branch lost because it was once taken from somebody else, or that are held
/// (refs/autobackup/keep/, refs/autobackup/hold/); by time.
Result<std::vector<VaultVersion>> all_versions(const git::Repository& repository, const git::Oid& tip);

/// Tells which files of a partial clone are not here. Remembers trees that are whole.
class Completeness {
public:
    explicit Completeness(const git::Repository& repository) : repository_(repository) {}
    /// Blobs below `tree` that are missing, at most `most` of them. Nothing but a look for a repository that is not partial.
    Result<std::vector<git::Oid>> missing_below(const git::Oid& tree, std::size_t most);

private:
    Result<void> look(const git::Oid& tree, std::size_t most, std::vector<git::Oid>& missing);
    const git::Repository& repository_;
    git::OidSet whole_;
};

}  // namespace autobackup::restore
