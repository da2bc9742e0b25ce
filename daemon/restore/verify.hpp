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
    std::string where;  ///< "archive", "vault"
    std::string path;
    std::uint64_t versions = 0;  ///< of a repository
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
boost::json::object verify_json(const std::vector<Checked>& checked, Level level, Instant at);

/// 0 all good, 1 none is, 3 some.
int exit_code_of(const std::vector<Checked>& checked);


}  // namespace autobackup::restore
