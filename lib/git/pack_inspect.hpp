// SPDX-License-Identifier: MIT
// Looking at every object of a pack. Private to lib/git.
#pragma once

#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

/// What inspect_pack() is asked for.
struct Inspection {
    bool closed = false;   ///< whatever its objects name must be in the pack or in the repository: bad_response otherwise
    TakeBlob small_blob;   ///< hears of each blob shorter than `small_limit`
};

inline constexpr std::uint64_t small_limit = 1024;

/// `pack` is one of those below `objects` (which may be the repository's own, or a directory beside it).
Result<void> inspect_pack(Repository::Impl& repository, ObjectReader& reader, PackFile& pack, const Inspection& inspection);

}  // namespace autobackup::git
