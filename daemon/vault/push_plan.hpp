// SPDX-License-Identifier: MIT
// How a push that is larger than a server takes at once (GitHub: 2 GB) is sent in parts: first along the commits, each part moving the branch
// on; and where a single commit is larger, by its blobs, which refs of their own hold until the commit follows. Synchronous; worker thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/git/repository.hpp"
#include "lib/remote/part_refs.hpp"

namespace autobackup::vault {

using remote::part_prefix;

struct PushStep {
    std::string ref;              ///< the branch, or a ref of a part
    git::Oid target;              ///< where it stands afterwards
    std::optional<git::Oid> from;  ///< where it stands before; nullopt: it does not exist
    std::vector<git::Oid> objects;  ///< what the pack holds
    [[nodiscard]] bool is_part() const { return ref.starts_with(part_prefix); }
};

/// Steps that bring `branch_ref` from `base` (nullopt: it does not exist) to `tip`; one, when a pack of everything has at most `limit` bytes.
/// Otherwise no pack is larger, unless a single blob is. A part is a commit without parents whose tree names that part's blobs; the same
/// commit is cut into the same parts each time, so that an interrupted push goes on. These trees and commits are written to the vault,
/// where no ref names them. Objects of `there` the other side has already: no pack holds them.
Result<std::vector<PushStep>> plan_push(git::Repository& vault, const std::string& branch_ref, const git::Oid& tip,
                                        const std::optional<git::Oid>& base, std::uint64_t limit, const git::OidSet& there = {});

}  // namespace autobackup::vault
