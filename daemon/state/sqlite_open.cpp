// SPDX-License-Identifier: MIT
#include "daemon/state/sqlite_open.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <thread>

#include "daemon/state/schema.hpp"
#include "daemon/state/sqlite_failure.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::state {
namespace {

using Clock = std::chrono::steady_clock;

// Every first opener recovers the WAL that the last one left, within its next statement and on its thread;
// SQLite tells it through the log alone. Not recovered means that another process is at work just now.
thread_local bool recovered_wal = false;

void on_sqlite_log(void*, int code, const char*) {
    if (code == SQLITE_NOTICE_RECOVER_WAL || code == SQLITE_NOTICE_RECOVER_ROLLBACK) recovered_wal = true;
}

// False when SQLite was in use before us: then nothing is known, and a recovery is taken for granted.
bool watches_recovery() {
    static const bool watching = ::sqlite3_config(SQLITE_CONFIG_LOG, &on_sqlite_log, nullptr) == SQLITE_OK;
    return watching;
}

fs::path check_note(const fs::path& file) {
    return file.string() + ".check";
}

int pragma_number(SQLite::Database& database, const char* pragma) {
    return database.execAndGet(std::string("PRAGMA ") + pragma).getInt();
}

[[noreturn]] void throw_damaged(const std::string& why) {
    throw SQLite::Exception(why, SQLITE_CORRUPT);
}

void refuse_newer(SQLite::Database& database, int version, const fs::path& file) {
    const auto known = static_cast<int>(migrations().size());
    if (version <= known) return;
    // Not even what lies in its WAL is moved.
    ::sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    Failure failure =
        fail(Errc::state_invalid, "open", file.string(),
             fmt::format("the state is of version {}, this program knows up to {}", version, known));
    failure.hint = "use the newer program, or move the file aside: no backup is lost by that";
    throw StateError{std::move(failure), false};
}

void quick_check(SQLite::Database& database) {
    SQLite::Statement check(database, "PRAGMA quick_check(1)");
    if (!check.executeStep()) throw_damaged("quick_check gave no answer");
    const std::string verdict = check.getColumn(0).getString();
    if (verdict != "ok") throw_damaged(verdict);
}

bool has_tables(SQLite::Database& database) {
    return database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() > 0;
}

// A lost page of the schema can look like a sound file in which a table is missing.
void require_tables(SQLite::Database& database) {
    const int found =
        database
            .execAndGet(
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('meta', 'runs', "
                "'items', 'stages', 'item_state', 'exports', 'job_values')")
            .getInt();
    if (found != 7) throw_damaged("tables are missing");
}

bool was_checked_today(SQLite::Database& database) {
    SQLite::Statement query(database, "SELECT value FROM meta WHERE key = 'checked_at'");
    if (!query.executeStep()) return false;
    const std::optional<Instant> at = parse_rfc3339(query.getColumn(0).getString());
    return at && *at <= now() && now() - *at < std::chrono::hours(24);
}

// Nobody else is there, and a run has no end: its process died, perhaps with the machine.
bool was_stopped_uncleanly(SQLite::Database& database) {
    if (!recovered_wal && watches_recovery()) return false;
    return database.execAndGet("SELECT EXISTS (SELECT 1 FROM runs WHERE outcome IS NULL)").getInt() != 0;
}

bool must_check(SQLite::Database& database, const fs::path& file, const OpenOptions& options) {
    std::error_code none;
    if (fs::file_size(file, none) <= options.always_check_up_to || fs::exists(check_note(file), none))
        return true;
    return was_stopped_uncleanly(database) || !was_checked_today(database);
}

void note_checked(SQLite::Database& database, const fs::path& file, const OpenOptions& options) {
    remove_quietly(check_note(file));
    std::error_code none;
    if (fs::file_size(file, none) <= options.always_check_up_to)
        return;  // checked each time: nothing to remember
    SQLite::Statement note(database, "INSERT OR REPLACE INTO meta (key, value) VALUES ('checked_at', ?)");
    note.bind(1, rfc3339(now()));
    note.exec();
}

// The WAL stays when the last connection closes: a run then costs one fsync a commit, where making,
// checkpointing and removing it would add four. It is small, as the next opener reads it.
void keep_wal(SQLite::Database& database) {
    ::sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    database.exec("PRAGMA wal_autocheckpoint = 250");
}

// The switch to WAL needs the file for itself and does not wait by itself.
void use_wal(SQLite::Database& database, std::chrono::milliseconds patience) {
    const Clock::time_point end = Clock::now() + patience;
    for (;;) {
        try {
            database.exec("PRAGMA journal_mode = WAL");
            return;
        } catch (const SQLite::Exception& error) {
            if (error.getErrorCode() != SQLITE_BUSY || Clock::now() >= end) throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

// One transaction a step, so that a crash leaves a whole version. Read again inside: another process may have
// been faster.
void migrate(SQLite::Database& database, const fs::path& file) {
    const auto steps = migrations();
    while (pragma_number(database, "user_version") < static_cast<int>(steps.size())) {
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        const int version = pragma_number(database, "user_version");
        refuse_newer(database, version, file);
        if (version < static_cast<int>(steps.size())) {
            database.exec(steps[static_cast<std::size_t>(version)]);
            database.exec(fmt::format("PRAGMA application_id = {}", application_id));
            database.exec(fmt::format("PRAGMA user_version = {}", version + 1));
        }
        transaction.commit();
    }
}

// Whether the file is new (no version yet, no table); throws when it is of another program or of a newer
// version.
bool is_fresh(SQLite::Database& database, const fs::path& file) {
    // One snapshot: between two reads another process may make the tables, and a new file would look like a strange one.
    SQLite::Transaction snapshot(database);
    const int version = pragma_number(database, "user_version");
    refuse_newer(database, version, file);
    if (version == 0 && !has_tables(database)) return true;
    if (version <= 0 || pragma_number(database, "application_id") != application_id) {
        throw_damaged("it is not a state database of this program");
    }
    require_tables(database);
    return false;
}

bool examine_and_migrate(SQLite::Database& database, const fs::path& file, const OpenOptions& options) {
    const bool fresh = is_fresh(database, file);
    const bool check = !fresh && must_check(database, file, options);
    if (check) quick_check(database);
    database.exec("PRAGMA synchronous = FULL");
    use_wal(database, options.busy_timeout);
    keep_wal(database);
    migrate(database, file);
    database.exec("PRAGMA foreign_keys = ON");
    if (check) note_checked(database, file, options);
    return fresh || check;
}

}  // namespace

Connection connect(const fs::path& file, const OpenOptions& options) {
    watches_recovery();  // before SQLite is used for the first time
    recovered_wal = false;
    const auto patience = static_cast<int>(options.busy_timeout.count());
    Connection made;
    try {
        made.database = std::make_unique<SQLite::Database>(
            file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, patience);
    } catch (const SQLite::Exception& error) {
        throw StateError{sqlite_failure(error.getErrorCode(), 0, error.what(), "open", file), false};
    }
    errno = 0;
    try {
        made.checked = examine_and_migrate(*made.database, file, options);
    } catch (const SQLite::Exception& error) {
        throw state_error(error, *made.database, "open", file);
    }
    return made;
}

Result<void> prepare_file(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0) {
        if ((status.st_mode & 0077) != 0 && ::chmod(file.c_str(), 0600) != 0) {
            return fail_errno(errno, "chmod", file.string());
        }
        return {};
    }
    const Result<void> directory = make_directories(file.parent_path());
    if (!directory) return directory.error();
    // Made under another name and linked: a descriptor of the final file is never closed here (see
    // open_sqlite).
    const fs::path fresh = fmt::format("{}.new-{}-{}", file.string(), ::getpid(),
                                       std::hash<std::thread::id>()(std::this_thread::get_id()));
    const Result<FileDescriptor> made = open_file(fresh, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (!made) return made.error();
    const int linked = ::link(fresh.c_str(), file.c_str());
    const int error = errno;
    remove_quietly(fresh);
    if (linked != 0 && error != EEXIST) return fail_errno(error, "make", file.string());
    return sync_directory(file.parent_path());
}

FileIdentity identity_of(const fs::path& file) noexcept {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino};
}

Result<fs::path> set_aside(const fs::path& file, FileIdentity seen, std::chrono::milliseconds patience) {
    const Result<FileDescriptor> damaged = open_file(file, O_RDWR);
    std::error_code none;
    if (!damaged && !fs::exists(file, none)) return fs::path();
    if (!damaged) return damaged.error();
    const Clock::time_point end = Clock::now() + patience;
    while (::flock(damaged->get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR && errno != EWOULDBLOCK) return fail_errno(errno, "lock", file.string());
        if (Clock::now() >= end)
            return fail(Errc::busy, "lock", file.string(), "another process repairs the database");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    // Under the lock: a sound file that another process has made meanwhile must not be taken away.
    struct stat ours {};
    if (::fstat(damaged->get(), &ours) != 0) return fail_errno(errno, "stat", file.string());
    if (FileIdentity(ours.st_dev, ours.st_ino) != seen || identity_of(file) != seen) return fs::path();
    fs::path aside = file.string() + ".damaged-" + compact_utc(now());
    for (int i = 2; fs::exists(aside); ++i)
        aside = fmt::format("{}.damaged-{}-{}", file.string(), compact_utc(now()), i);
    // The main file last: as long as it stands, others find the damage and wait for the lock above.
    for (const char* suffix : {"-wal", "-shm"})
        ::rename((file.string() + suffix).c_str(), (aside.string() + suffix).c_str());
    const Result<void> moved = rename_durably(file, aside);
    if (!moved) return moved.error();
    remove_quietly(check_note(file));
    return aside;
}

void ask_for_check(const fs::path& file) noexcept {
    const int fd = ::open(check_note(file).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
}

}  // namespace autobackup::state
