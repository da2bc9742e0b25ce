// SPDX-License-Identifier: MIT
// One version of one item, and the synchronous work on the vault that reads the last one and commits the next. Worker thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/vault/item_id.hpp"
#include "daemon/vault/large_files.hpp"
#include "daemon/vault/manifest.hpp"
#include "lib/git/growing_pack.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::vault {

class LivePack;

/// A member of a version, in the order of the ZIP.
struct VersionMember {
    ManifestMember entry;  ///< name below the item's folder ("task_0/data/a.png")
    git::Oid oid;          ///< of the content as a blob
    /// Gives the content; empty when the vault holds the blob (a kept member).
    std::function<Result<void>(const git::TakeBytes&)> produce;
    /// Set: a pointer to it stands in the tree (see large_files.hpp). Kept ones have it from kept_member(), new ones from commit_version().
    std::optional<lfs::Pointer> large{};
};

struct Version {
    Manifest manifest;  ///< its `members` are filled from `members` when it is written
    std::vector<VersionMember> members;
    std::optional<std::string> details;  ///< text of the side file; nullopt: leave what is there
    bool drop_details = false;           ///< no side file is kept (any more): it goes with the next change of the members
    Instant time;
    git::Signature author;
    LargeFilePolicy large_files{};
};

/// What the vault's branch holds of an item.
struct Held {
    std::optional<Manifest> manifest;  ///< absent: a predecessor's folder, or a damaged manifest (then `problem` says so)
    std::map<std::string, git::Oid> blobs;  ///< path below the folder → blob; our .gitattributes is not among them
    std::map<std::string, lfs::Pointer> large;  ///< paths of `blobs` whose blob is a pointer
    lfs::Store large_objects{std::filesystem::path()};  ///< where their contents lie
    bool as_written = false;  ///< the folder is the one that the manifest describes: nobody else has edited it
    git::Oid commit;                        ///< tip that was looked at
    std::optional<git::Oid> details;        ///< blob of the side file
    std::string problem;
};

struct Committed {
    bool changed = false;          ///< false: equal content, nothing was written
    bool members_changed = false;  ///< the folder itself, not only the side file
    git::Oid commit;             ///< the branch's tip afterwards (zero: there is none)
    std::uint64_t pack_bytes = 0;
    std::vector<std::string> warnings;
};

/// nullopt: the branch does not hold the item.
Result<std::optional<Held>> read_held(const git::Repository& vault, const std::string& branch, const ItemId& item);

/// The same of the tree of any commit.
Result<std::optional<Held>> read_held(const git::Repository& vault, const git::Oid& commit, const ItemId& item);

/// A member of the held version as a kept member of the next: its content is the vault's blob, or read from the store of large files. Nothing
/// when the vault does not have it.
std::optional<VersionMember> kept_member(const Held& held, const ManifestMember& entry);

/// Every item whose folder stands in the branch's tip.
Result<std::vector<ItemId>> held_items(const git::Repository& vault, const std::string& branch);

/// Commits the version on the branch's tip: one pack, then the ref. Equal folder, existing manifest and equal details: no commit. The
/// manifest is written only together with changed members (or when there was none). Other files of the tree stay as they are.
/// Members over the limit of `version.large_files` become large files, their contents durable before the commit.
/// On return `version.manifest` is complete (its members filled in). `version.details` is used up. `live` (may be null) hears of the pack
/// while it is written. `grown` (may be null; used up): holds contents of members already, which have no `produce` any more; the rest is added
/// to it, so that all of it is one pack.
Result<Committed> commit_version(git::Repository& vault, const std::string& branch, Version& version, LivePack* live = nullptr,
                                 git::GrowingPack* grown = nullptr);

/// The blob of a member that has `produce`.
git::NewBlob new_blob(const VersionMember& member);

/// Media that does not shrink is stored, text is compressed.
bool worth_compressing(std::string_view member_name);

}  // namespace autobackup::vault
