// SPDX-License-Identifier: MIT
// The daemon: runs the schedule until it is stopped, and answers those who ask. Loop thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/load.hpp"
#include "daemon/runner/runner.hpp"
#include "daemon/scheduler/scheduler.hpp"
#include "daemon/serve/checks.hpp"
#include "daemon/serve/facts.hpp"
#include "daemon/serve/live_run.hpp"
#include "daemon/serve/telling.hpp"
#include "daemon/state/lock.hpp"
#include "daemon/state/store.hpp"
#include "lib/control/server.hpp"
#include "lib/journal/entry.hpp"

namespace autobackup::serve {

/// Under this key the state keeps, as a value of each job, what the scheduler remembers of it (scheduler::to_text).
inline constexpr const char* memory_key = "schedule";

struct Settings {
    std::string version, commit;            ///< "0.1.0", "abc123…"
    std::string config_path;
    std::filesystem::path socket;           ///< empty: no control socket
    int socket_descriptor = -1;             ///< >= 0: handed over by systemd
    std::string host;                       ///< stays with the machine: jitter is derived from it
    std::string host_name;                  ///< told in notices
    std::string sendmail;                   ///< the program
    std::function<config::Loaded()> load;   ///< reads the configuration anew; worker thread
    /// Secrets that are missing, one line each; the jobs concerned fail. Worker thread.
    std::function<std::vector<std::string>(const config::Config&)> missing_secrets;
    runner::Environment environment;
    journal::Sink* journal = nullptr;       ///< borrowed
};

class Daemon {
public:
    Daemon(Settings settings, config::Config first);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Until it is cancelled (terminal); then the runs are cancelled and waited for. Returns the exit code: 0 after an orderly
    /// stop, 4 when another daemon works on the storage, 1 when state or socket cannot be had.
    Awaitable<int> run();
    /// SIGHUP: as `reload`, but nobody waits for the answer.
    void hang_up();

private:
    friend class Checks;
    friend class ControlVerbs;
    struct Waiting;  // options of a run that was asked for and has not begun

    // daemon.cpp
    Awaitable<Result<void>> open();
    Awaitable<void> follow_schedule();
    Awaitable<void> stop_runs();
    Awaitable<void> pause_until_something_is_due();
    void kick();

    // daemon_runs.cpp
    void begin(const scheduler::Start& start);
    Awaitable<void> run_one(LiveRun& live);
    void ended(LiveRun& live, const model::Run& run);
    void tell_run(const model::Run& run);
    void tell_notes();
    void tell_note(const scheduler::Note& note, const std::string& job);
    Awaitable<void> save_memories(scheduler::Scheduler& of, std::vector<std::string> names);

    // daemon_setup.cpp
    Awaitable<Result<void>> open_state();
    Awaitable<void> follow_state();
    Awaitable<Result<void>> adopt(config::Config config);
    Awaitable<void> resume_interrupted();
    Awaitable<control::Answer> reload();

    Result<void> begin_telling();
    void complete(metrics::Snapshot& snapshot);

    // daemon_status.cpp
    void tell_status();
    void feed_watchdog();
    Milliseconds longest_standstill();
    [[nodiscard]] std::string status_line();
    [[nodiscard]] answers::JobStatus job_status(const config::Job& job, std::size_t count);
    [[nodiscard]] std::vector<answers::JobStatus> all_jobs(std::size_t count);
    [[nodiscard]] answers::DaemonStatus daemon_status() const;

    void log(journal::Priority priority, const char* message_id, std::string message,
             std::vector<std::pair<std::string, std::string>> fields = {});

    Settings settings_;
    std::shared_ptr<const Generation> generation_;
    scheduler::Scheduler scheduler_;
    runner::Gates gates_;
    async::Workers workers_{2};
    std::optional<state::JobLock> lock_;
    std::shared_ptr<state::Store> store_;  // shared with what runs on workers
    std::unique_ptr<Telling> telling_;
    std::map<scheduler::Ticket, std::unique_ptr<LiveRun>> live_;
    Checks checks_;
    std::map<scheduler::Ticket, model::Options> asked_;      // options of runs asked for, until they begin
    std::map<scheduler::Ticket, boost::json::object> finished_;  // reports of the latest runs, for those who wait for them
    std::map<std::string, JobFacts> facts_;
    std::unique_ptr<boost::asio::steady_timer> bell_;
    bool rung_ = false;
    bool stopping_ = false;
    bool reload_wanted_ = false;
    bool reloading_ = false;
    Instant since_;
    std::string reload_error_;
    std::string state_warning_;
    std::string control_error_;
    std::string told_status_;
    std::chrono::microseconds watchdog_{0};
    std::chrono::steady_clock::time_point fed_;
    bool low_space_ = false;
};

}  // namespace autobackup::serve
