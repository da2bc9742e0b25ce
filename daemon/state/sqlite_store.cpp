// SPDX-License-Identifier: MIT
// SqliteStore: items, exports in flight, values; and the way in.
#include "daemon/state/sqlite_store.hpp"

#include <fmt/format.h>

#include "daemon/state/sqlite_query.hpp"

namespace autobackup::state {

SqliteStore::SqliteStore(std::unique_ptr<SQLite::Database> database, std::filesystem::path file, FileIdentity identity)
    : file_(std::move(file)), identity_(identity), database_(std::move(database)) {}

bool SqliteStore::current() const noexcept { return identity_of(file_) == identity_; }

Failure SqliteStore::told(const StateError& error, const char* operation) const {
    Failure failure = error.failure;
    failure.operation = operation;
    if (error.damage) {
        ask_for_check(file_);
        failure.hint =
            "the next run moves the damaged file aside and makes a new one; no backup is lost by that";
    } else if (failure.code == Errc::io_error) {
        // What the kernel could not write it has dropped, and later calls say nothing of it.
        ask_for_check(file_);
    }
    return failure;
}

Result<std::map<std::string, ItemState>> SqliteStore::items(const std::string& job) {
    return guarded("read items", [&] {
        std::map<std::string, ItemState> found;
        Query query(*this,
                    "SELECT item, name, fingerprint, commit_id, saved_at, checked_at, bytes, gone, "
                    "retry_after, failed "
                    "FROM item_state WHERE job = ?");
        query.add(job);
        while (query.step()) {
            ItemState item;
            item.item = query.text(0);
            item.name = query.text(1);
            item.fingerprint = query.text(2);
            item.commit = query.text(3);
            item.saved_at = query.text(4);
            item.checked_at = query.text(5);
            item.bytes = static_cast<std::uint64_t>(query.number(6));
            item.gone = query.number(7) != 0;
            item.retry_after = query.text(8);
            item.failed = query.number(9) != 0;
            found.emplace(item.item, std::move(item));
        }
        return found;
    });
}

Result<void> SqliteStore::save_item(const std::string& job, const ItemState& item) {
    return guarded("save item", [&] {
        Query(*this,
              "INSERT OR REPLACE INTO item_state (job, item, name, fingerprint, commit_id, saved_at, "
              "checked_at, bytes, gone, "
              "retry_after, failed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .add(job)
            .add(item.item)
            .add(item.name)
            .add(item.fingerprint)
            .add(item.commit)
            .add(item.saved_at)
            .add(item.checked_at)
            .add(item.bytes)
            .add(item.gone ? 1 : 0)
            .add(item.retry_after)
            .add(item.failed ? 1 : 0)
            .run();
    });
}

Result<void> SqliteStore::save_export(const std::string& job, const PendingExport& pending) {
    return guarded("save export", [&] {
        Query(*this,
              "INSERT OR REPLACE INTO exports (job, object, rq_id, asked_at, spool_file) VALUES (?, ?, ?, ?, "
              "?)")
            .add(job)
            .add(pending.object)
            .add(pending.rq_id)
            .add(pending.asked_at)
            .add(pending.spool_file)
            .run();
    });
}

Result<void> SqliteStore::forget_export(const std::string& job, const std::string& object) {
    return guarded("forget export", [&] {
        Query(*this, "DELETE FROM exports WHERE job = ? AND object = ?").add(job).add(object).run();
    });
}

Result<std::vector<PendingExport>> SqliteStore::exports(const std::string& job) {
    return guarded("read exports", [&] {
        std::vector<PendingExport> found;
        Query query(*this,
                    "SELECT object, rq_id, asked_at, spool_file FROM exports WHERE job = ? ORDER BY object");
        query.add(job);
        while (query.step()) found.push_back({query.text(0), query.text(1), query.text(2), query.text(3)});
        return found;
    });
}

Result<std::optional<std::string>> SqliteStore::value(const std::string& job, const std::string& key) {
    return guarded("read value", [&] {
        Query query(*this, "SELECT value FROM job_values WHERE job = ? AND key = ?");
        query.add(job).add(key);
        std::optional<std::string> found;
        if (query.step()) found = query.text(0);
        return found;
    });
}

Result<void> SqliteStore::set_value(const std::string& job, const std::string& key,
                                    const std::string& value) {
    return guarded("save value", [&] {
        Query(*this, "INSERT OR REPLACE INTO job_values (job, key, value) VALUES (?, ?, ?)")
            .add(job)
            .add(key)
            .add(value)
            .run();
    });
}

Result<Opened> open_sqlite(const std::filesystem::path& file, const OpenOptions& options) {
    std::string warning;
    // Twice, for the file that was set aside; a third time, for one that another process damaged meanwhile. A file that another
    // process took away while we opened it says nothing, and is not counted among these.
    int taken_away = 0;
    for (int attempt = 1;; ++attempt) {
        const Result<void> prepared = prepare_file(file);
        if (!prepared) return prepared.error();
        const FileIdentity seen = identity_of(file);
        try {
            Connection made = connect(file, options);
            Opened opened;
            opened.store = std::make_unique<SqliteStore>(std::move(made.database), file, seen);
            opened.warning = std::move(warning);
            opened.checked = made.checked;
            return opened;
        } catch (const StateError& error) {
            if (identity_of(file) != seen && ++taken_away < 10) {
                --attempt;
                continue;
            }
            if (!error.damage || attempt == 3) return error.failure;
            const Result<std::filesystem::path> aside = set_aside(file, seen, options.busy_timeout);
            if (!aside) return aside.error();
            warning = fmt::format("{} was damaged ({}); ", file.filename().string(), error.failure.message);
            warning += aside->empty() ? "another process has made it anew"
                                      : fmt::format("moved to {} and made anew", aside->filename().string());
        }
    }
}

}  // namespace autobackup::state
