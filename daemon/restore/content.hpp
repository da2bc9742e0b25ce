// SPDX-License-Identifier: MIT
// The ZIP of a snapshot, before anybody has written it: the one thing that every way to restore begins with. A file, an archive or an
// upload takes write(); whoever needs the parts takes the members. Synchronous; worker thread.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/archive/version_zip.hpp"
#include "daemon/restore/snapshot.hpp"

namespace autobackup::restore {

struct Content {
    std::string id;        ///< of the snapshot
    vault::ItemId item;    ///< of the ZIP: a task that was taken out of a project is a task
    std::string name;
    std::string from;      ///< "the vault", "the archive <path>": for people
    std::uint64_t bytes = 0;  ///< of the ZIP
    std::optional<vault::Manifest> manifest;  ///< of the snapshot; its member list may be left out
    std::vector<vault::VersionMember> members;  ///< in order, each with `produce`; empty when `file` is set and nobody asked for them
    /// Set: the ZIP lies there as it is, and has this digest ("" = no manifest tells one).
    std::filesystem::path file;
    std::string sha256;
    std::vector<std::string> warnings;
};

/// The snapshot as the repository of `place` holds it; of a project only `task`, when given, as the backup of the task alone. Members that are
/// not in a manifest are read twice: once for their CRC-32. not_found, repository_invalid, content_mismatch.
Result<Content> content_of_vault(const Place& place, const Snapshot& snapshot, std::optional<std::int64_t> task, const std::stop_token& stop);

/// The same from its dated ZIP. The whole ZIP is looked at when members are wanted (`task`, or `members`): digest, structure, CRC-32 of
/// each; otherwise write() does it.
Result<Content> content_of_archive(const Snapshot& snapshot, std::optional<std::int64_t> task, bool members, const std::stop_token& stop);

/// Fills in the members of a content that is a file. Then the whole file is looked at: digest, structure, CRC-32 of each.
Result<void> read_members(Content& content, const std::stop_token& stop);

/// Gives the ZIP from its first byte to its last in pieces of about 1 MiB, and proves what it gives: every member against the manifest, an
/// archive's file against its digest. The last piece comes only when everything before it was right, so that damage leaves a ZIP
/// without end. Memory: flat.
Result<void> write(const Content& content, const zip::Output& output, const std::stop_token& stop);

}  // namespace autobackup::restore
