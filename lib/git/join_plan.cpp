// SPDX-License-Identifier: MIT
#include "lib/git/join_plan.hpp"

namespace autobackup::git {

std::size_t packs_to_join(const std::vector<std::uint64_t>& sizes) {
    // From the largest down: as long as each is at least twice the next smaller one, it can stay.
    std::size_t split = sizes.size();
    while (split > 1 && sizes[split - 1] >= 2 * sizes[split - 2]) --split;
    if (split < 2) return 0;
    std::uint64_t joined = 0;
    for (std::size_t i = 0; i < split; ++i) joined += sizes[i];
    // The new pack itself must leave room to the next larger one.
    while (split < sizes.size() && sizes[split] < 2 * joined) joined += sizes[split++];
    return split;
}

}  // namespace autobackup::git
