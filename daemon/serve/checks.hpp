// SPDX-License-Identifier: MIT
// The checks of all jobs: planned by a scheduler of their own and run one at a time, beside the runs; so no backup ever waits for a check.
// Loop thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/serve/facts.hpp"
#include "daemon/serve/live_run.hpp"

namespace autobackup::serve {

class Daemon;

/// Reports of a kind of check that are looked at, for its streak and its last success.
inline constexpr std::size_t check_reports_kept = 50;

/// The plans of `checks:` of every job; each is named "<job>/<kind>". config_invalid as scheduler::plan_of().
Result<std::vector<scheduler::JobPlan>> check_plans(const config::Config& config, const std::string& host);

class Checks {
public:
    /// The daemon is borrowed.
    explicit Checks(Daemon& daemon);

    struct Remembered {
        std::map<std::string, scheduler::Memory> memories;
        std::map<std::string, std::vector<std::string>> reports;
    };
    /// What the state knows of checks that are new here.
    Awaitable<Result<Remembered>> look_up(const std::vector<scheduler::JobPlan>& plans);
    /// The daemon has adopted the configuration by then: checks of a job that is paused are paused too.
    void adopt(std::vector<scheduler::JobPlan> plans, const Remembered& remembered);
    /// Checks that a process began which died; what its drills left is removed.
    Awaitable<void> resume_interrupted();
    /// Starts what is due.
    Awaitable<void> tick();
    /// Everything that is only known here, into a state that was made anew.
    Awaitable<void> save_all();
    [[nodiscard]] std::optional<scheduler::Time> wake() const { return scheduler_.wake(); }

    void pause(const std::string& job, std::optional<scheduler::Time> until, const std::string& by);
    void resume(const std::string& job);
    /// Somebody checked the job by hand: what they found counts, and is told as if it had been found here.
    Awaitable<void> recall(std::string job);

    /// Stops the check that goes on when `word` names it: its run's id. The answer: its job.
    std::optional<std::string> cancel(const std::string& word);
    void stop();
    [[nodiscard]] bool running() const { return live_ != nullptr; }
    [[nodiscard]] const LiveRun* live() const { return live_.get(); }
    [[nodiscard]] std::vector<answers::CheckStatus> status(const std::string& job, std::size_t count);
    void complete(metrics::Snapshot& snapshot);
    [[nodiscard]] Milliseconds longest_standstill();

private:
    /// One kind of check of one job.
    struct Known {
        JobFacts facts;
        std::optional<model::CheckFacts> last;  ///< what the last one that ended found
    };
    void begin(const scheduler::Start& start);
    Awaitable<void> run_one(LiveRun& live);
    void ended(const model::Run& run);
    void tell_notes();
    Known known_from(const std::vector<std::string>& reports) const;
    [[nodiscard]] std::vector<std::string> names_of(const std::string& job) const;

    Daemon& daemon_;
    scheduler::Scheduler scheduler_;
    std::map<std::string, Known> known_;  ///< by "<job>/<kind>"
    std::unique_ptr<LiveRun> live_;
};

}  // namespace autobackup::serve
