// SPDX-License-Identifier: MIT
// What the verbs that read backups themselves have in common: where to look, the loop to do it on, and whose files they may write.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/secrets.hpp"
#include "daemon/ctl/context.hpp"
#include "daemon/model/config.hpp"
#include "daemon/restore/places.hpp"
#include "daemon/restore/remote_vault.hpp"
#include "lib/async/workers.hpp"

namespace autobackup::ctl {

/// Runs `work` to its end on a loop with signals: its exit code, or 5 after an orderly stop by one.
int in_loop(const std::function<Awaitable<int>(async::Workers&)>& work);

/// A failure as an exit code: 2 what was asked for cannot be, 4 busy, 5 cancelled, 1 anything else.
int exit_code_of(const Failure& failure);
/// Of two exit codes the one that says more: a stop (5), a mistake of who asks (2), what failed (1), what failed in part (3), what is busy (4), nothing (0).
int worse(int one, int other);
/// Tells it and gives its exit code.
int failed(const Failure& failure);

/// Where the command line says to look.
struct Sources {
    std::vector<restore::Place> places;
    std::unique_ptr<restore::RemoteVault> fetched;  ///< of a URL; its place is in `places`
    std::optional<config::Config> config;           ///< when the places are our own storage
};

/// From --from and JOB. Tells what is wrong and sets `exit_code`. `one`: several jobs are a mistake.
Awaitable<std::optional<Sources>> find_sources(const Context& context, bool one, async::Workers& workers, int& exit_code);

/// Whether it keeps versions of items (a CVAT job); what mirrors repositories does not.
bool has_snapshots(const config::Job& job);

/// Where the secrets of this call are looked for, until the workers (borrowed) are asked to stop.
config::SecretPlaces secret_places(const Context& context, const async::Workers& workers);

/// How a URL is reached: with the credentials of the job that has it, or those of the command line. The secrets are read on a worker.
Awaitable<Result<restore::Access>> access_to(const Context& context, std::string url, config::SecretPlaces places, async::Workers& workers);

/// What the work of enter_storage() needs.
struct Entry {
    std::vector<std::string> jobs{};  ///< none named: all
    bool asks_servers = true;         ///< else no secret is read
};

/// cli::become_owner() of the storage, for work of a daemon's in it. What the work needs of secrets is read before (on a worker); with that it goes on
/// afterwards. cancelled: the workers were asked to stop meanwhile.
Awaitable<Result<config::SecretPlaces>> enter_storage(const Context& context, const config::Config& config, Entry entry, async::Workers& workers);

/// All snapshots of the sources, each with the index of its place.
struct Listed {
    std::vector<restore::Snapshot> snapshots;
    std::vector<std::size_t> places;
    std::vector<std::string> warnings;
};
Result<Listed> list(const Sources& sources);

}  // namespace autobackup::ctl
