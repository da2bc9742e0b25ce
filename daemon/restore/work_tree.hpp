// SPDX-License-Identifier: MIT
// The files of a commit as a work tree, with the index that git expects beside them. Synchronous; worker thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "lib/git/repository.hpp"
#include "lib/lfs/store.hpp"

namespace autobackup::restore {

/// The commit that a tip stands for; nothing for a tag of something else, a tree or a blob.
Result<std::optional<git::Oid>> commit_of(const git::Repository& repository, const git::Oid& tip);

/// Writes the files of `tip` below `directory`, which holds nothing but .git, and the index into the repository, so that `git status` finds
/// nothing changed. A pointer of Git LFS becomes its content where `store` has it, and stays a pointer where not. Symbolic links are made, the
/// folders of submodules too (empty). Nothing is written through a link, nor under a name that git itself refuses (".git", ".."):
/// bad_response. Returns how many files there are; 0 when `tip` stands for no commit.
Result<std::uint64_t> write_work_tree(const git::Repository& repository, const git::Oid& tip, const std::filesystem::path& directory,
                                      const lfs::Store& store, const std::stop_token& stop);

}  // namespace autobackup::restore
