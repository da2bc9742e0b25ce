// SPDX-License-Identifier: MIT
// The large files of a mirror that are damaged, or went away. Loop thread.
#pragma once

#include "daemon/checks/mirror_sources.hpp"
#include "daemon/checks/repair.hpp"

namespace autobackup::checks {

/// Puts back what the mirror's history names and the mirror has not, or not whole (as `problems` of a check tell): from the store that mirrors of the job share,
/// from the source, from copies. What the source never gave (the mirror's list of missing large files) is left to the runs.
Awaitable<void> repair_large_of(runner::Shared& shared, MirrorSources& sources, const HeldSource& held, std::vector<std::string> problems, Aside& aside,
                                Repaired& repaired);

}  // namespace autobackup::checks
