// SPDX-License-Identifier: MIT
// A whole history in one file that git clones from (gitformat-bundle(5), version 2): a few lines of text and a pack. Synchronous; worker thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/core/stop.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// Names and what they stand for, in the order of the file; "HEAD" may be among them.
using BundleRefs = std::vector<std::pair<std::string, Oid>>;

struct BundleInfo {
    std::vector<Oid> objects;  ///< in the pack
    std::uint64_t bytes = 0;  ///< of the file
};

/// Writes everything that `refs` reach, without prerequisites. Made by our own pack reader: that needs no git program, streams, and compares
/// every byte with its checksum; `git bundle` would do none of these. The file appears when it is whole and on the disk; one of that name is
/// replaced. `stop` (may be empty) is asked often. bad_request without refs; cancelled; what reading the repository fails with.
Result<BundleInfo> write_bundle(const Repository& repository, const BundleRefs& refs, const fs::path& file, const StopAsked& stop);

/// The refs that a bundle says to hold; its pack is not looked at. repository_invalid: it is no bundle of version 2 or 3.
Result<BundleRefs> read_bundle_refs(const fs::path& file);

/// Writes the pack of a bundle into `pack`, and proves its SHA-1 while it goes by. Returns the refs. repository_invalid: it is damaged, or it needs commits
/// that it does not hold.
Result<BundleRefs> unpack_bundle(const fs::path& file, const fs::path& pack, const StopAsked& stop);

/// Reads all of the file: head, pack, and the SHA-1 that the pack ends with. repository_invalid: it is damaged.
Result<void> check_bundle(const fs::path& file, const StopAsked& stop);

}  // namespace autobackup::git
