// SPDX-License-Identifier: MIT
// What a run did. One value; exit code, JSON report, human lines, journal and history derive from it and from nothing else.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::model {

enum class StageOutcome { ok, failed, skipped };

/// One step of an item: inspect, export, download, verify, commit, archive, push; of a repository also fetch, update, lfs, bundle.
struct Stage {
    std::string stage;
    StageOutcome outcome = StageOutcome::ok;
    std::optional<double> duration_s;
    std::optional<int> attempts;
    std::optional<std::uint64_t> bytes;
    std::optional<int> resumed;
    std::string commit;   ///< 40 hex
    std::string target;   ///< URL without user-info
    std::string branch;
    std::string reason;   ///< of `skipped`
    std::string task;     ///< of a failed stage of one task: "task 7"
    std::optional<Failure> error;
};

enum class ItemOutcome { saved, unchanged, partial, failed, skipped, gone };
/// All, in the order in which they are told.
inline constexpr std::array item_outcomes{ItemOutcome::saved,  ItemOutcome::unchanged, ItemOutcome::partial,
                                          ItemOutcome::failed, ItemOutcome::skipped,   ItemOutcome::gone};

struct TaskCounts {
    std::int64_t total = 0, exported = 0, kept = 0, skipped = 0, failed = 0;
};

struct ArchiveFile {
    std::string path;  ///< relative to storage
    std::uint64_t bytes = 0;
    std::string sha256;
};

struct Pushed {
    std::string target, branch;
    bool verified = false;
};

/// What became of the refs of a repository in one run; a forced one counts as forced alone.
struct RefCounts {
    std::uint64_t created = 0, moved = 0, forced = 0, deleted = 0;
    [[nodiscard]] std::uint64_t all() const noexcept { return created + moved + forced + deleted; }
};

/// What is told of an item that is a git repository.
struct RepositoryFacts {
    std::string id;             ///< the forge's node id; of `mirror` and gists the name
    bool cloned = false;        ///< saved for the first time
    std::string before, after;  ///< tips in 40 hex: HEAD's, or those of `ref`; empty: there was or is none
    std::string ref;            ///< "refs/heads/dev" when `before` and `after` are not HEAD's
    RefCounts refs;
    std::string renamed_from;   ///< earlier name within the listing
};

struct Item {
    std::string kind;  ///< "cvat_project", "cvat_task", "github_repository", "github_wiki", "github_gist", "mirror"
    std::int64_t id = 0;  ///< of CVAT; a repository has RepositoryFacts::id
    std::string name;
    ItemOutcome outcome = ItemOutcome::unchanged;
    std::string reason;  ///< of skipped and gone
    std::vector<Stage> stages;
    std::vector<std::string> in_work;  ///< stages at work just now, the newest last: what a stop or a time-out from outside ends
    std::optional<TaskCounts> tasks;
    std::optional<RepositoryFacts> repository;
    std::optional<ArchiveFile> archive;
    std::string commit;  ///< of the vault, 40 hex; empty when nothing was committed
    std::vector<Pushed> pushed;
    std::vector<std::string> warnings;
    std::uint64_t bytes = 0;      ///< downloaded for it
    double duration_s = 0;
};

enum class RunOutcome { success, unchanged, partial, failed, cancelled, refused };
/// All, in the order in which they are told.
inline constexpr std::array run_outcomes{RunOutcome::success, RunOutcome::unchanged, RunOutcome::partial,
                                         RunOutcome::failed,  RunOutcome::cancelled, RunOutcome::refused};

/// Of a run that looked at what is held and saved nothing.
struct CheckFacts {
    std::string kind;           ///< "structure", "checksum", "drill"
    std::uint64_t copies = 0;   ///< that were looked at: ZIPs, repositories
    std::uint64_t damaged = 0;  ///< of these
    std::string server{};       ///< CVAT server that a drill restored into; empty: a directory of ours
};

struct Run {
    std::string run_id;  ///< ULID
    std::string job;
    std::optional<CheckFacts> check;  ///< absent: a backup
    std::string trigger = "manual";
    int attempt = 1;
    RunOutcome outcome = RunOutcome::failed;
    Instant started_at, finished_at;
    std::uint64_t api_requests = 0, bytes_received = 0, bytes_sent = 0;
    std::vector<Item> items;
    std::vector<Failure> errors;         ///< of the run itself, not of an item
    std::vector<std::string> warnings;   ///< of the run itself
};

const char* name(StageOutcome outcome);
const char* name(ItemOutcome outcome);
const char* name(RunOutcome outcome);
/// The word for the outcome of an item: a saved repository is `cloned` or `updated`.
const char* outcome_word(const Item& item);

/// Marks an item failed at `stage`.
void fail_item(Item& item, const std::string& stage, const Failure& failure);

/// An item that is in work: failed, until its end says something else. A run lists all of its items so before the first one begins.
void begin_item(Item& item);
/// The item has come to its end (its outcome is set): what begin_item() wrote is taken away.
void end_item(Item& item);
/// After a cancellation or the run's timeout: items that have not come to their end are failed with `reason`.
void close_unfinished(Run& run, const Failure& reason);

/// The outcome that items and errors add up to (interface §4): the only place that may say success. `cancelled`/`refused`
/// are decided by the caller and override it; so is "all of them gone at once", which is an entry of `errors`.
///   bad  = an entry of `errors`; a damaged copy of a check; a failed or partial item; a saved or unchanged item with a failed stage that no later
///          stage of the same name, task and target made good, with a push that was not verified, or with failed tasks
///   good = an item saved, unchanged or partial
/// bad and good: partial; bad alone: failed; neither bad nor anything written (saved, or a commit, archive, push or bundle stage
/// that is ok): unchanged; else success. Skipped and gone items count for nothing. A check that found something to look at, and
/// nothing bad, is a success.
RunOutcome add_up(const Run& run);

/// The name under which the state keeps a run: its job's, of a check "<job>/<kind>", so that no check passes for a backup.
std::string history_name(const Run& run);
std::string history_name(const std::string& job, const std::string& check);

/// The parts of such a name; no check: a run of the job itself. A job's name has no slash.
struct HistoryName {
    std::string job;
    std::optional<std::string> check;
};
HistoryName parse_history_name(const std::string& name);

/// 0 success/unchanged, 1 failed, 3 partial, 4 refused, 5 cancelled.
int exit_code(RunOutcome outcome);
/// Of several jobs: 0 when all are 0 (or none ran); 3 when one is partial, or one failed and another is green or saved
/// something; 1 when one failed and nothing was saved (interface §1: "nothing new was saved"); cancelled (5), then refused
/// (4), when nothing else went wrong.
int exit_code(const std::vector<Run>& runs);

/// A new ULID (26 characters, Crockford base 32, time-ordered).
std::string new_run_id(Instant time);

}  // namespace autobackup::model
