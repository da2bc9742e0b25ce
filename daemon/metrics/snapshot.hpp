// SPDX-License-Identifier: MIT
// What the metrics tell, as plain values, and their text. Pure. docs/monitoring.md names every metric: a public contract.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/result.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::metrics {

/// One job. remember() and recall() take over what runs bring; the owner fills the rest before each snapshot.
struct JobFacts {
    std::string job;
    bool enabled = true;
    bool paused = false;
    bool running = false;
    std::optional<Instant> next_due_at;
    std::optional<std::chrono::seconds> expected_interval;  ///< the largest gap between due times; absent: only when asked
    int failures_in_a_row = 0;                              ///< runs that did not succeed; cancelled and refused ones left out
    std::optional<Instant> last_success_at;                 ///< end of the last success or unchanged run

    std::uint64_t starts_missed = 0;                        ///< due times that passed while nothing could start (scheduler)
    std::uint64_t starts_skipped = 0;                       ///< due times that passed because the job still ran

    std::optional<model::RunOutcome> last_outcome;
    std::optional<Instant> last_run_at;  ///< end of the last run, whatever its outcome
    double last_duration_s = 0;
    std::uint64_t last_bytes_received = 0, last_bytes_sent = 0;
    std::array<std::int64_t, model::item_outcomes.size()> last_items{};  ///< by model::ItemOutcome
    std::array<std::uint64_t, model::run_outcomes.size()> runs{};        ///< since the start of the program, by model::RunOutcome

    /// Takes over a run that ended: failures_in_a_row, last_success_at, last_… and runs. A cancelled or refused run is neither
    /// a failure nor a success; of a refused one, which did nothing, only its outcome and its end are told.
    void remember(const model::Run& run);
    /// The same from the report of a run before the program started (the history's, oldest first); `runs` stays. What is no
    /// report is passed over.
    void recall(const boost::json::value& report);

private:
    void take(const model::Run& run);
};

/// One kind of check of one job.
struct CheckFacts {
    std::string job, check;
    std::optional<Instant> last_run_at;
    std::optional<Instant> last_success_at;  ///< end of the last one that found everything good
    std::optional<std::chrono::seconds> expected_interval;
    int failures_in_a_row = 0;
    std::uint64_t copies = 0, damaged = 0;   ///< of the last one
    std::string server{};                    ///< CVAT server that drills restore into; empty: a directory
};

/// The daemon and its jobs at one moment.
struct Snapshot {
    std::string version, commit;  ///< of the program
    Instant started_at;
    bool config_fine = true;           ///< whether the last load of the configuration succeeded
    Instant config_loaded_at;          ///< the last one that did
    std::size_t queue_length = 0;      ///< runs that are due and wait for a place
    std::chrono::milliseconds workers_standstill{0};  ///< async::Workers::longest_standstill()
    std::uint64_t api_requests = 0, bytes_received = 0, bytes_sent = 0;  ///< of all runs since the start
    std::uint64_t notices_sent = 0, notices_failed = 0;                  ///< since the start
    std::optional<std::uint64_t> storage_free;  ///< bytes; filled by the Publisher
    Instant at;                                 ///< when this was put together; filled by the Publisher
    std::vector<JobFacts> jobs;
    std::vector<CheckFacts> checks;
};

/// The text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), with a line feed at the end and
/// no time stamps. Times are seconds since 1970; a job that never succeeded has 0 as its last success.
std::string text(const Snapshot& snapshot);

/// Every metric that text() may hold, without labels: for the documents and their tests.
std::vector<std::string> metric_names();

}  // namespace autobackup::metrics
