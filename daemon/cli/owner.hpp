// SPDX-License-Identifier: MIT
// Whose files a command of root's writes.
#pragma once

#include <filesystem>

#include "lib/core/failure.hpp"

namespace autobackup::cli {

/// Whether become_owner() would change anything.
bool is_root_in_anothers(const std::filesystem::path& storage);

/// As root: from now on this process is the user and the group that the storage belongs to, with that user's further groups, so that the daemon
/// can use what is written there. It cannot be undone, and what only root may read is out of reach afterwards. Nothing for other users, for a
/// storage of root's, and for one that is not there.
Result<void> become_owner(const std::filesystem::path& storage);

}  // namespace autobackup::cli
