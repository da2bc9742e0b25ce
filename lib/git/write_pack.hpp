// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "lib/core/stop.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// Writes what is left of `reader` to `fd`; `file` names it in errors. Not synced: that is the caller's. `stop` (may be empty) is asked
/// before each MiB. cancelled; what reading the repository or writing the file fails with. Synchronous; worker thread.
Result<void> write_pack(PackReader& reader, int fd, const std::filesystem::path& file, const StopAsked& stop);

}  // namespace autobackup::git
