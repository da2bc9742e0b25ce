// SPDX-License-Identifier: MIT
// Members over a size as Git LFS objects (interface.md §2 `large_files`): a pointer stands in the folder's tree, a .gitattributes of that folder
// names the files, and the content lies once in the vault's lfs/objects. Synchronous; worker thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/config.hpp"
#include "lib/git/repository.hpp"
#include "lib/lfs/store.hpp"

namespace autobackup::vault {

struct Version;
struct VersionMember;

/// Stands in the folder of an item that has large files. It is ours: no member of the ZIP.
inline constexpr const char* attributes_name = ".gitattributes";

/// What becomes of a new member that is larger than `limit`.
struct LargeFilePolicy {
    enum class Mode { plain, lfs, refuse };
    Mode mode = Mode::plain;
    std::uint64_t limit = 0;  ///< bytes
};

/// What the targets of a job ask for (all the same: the configuration is checked for that). Without a target nothing is large.
LargeFilePolicy policy_of(const std::vector<config::GitTarget>& targets);

/// The objects of a vault: <vault>/lfs/objects, where git-lfs finds them from a clone of it.
lfs::Store large_store(const std::filesystem::path& vault);

/// The large files of an item's folder by their path below it. An object whose pointer is not here (a partial clone) has no oid.
Result<std::map<std::string, lfs::Pointer>> large_files_in(const git::Repository& vault, const git::Oid& folder);

/// Makes `member` one whose content is the object: a pointer in the tree, read from the store.
void keep_large(const lfs::Store& store, const lfs::Pointer& object, VersionMember& member);

/// Fills `large` of the members that are to be large files and puts their contents into the vault's store. A member whose content the held
/// folder (nullptr: none) has under the same name stays what it is there, so that another setting rewrites nothing. Failures: unsupported
/// names the first file that is too large (mode refuse) or cannot be named in .gitattributes; what reading the content fails with.
Result<void> place_large_files(git::Repository& vault, Version& version, const git::Oid* held_folder);

/// The text of .gitattributes for a version whose members are placed; "" when it has no large files.
Result<std::string> attributes_text(const Version& version);

/// The objects that the commits of `tip` name and that those of `base` (nullopt: none) do not, each once. What is not here of either is
/// left out.
Result<std::vector<lfs::Pointer>> large_files_between(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base);

}  // namespace autobackup::vault
