// SPDX-License-Identifier: MIT
// Questions about the vault's history, and putting our commits on top of somebody else's. Synchronous; worker thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/vault/item_id.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::vault {

/// Whether `ancestor` is `tip` or reachable from it over commits that are here.
Result<bool> is_ancestor(const git::Repository& vault, const git::Oid& ancestor, const git::Oid& tip);

/// First-parent commits from `tip` down to, without, `base` (nullopt: to the root, or as far as the commits are here); newest first.
Result<std::vector<git::Oid>> commits_since(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base);

/// Items that the commits since `base` changed.
Result<std::vector<ItemId>> items_since(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base);

/// The newest first-parent commit up to `tip` that changed `item`; nothing when none did, as far as the commits are here.
Result<std::optional<git::Oid>> last_change(const git::Repository& vault, const git::Oid& tip, const ItemId& item);

/// Makes our commits since `base` anew on top of `onto`: each puts the same entries of ours (folders, manifests, details) into the
/// tree that it finds; everything else there stays. Authors, dates and messages are kept; a commit that changes nothing any
/// more is left out. Writes the new trees and commits as one pack; returns the new tip. Refs are not touched. `onto` nullopt: the first
/// one has no parent; nothing is returned when there is none.
Result<std::optional<git::Oid>> replay(git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base,
                                       const std::optional<git::Oid>& onto);

/// "A U Thor <a@b> 1700000000 +0000", as a commit object has it.
git::Signature signature_of(const std::string& author_line);

}  // namespace autobackup::vault
