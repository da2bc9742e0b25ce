// SPDX-License-Identifier: MIT
// Backups as tables. Pure.
#pragma once

#include <string>
#include <vector>

#include "daemon/ctl/context.hpp"
#include "daemon/restore/prune.hpp"
#include "daemon/restore/snapshot.hpp"
#include "daemon/restore/verify.hpp"

namespace autobackup::ctl {

std::string snapshots_text(const std::vector<restore::Snapshot>& snapshots, const Screen& screen);
/// What is damaged, and a line of sums.
std::string verify_text(const std::vector<restore::Checked>& checked, const std::string& level, const Screen& screen);
std::string prune_text(const std::vector<restore::PruneRow>& rows, bool dry_run, const Screen& screen);

}  // namespace autobackup::ctl
