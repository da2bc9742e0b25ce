// SPDX-License-Identifier: MIT
// Mending damaged mirrors: from themselves, from their source, from the job's copies, from their newest bundle. Loop thread; the caller holds the job's lock.
#pragma once

#include <vector>

#include "daemon/checks/repair.hpp"
#include "daemon/runner/runner.hpp"

namespace autobackup::checks {

/// Mends the damaged mirrors among `copies`, which were checked at level checksum. What is needed is fetched, without anything of ours, into a repository of its
/// own in the mirror's directory `autobackup/repair`; each object is hashed when it is taken from there; and only then the mirror gets it. A damaged file goes to
/// <storage>/damaged/<job>/<UTC>/ when all that it held and that can be read, and all that refs need, is elsewhere in the mirror. Large files come from the
/// source, else from a copy, their SHA-256 proved. Throws operation_aborted when cancelled.
Awaitable<Repaired> repair_mirrors(runner::Shared& shared, const config::Job& job, std::vector<restore::Checked> copies);

}  // namespace autobackup::checks
