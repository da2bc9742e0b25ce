// SPDX-License-Identifier: MIT
// From a job of the configuration to its finished run: lock, history, deadline, outcome. The same engine for every way to start a run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/config/secrets.hpp"
#include "daemon/model/config.hpp"
#include "daemon/model/options.hpp"
#include "daemon/model/result.hpp"
#include "daemon/report/progress.hpp"
#include "daemon/state/lock.hpp"
#include "daemon/state/store.hpp"
#include "lib/async/turnstile.hpp"
#include "lib/async/workers.hpp"
#include "lib/github/account.hpp"
#include "lib/http/client.hpp"

namespace autobackup::runner {

struct Environment {
    http::ClientSettings http;         ///< proxies from the environment, user agent; ca_file is set per server
    config::SecretPlaces secrets;
    std::filesystem::path ssh_directory{};  ///< see runner::ssh_directory(); empty: its own choice
};

struct RunOptions {
    model::Options item;
    bool wait = false;                 ///< for a busy job, instead of being refused
    std::string trigger = "manual";
    int attempt = 1;
    std::string run_id;                ///< empty: a new one
    /// Asked once, with the job locked and before anything is noted, on a worker: a failure refuses the run. May be empty.
    std::function<std::optional<Failure>(state::Store& store, const std::string& job)> refuse{};
};

/// Hears of a run as it goes; loop thread.
struct RunListener {
    std::function<void(const std::string& job, const model::Item&)> item_done;
    std::function<void(const std::string& line)> warning;
    std::function<void(const std::string& line)> note{};  ///< of level info; may be empty
};

/// The limits that hold over all runs of a process, whatever configuration they began with. Loop thread; outlives the runs.
struct Gates {
    /// limits.per_host: transfers at once towards `origin`.
    async::Turnstile& transfers(const std::string& origin, int per_host) { return gate("transfers " + origin, per_host); }
    /// limits.exports: exports asked for and not finished on the server of that name.
    async::Turnstile& exports(const std::string& server, int at_once) { return gate("exports " + server, at_once); }

    /// What everything that uses one GitHub token shares. `key`: server and a digest of the secret.
    github::Account& account(const std::string& key) { return accounts_[key]; }

private:
    // A limit that was changed by a reload is another gate: who waits at the old one is not disturbed.
    async::Turnstile& gate(const std::string& name, int places) {
        const auto count = static_cast<std::size_t>(places);
        return gates_.try_emplace(name + " " + std::to_string(places), count).first->second;
    }
    std::map<std::string, async::Turnstile> gates_;
    std::map<std::string, github::Account> accounts_;
};

/// What the runs of one configuration share. Loop thread; borrowed for the life of the object.
struct Shared {
    const config::Config& config;
    const Environment& environment;
    async::Workers& workers;
    report::Progress& progress;
    Gates& gates;
    RunListener listener;
};

/// The job's lock; with `wait` it is asked for again until it is free. busy; throws operation_aborted when cancelled meanwhile.
Awaitable<Result<state::JobLock>> lock_job(Shared& shared, std::string name, bool wait);

/// Runs the job to its end. What goes wrong is told in the Run; a cancellation of the caller gives a Run with outcome `cancelled`, not
/// an exception.
Awaitable<model::Run> run_job(Shared& shared, std::string job, RunOptions options);

}  // namespace autobackup::runner
