// SPDX-License-Identifier: MIT
// The way from a path to a database that can be trusted: made, checked, migrated, or refused.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "daemon/state/store.hpp"

namespace autobackup::state {

struct Connection {
    std::unique_ptr<SQLite::Database> database;
    bool checked = false;
};

/// Throws StateError; its `damage` says that the file should be set aside.
Connection connect(const std::filesystem::path& file, const OpenOptions& options);

/// Makes an empty file of mode 0600 when there is none, and takes rights of others away from an existing one.
Result<void> prepare_file(const std::filesystem::path& file);

/// Which file stood under a name: device and inode.
using FileIdentity = std::pair<std::uint64_t, std::uint64_t>;
FileIdentity identity_of(const std::filesystem::path& file) noexcept;

/// Renames the database with its -wal and -shm to `<file>.damaged-<UTC>` if it is still the one that was
/// `seen` (before connect) and found damaged. An empty path comes back when another process was faster. Waits
/// at most `patience`.
Result<std::filesystem::path> set_aside(const std::filesystem::path& file, FileIdentity seen,
                                        std::chrono::milliseconds patience);

/// A note beside the database that the next open must check it all.
void ask_for_check(const std::filesystem::path& file) noexcept;

}  // namespace autobackup::state
