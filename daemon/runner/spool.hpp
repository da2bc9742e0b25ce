// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <vector>

#include "daemon/state/store.hpp"

namespace autobackup::runner {

/// Removes what earlier runs left in a job's spool, except downloads that belong to an export which is still remembered (they are
/// continued). The caller holds the job's lock. Worker thread.
void clean_spool(const std::filesystem::path& spool, const std::vector<state::PendingExport>& pending);

/// Removes half-written dated ZIPs, and manifests whose ZIP never got its name, from <archives>/<item>/. As above.
void clean_archives(const std::filesystem::path& archives);

/// The same, with what a repair and ssh have left, for every job that has something in `storage`, configured or not; one that somebody works on is left
/// alone. For a daemon that starts. Worker thread.
void clean_spools(const std::filesystem::path& storage, state::Store& store);

}  // namespace autobackup::runner
