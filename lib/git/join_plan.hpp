// SPDX-License-Identifier: MIT
// Which packs are worth being joined. Pure. Private to lib/git.
#pragma once

#include <cstdint>
#include <vector>

namespace autobackup::git {

/// How many of the smallest packs should become one, so that afterwards every pack is at least twice as large
/// as all smaller ones together (the progression of `git repack --geometric=2`, in bytes: they are what
/// joining costs). 0: it is so already. `sizes` from the smallest to the largest.
std::size_t packs_to_join(const std::vector<std::uint64_t>& sizes);

}  // namespace autobackup::git
