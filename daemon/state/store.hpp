// SPDX-License-Identifier: MIT
// What is remembered between runs. It can be deleted without losing a backup: fingerprints are learned again from the vault.
// Synchronous: call on a worker; calls of one store are serialised inside (any worker thread).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/result.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::state {

/// What is known of one item (a project or a task) of a job after its last good backup.
struct ItemState {
    std::string item;          ///< "project-12", "task-7"
    std::string name;
    std::string fingerprint;   ///< JSON text, opaque here
    std::string commit;        ///< vault commit that holds it, 40 hex
    std::string saved_at;      ///< RFC 3339 of the last new content
    std::string checked_at;    ///< RFC 3339 of the last time it was found up to date
    std::uint64_t bytes = 0;   ///< size of the last backup: for the free-space preflight
    bool gone = false;         ///< no longer at the source (told once)
    std::string retry_after;   ///< RFC 3339: not up to date (stale cache); fetch again after this. Empty: up to date
    bool failed = false;       ///< the last try failed: look again although nothing moved
};

/// An export in flight, so that an interrupted run attaches to it.
struct PendingExport {
    std::string object;      ///< "task-7"
    std::string rq_id;
    std::string asked_at;
    std::string spool_file;  ///< name below spool/
};

class Store {
public:
    virtual ~Store() = default;

    /// Whether this is still the file under its name. Another opener may have found it damaged and made it anew, or somebody has
    /// removed it: then what is written here is read by nobody.
    [[nodiscard]] virtual bool current() const noexcept = 0;

    // -- history --
    /// Durable before the first remote call: a crash is seen as interrupted, not as never happened.
    virtual Result<void> begin_run(const model::Run& run) = 0;
    /// The finished run with items and stages, in one transaction. `report_json` is what `show RUN --json` prints.
    /// Old reports of the job are dropped with it (history_limit, history_age). On a full disk the reserve file beside the
    /// database is given up for it (reserve_file.hpp).
    virtual Result<void> finish_run(const model::Run& run, const std::string& report_json) = 0;
    /// Runs that began and never finished (crash, kill -9): marked interrupted now and returned (ids, oldest first). Their
    /// report says outcome `failed` with `"interrupted": true`. Call only while holding the job's lock.
    virtual Result<std::vector<std::string>> mark_interrupted(const std::string& job) = 0;
    virtual Result<std::vector<std::string>> history(const std::string& job, std::size_t limit) = 0;  ///< report JSON, newest first; job "": of all jobs; "JOB/": of the job and of its checks (see model::history_name)

    // -- items --
    virtual Result<std::map<std::string, ItemState>> items(const std::string& job) = 0;
    virtual Result<void> save_item(const std::string& job, const ItemState& item) = 0;

    // -- exports in flight --
    virtual Result<void> save_export(const std::string& job, const PendingExport& pending) = 0;
    virtual Result<void> forget_export(const std::string& job, const std::string& object) = 0;
    virtual Result<std::vector<PendingExport>> exports(const std::string& job) = 0;

    // -- small values per job: watermark, server facts, target tips --
    virtual Result<std::optional<std::string>> value(const std::string& job, const std::string& key) = 0;
    virtual Result<void> set_value(const std::string& job, const std::string& key, const std::string& value) = 0;
};

struct Opened {
    std::unique_ptr<Store> store;
    std::string warning;   ///< e.g. "state.sqlite was damaged; moved to state.sqlite.damaged-<UTC> and made anew"; empty: none
    bool checked = false;  ///< whether the whole file was read and found sound (or is new)
};

struct OpenOptions {
    std::chrono::milliseconds busy_timeout{10'000};             ///< how long another process may hold the database
    std::uint64_t always_check_up_to = std::uint64_t{4} << 20;  ///< a file of so many bytes is checked at every open
};

/// Reports kept per job; finish_run drops older ones.
inline constexpr int history_limit = 2000;
/// Reports that ended longer ago than this are dropped too, except for the newest `history_kept` of the job. Counted back from
/// the latest end of an earlier run of the job that does not lie more than a day ahead of the clock: a clock that was set ahead
/// does not make old what is not.
inline constexpr std::chrono::days history_age{400};
/// Reports of a job that no age drops. Nor does age or number drop the report of its last run that was green.
inline constexpr int history_kept = 50;

/// Opens or makes `<storage>/state.sqlite` (0600; WAL, synchronous FULL, busy time-out 10 s; user_version migrations in one
/// transaction). A damaged file is moved aside and made anew. state_invalid: the file is of a newer version (refused,
/// untouched). busy: another process holds it.
///
/// The whole file is checked (quick_check) when it is small, after an unclean stop (no other process has it open, and a run
/// has begun and not ended), when a statement met damage since, and once a day; otherwise an open costs no more than
/// reading the header. begin_run and finish_run cost one fsync each; the -wal file stays after a close.
/// Do not open the file by other means in this process: closing any descriptor of it drops SQLite's locks.
Result<Opened> open_sqlite(const std::filesystem::path& file, const OpenOptions& options = {});

}  // namespace autobackup::state
