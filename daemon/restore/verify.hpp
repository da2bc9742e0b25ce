// SPDX-License-Identifier: MIT
// Looking at what was saved: is it there, does it fit together, is every byte what it was. Reads alone; synchronous; worker thread.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/restore/snapshot.hpp"
#include "lib/core/failure.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::restore {

/// exists: files, refs and trees are there. structure: manifests carry their own checksum, and list what the ZIP's directory or the git tree
/// holds, with names, sizes, order, CRC-32. checksum: every byte: SHA-256 of the ZIPs and CRC-32 of their members, every git object
/// re-hashed, packs and indexes by their digests, large files by SHA-256. Each level includes the ones before.
enum class Level { exists, structure, checksum };
const char* name(Level level);
std::optional<Level> parse_level(std::string_view text);

/// One copy that was looked at: a dated ZIP with its manifest, or a repository with all its versions.
struct Checked {
    std::string job;
    std::string id;     ///< of the snapshot; "" for a repository
    std::string where;  ///< "archive", "vault", "mirror"; of a spot "source"
    std::string path;
    std::uint64_t versions = 0;  ///< of a repository; of a mirror its refs
    std::uint64_t bytes = 0;     ///< that were read to check it
    std::vector<std::string> problems;
    std::optional<archive::DatedCopy> dated;  ///< for archive::record_check()
    [[nodiscard]] bool good() const { return problems.empty(); }
};

/// All copies of a place. `cancelled` when `stop` was asked for; everything that is wrong with a copy is one of its problems.
Result<std::vector<Checked>> verify(const Place& place, Level level, const std::stop_token& stop);

/// Writes into the manifests of dated ZIPs when and how they were checked (archive::record_check). The caller holds the job's lock. Returns
/// what could not be written.
std::vector<std::string> record(const std::vector<Checked>& checked, Level level, Instant at);

/// {"format": 1, "level", "at", "good", "damaged", "copies": [{"job", "id", "where", "path", "outcome", "problems"}]}
boost::json::object verify_json(const std::vector<Checked>& checked, const std::string& level, Instant at);

/// 0 all good, 1 none is, 3 some.
int exit_code_of(const std::vector<Checked>& checked);
bool any_damaged(const std::vector<Checked>& checked);

/// What is remembered of the last checks of a job's vault, as one line of JSON ({"level", "at"}; level "failed": it was found damaged), from
/// what was remembered before ("" = nothing) and a check that began at `at`. By the rules of archive::record_check().
std::string vault_mark(const std::string& before, const std::vector<Checked>& checked, Level level, Instant at);
/// Tells it in the snapshots that the vault held then.
void apply_vault_mark(const std::string& mark, std::vector<Snapshot>& snapshots);

/// Where the members of a ZIP are not those that the manifest lists, in its order.
std::vector<std::string> compare_members(const vault::Manifest& manifest, const std::vector<zip::Member>& members);
}  // namespace autobackup::restore
