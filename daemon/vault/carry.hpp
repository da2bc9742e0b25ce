// SPDX-License-Identifier: MIT
// Putting our items on ground that the vault's branch does not stand on: a second target with a history of its own, a branch that was
// rewritten, a new repository after a partial clone. Synchronous; worker thread. Nothing here moves a ref.
#pragma once

#include <optional>

#include "lib/git/repository.hpp"

namespace autobackup::vault {

/// Whether the vault holds everything that `tip` reaches and `base` (nullopt: nothing) does not: no commit cut off by a shallow fetch,
/// no file left out by a partial one. Costs nothing for a vault that is neither.
Result<bool> whole_since(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base);

/// The newest first-parent commit of `tip` that `other` holds too.
Result<std::optional<git::Oid>> common_ground(const git::Repository& vault, const git::Oid& tip, const git::Oid& other);

/// Commits on top of `onto` (nullopt: on nothing) until every item that `from` holds with a manifest stands there as in `from`: one commit
/// for each item that differs, with the author, time and message of the last commit that changed it there, in their order. Everything
/// else that `onto` holds stays. Returns the new tip; `onto` itself when nothing differs, nothing when `from` holds no item either.
/// repository_invalid when the vault lacks content of such an item.
Result<std::optional<git::Oid>> carry_items(git::Repository& vault, const git::Oid& from, const std::optional<git::Oid>& onto);

/// The line of a target that has a history of its own: our commits since `settled` (what it holds already; nullopt: all) made anew on top
/// of `onto`, then what still differs as carry_items does. Commits whose content the vault lacks are not repeated one by one.
Result<std::optional<git::Oid>> line_onto(git::Repository& vault, const git::Oid& from, const std::optional<git::Oid>& settled,
                                          const std::optional<git::Oid>& onto);

}  // namespace autobackup::vault
