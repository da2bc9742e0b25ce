// SPDX-License-Identifier: MIT
// SQLite's errors as failures of ours.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

#include "lib/core/failure.hpp"

namespace autobackup::state {

/// Thrown inside of this room for what SQLite does not see as an error; becomes its failure at the border.
struct StateError {
    Failure failure;
    bool damage = false;  ///< the content of the file cannot be trusted
};

/// busy: another process holds the database; disk_full: ENOSPC, EDQUOT, EFBIG; state_invalid: damaged or no
/// database; io_error: another file error; internal: a mistake of ours (constraint, SQL). `system_errno` is 0
/// when none is known: ENOSPC is told by SQLite itself, a quota or a file size limit comes as a plain I/O
/// error. `code` may be a primary or an extended result code.
Failure sqlite_failure(int code, int system_errno, const std::string& text, std::string operation,
                       const std::filesystem::path& file);

/// The same for an exception of `database`, with what the system said: call it at once in the handler, and
/// clear errno before what may throw.
StateError state_error(const SQLite::Exception& error, SQLite::Database& database, std::string operation,
                       const std::filesystem::path& file);

}  // namespace autobackup::state
