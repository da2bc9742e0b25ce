// SPDX-License-Identifier: MIT
// Single packs, looked at and framed anew without their repository. Private to daemon/checks. Synchronous; worker thread.
#pragma once

#include <filesystem>
#include <vector>

#include "lib/git/repository.hpp"

namespace autobackup::checks {

/// Names of the objects of a pack, from its index (gitformat-pack(5), version 2).
Result<std::vector<git::Oid>> objects_of(const std::filesystem::path& index);

/// Writes into `file`, a copy of a pack, the head ("PACK", version 2, number of objects) and the trailer (SHA-1 over all before it) that its
/// index tells.
Result<void> write_frame(const std::filesystem::path& file, const std::filesystem::path& index);

/// A bare repository in `folder` that holds this pack alone, by links.
Result<git::Repository> alone(const std::filesystem::path& pack, const std::filesystem::path& folder);

}  // namespace autobackup::checks
