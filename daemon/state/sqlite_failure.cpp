// SPDX-License-Identifier: MIT
#include "daemon/state/sqlite_failure.hpp"

#include <sqlite3.h>

#include <cerrno>

namespace autobackup::state {

Failure sqlite_failure(int code, int system_errno, const std::string& text, std::string operation,
                       const std::filesystem::path& file) {
    const bool file_error = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    const bool full = system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
    if (file_error && full) return fail_errno(system_errno, std::move(operation), file.string());
    Errc meaning = Errc::internal;
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            meaning = Errc::busy;
            break;
        case SQLITE_FULL:
            meaning = Errc::disk_full;
            break;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            meaning = Errc::state_invalid;
            break;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            meaning = Errc::io_error;
            break;
        default:
            break;
    }
    Failure failure = fail(meaning, std::move(operation), file.string(), text);
    if (meaning == Errc::busy) failure.message = "another process holds the database (" + text + ")";
    return failure;
}

StateError state_error(const SQLite::Exception& error, SQLite::Database& database, std::string operation,
                       const std::filesystem::path& file) {
    // SQLite keeps errno for failed opens only (seen with 3.40: 0 after a write beyond RLIMIT_FSIZE); what
    // errno holds now is what the failed call left there, given that it was cleared before.
    const int left_behind = errno;
    const int kept = ::sqlite3_system_errno(database.getHandle());
    const int system_errno = kept != 0 ? kept : left_behind;
    const int code = error.getErrorCode();
    const bool damage = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    return {sqlite_failure(code, system_errno, error.what(), std::move(operation), file), damage};
}

}  // namespace autobackup::state
