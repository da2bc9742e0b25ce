// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::remote {

/// Indexes a pack that is not thin with `git index-pack` (several threads, and less memory than an indexer in this process), which also
/// proves that whatever its objects name is in it. Returns the index, beside the pack under its name with .idx. `repository`: a bare
/// repository without objects, for the child's settings. child_failed when there is no git, when the pack is damaged or not closed: the
/// pack is as it was then. Takes at most a minute and a second for each MiB, then child_failed. Loop thread.
Awaitable<Result<std::filesystem::path>> index_whole_pack(std::filesystem::path pack, std::filesystem::path repository, std::uint64_t bytes);

}  // namespace autobackup::remote
