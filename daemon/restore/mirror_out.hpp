// SPDX-License-Identifier: MIT
// A mirror, given back: which of its refs, as a bundle, as a directory to work in. Synchronous; worker thread. (Pushing it: mirror::push_out.)
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "lib/core/failure.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::restore {

struct RefWish {
    std::string ref;   ///< "" = all; "dev", "v1", "refs/…"; "SOURCE:NAME" gives it another name
    bool all = false;  ///< also refs/pull/ and what was kept
};

/// What is given out.
struct ChosenRefs {
    std::map<std::string, git::Oid> refs;  ///< under the names that they are to have
    std::string head;                      ///< "refs/heads/main" when it is among them; empty: none is the default
    std::optional<git::Oid> tip;           ///< what is checked out: of `head`, else of the only ref
};

/// Branches, tags, notes and whatever else there is, but for refs/pull/ and refs/autobackup/, which are there for `all` or by name. A kept ref
/// by name takes back the name that it had ("refs/autobackup/keep/20261121T013000Z/heads/dev" as "refs/heads/dev"). not_found tells near
/// names; bad_request: the new name is none.
Result<ChosenRefs> choose_refs(const git::Repository& repository, const RefWish& wish);

struct MirrorGiven {
    std::uint64_t refs = 0, objects = 0, bytes = 0;
    std::uint64_t large_files = 0;    ///< of a bundle: that it has no place for; else given along
    std::uint64_t large_missing = 0;  ///< that the mirror does not hold
    std::uint64_t files = 0;          ///< in the work tree
};

/// A bundle with all of `chosen`, and HEAD. bad_request: the file exists and `force` is not given, or there is nothing to give.
Result<MirrorGiven> mirror_to_bundle(const std::filesystem::path& repository, const ChosenRefs& chosen, const std::filesystem::path& file, bool force,
                                     const std::stop_token& stop);

/// A clone at `directory` (new or empty), as `git clone` makes one: the files of the default branch, large ones with their contents, and .git
/// with all of `chosen` and the large files of their history. Nothing of it is shared with the mirror; every object is proved on the way. It
/// appears when it is whole. `bare`: the repository alone.
Result<MirrorGiven> mirror_to_directory(const std::filesystem::path& repository, const ChosenRefs& chosen, const std::filesystem::path& directory, bool bare,
                                        const std::stop_token& stop);

}  // namespace autobackup::restore
