// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "lib/core/file.hpp"
#include "lib/git/pack_format.hpp"

namespace autobackup::git {

/// Writes an index of version 2 (gitformat-pack(5)) to `fd`: rows in any order, offsets of 2 GiB and more in
/// the 64-bit table. Precondition: unique names. `name` is for errors. Needs no more memory than the rows.
Result<void> write_pack_index(int fd, const fs::path& name, std::vector<IndexEntry> entries,
                              const RawDigest& pack_digest);

}  // namespace autobackup::git
