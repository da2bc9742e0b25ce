// SPDX-License-Identifier: MIT
// What the daemon tells over its control socket, as values and as JSON. Pure. docs/control-protocol.md lists the verbs;
// names here are a contract with scripts (`autobackupctl VERB --json`): members are added, none is renamed or dropped.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::answers {

enum class JobKind { cvat, github, mirror };

/// waiting: for its due time. queued: due or asked for, and waiting for a place. retrying: failed, tried again within its due
/// window. manual: runs only when asked. blocked: waits for a job of `after:`. disabled: `enabled: false`.
enum class JobState { waiting, queued, running, retrying, paused, blocked, manual, disabled };

const char* name(JobKind kind);
const char* name(JobState state);

/// A run that goes on.
struct Running {
    std::string run_id;
    std::string job;
    std::string trigger;  ///< "schedule", "manual", "catch_up", "retry"
    Instant started_at;
    std::string phase;              ///< "survey", "export", "download", "verify", "commit", "push" …
    std::string item;               ///< "project 12 \"Traffic signs\""; empty between items
    std::uint64_t bytes_done = 0;   ///< of the phase
    std::uint64_t bytes_total = 0;  ///< 0: not known
    std::optional<double> percent;  ///< of the phase, 0..100; absent: not known
};

/// The last run that ended.
struct LastRun {
    std::string run_id;
    std::string outcome;  ///< of the run report: success, unchanged, partial, failed, cancelled, refused
    Instant started_at, finished_at;
    double duration_s = 0;
    std::string error;  ///< one line of its first error; empty when it went well
};

/// One kind of check of a job.
struct CheckStatus {
    std::string check;                    ///< "structure", "checksum", "drill"
    std::vector<std::string> schedule;    ///< as written
    std::vector<Instant> next;            ///< due times, jitter included, soonest first
    std::optional<LastRun> last;
    std::optional<Instant> last_success;  ///< end of the last one that found everything good
    int failures = 0;                     ///< in a row that were not green
    std::uint64_t copies = 0;             ///< that the last one looked at
    std::uint64_t damaged = 0;            ///< of these
    std::string server{};                 ///< CVAT server that drills restore into; empty: a directory
};

struct JobStatus {
    std::string job;
    JobKind kind = JobKind::cvat;
    JobState state = JobState::waiting;
    bool enabled = true;
    bool paused = false;
    std::optional<Instant> paused_until;  ///< absent with `paused`: until it is resumed
    bool skip_next = false;               ///< the next due time is left out
    std::vector<std::string> schedule;    ///< as written
    std::string time_zone;                ///< IANA name; empty: the system's
    std::vector<Instant> next;            ///< due times, jitter included, soonest first; empty: only when asked
    std::optional<LastRun> last;
    std::optional<Instant> last_success;  ///< end of the last run with outcome success or unchanged
    int failures = 0;                     ///< runs in a row that were not green
    std::optional<Running> running;
    std::vector<CheckStatus> checks;
};

struct DaemonStatus {
    std::string version;  ///< "0.1.0 (abc123…)"
    std::int64_t pid = 0;
    Instant since;                              ///< when it was ready
    std::string config;                         ///< path
    Instant loaded_at;                          ///< when the configuration that counts was read
    std::string reload_error;                   ///< of a reload that was refused since; empty: none
    std::string storage;                        ///< path
    std::optional<std::uint64_t> storage_free;  ///< bytes
    int runs_limit = 0;                         ///< limits.runs
    std::vector<Running> running;
    std::vector<std::string> warnings;  ///< that stand now: of the configuration, of the storage …
};

/// `status`: {"format":1,"daemon":{…},"jobs":[…]}.
boost::json::object status_document(const DaemonStatus& daemon, const std::vector<JobStatus>& jobs);
/// `list`: {"format":1,"jobs":[…]}.
boost::json::object list_document(const std::vector<JobStatus>& jobs);
/// `next`: {"format":1,"next":[{"job","schedule","time_zone","state","due":[…],"checks":[{"check","schedule","due":[…]}]}]}.
boost::json::object next_document(const std::vector<JobStatus>& jobs);
/// `history`: {"format":1,"runs":[…]} from run reports (interface.md §4) without their items, in the given order.
boost::json::object history_document(const std::vector<boost::json::object>& reports);
/// A run that goes on or was asked for: the data of `run` without `wait`, of `cancel`, and of the events `progress`.
boost::json::object to_json(const Running& running);
boost::json::object to_json(const JobStatus& job);
boost::json::object to_json(const DaemonStatus& daemon);

/// The other way, for the client. Members that are missing or of another type keep their defaults: an older or newer daemon
/// can still be shown.
JobStatus job_status(const boost::json::value& value);
DaemonStatus daemon_status(const boost::json::value& value);
Running running(const boost::json::value& value);

}  // namespace autobackup::answers
