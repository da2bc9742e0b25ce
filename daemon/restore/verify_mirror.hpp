// SPDX-License-Identifier: MIT
// verify() of a bare repository of a job that mirrors. Synchronous; worker thread.
#pragma once

#include <filesystem>
#include <stop_token>

#include "daemon/restore/verify.hpp"

namespace autobackup::restore {

/// exists: refs and HEAD can be read, and what they name is there. structure: everything that history needs is there. checksum: every object
/// hashed, packs and indexes by their digests, every large file that is there by SHA-256. Adds what is wrong to `checked`; a Failure is what
/// kept the check from going on.
Result<void> check_mirror(const std::filesystem::path& repository, Level level, const std::stop_token& stop, Checked& checked);

}  // namespace autobackup::restore
