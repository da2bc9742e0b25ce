// SPDX-License-Identifier: MIT
// The manifest beside an item's folder and beside a dated ZIP: what is needed to give the version back as the server's own ZIP, and
// to know what it holds without opening it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/vault/item_id.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::vault {

/// A member of the ZIP, in its order.
struct ManifestMember {
    std::string name;
    std::uint64_t size = 0;
    std::uint32_t crc32 = 0;
    std::uint32_t dos_time = 0;
};

/// A task of a project version: which folder it is, and what it was when it was fetched.
struct ManifestTask {
    std::size_t index = 0;    ///< task_<index>
    std::int64_t id = 0;
    std::string name;
    std::string print;        ///< fingerprint when fetched (see cvat_job::task_print)
    std::string updated_date;
    std::int64_t jobs = 0, frames = 0, shapes = 0, tags = 0, tracks = 0;
    bool kept_from_earlier = false;  ///< the task could not be fetched: this is its last good copy
};

struct Manifest {
    ItemId item;
    std::string name;
    std::string created_at;      ///< RFC 3339
    std::string server;          ///< name in the configuration
    std::string server_version;
    std::string updated_date;    ///< of the item at the source
    std::string print;           ///< fingerprint of the item itself (without its tasks)
    std::vector<ManifestTask> tasks;     ///< one (index 0) for a task item
    std::vector<ManifestMember> members;
    std::string tree;            ///< git's name of the folder that this describes; "" in manifests of before
    std::string verified_level;  ///< "exists", "structure", "checksum"; beside a dated ZIP also "failed": a check found it damaged
    std::string verified_at;
    // Only beside a dated ZIP:
    std::string zip_sha256;
    std::uint64_t zip_bytes = 0;
    std::string commit;          ///< vault commit of the same version
};

/// Pretty enough to read, one member a line, with "checksum": sha256 over the text without that line.
std::string to_text(const Manifest& manifest);
/// content_mismatch: the checksum does not fit; bad_response: not a manifest of format 1.
Result<Manifest> parse_manifest(std::string_view text, const std::string& object_for_errors);

/// The text of a manifest with another `verified`; everything else stays as it is, what this version does not know too. Failures as
/// parse_manifest().
Result<std::string> with_check(std::string_view text, const std::string& level, const std::string& at, const std::string& object_for_errors);

}  // namespace autobackup::vault
