// SPDX-License-Identifier: MIT
#include "daemon/ctl/copies.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "build_info.hpp"
#include "daemon/checks/check_run.hpp"
#include "daemon/cli/owner.hpp"
#include "daemon/ctl/offline.hpp"
#include "daemon/restore/branches.hpp"
#include "daemon/restore/catalogue.hpp"
#include "daemon/restore/verify.hpp"
#include "daemon/state/history_reader.hpp"
#include "lib/async/loop.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::ctl {
namespace {

constexpr std::size_t worker_threads = 2;

const config::GitTarget* target_of(const config::Config& config, const std::string& url) {
    for (const auto& [name, job] : config.jobs) {
        for (const config::GitTarget& target : job.git) {
            if (target.url == url) return &target;
        }
    }
    return nullptr;
}

Result<void> use_target(const config::SecretPlaces& places, const config::Config& config, const config::GitTarget& target, restore::Access& access) {
    access.username = target.username;
    access.http.ca_file = target.ca_file;
    access.ssh.known_hosts = target.known_hosts;
    access.connect = config.limits.connect;
    access.no_progress = config.limits.no_progress;
    if (access.branch.empty()) access.branch = target.branch;
    for (const auto& [reference, into] : {std::pair(&target.password, &access.password), std::pair(&target.ssh_key, &access.ssh.key)}) {
        if (!*reference) continue;
        Result<Secret> value = config::read_secret(**reference, places);
        if (!value) return value.error();
        *into = std::move(*value);
    }
    return {};
}

Result<void> use_command_line(const CommandLine& line, restore::Access& access) {
    if (!line.username.empty()) access.username = line.username;
    if (!line.ca_file.empty()) access.http.ca_file = line.ca_file;
    if (line.password_file.empty()) return {};
    const Result<std::string> text = read_file(line.password_file, std::size_t{64} << 10);
    if (!text) return text.error();
    access.password = Secret(std::string(trim(*text)));
    if (access.username.empty()) access.username = "x-access-token";
    return {};
}

Failure several_jobs(const std::vector<restore::Place>& places) {
    std::string names;
    for (const restore::Place& place : places) names += (names.empty() ? "" : ", ") + place.job;
    return fail(Errc::bad_request, "choose", "job", "there are several jobs: " + names);
}

// The places of our own storage.
Result<Sources> own_places(const Context& context, config::Config config) {
    const CommandLine& line = context.line;
    if (const Result<void> known = check_job(config, line.job); !known) return known.error();
    Sources sources;
    for (const auto& [name, job] : config.jobs) {
        if (!line.job.empty() && line.job != name) continue;
        if (!has_snapshots(job)) {
            if (line.job.empty()) continue;
            Failure failure = fail(Errc::bad_request, "find snapshots", name, "the job keeps repositories, not versions of projects and tasks");
            failure.hint = "each is a git repository as it is: git clone its directory below " + config.storage.string();
            return failure;
        }
        restore::Place place = restore::place_of(config, job);
        if (line.from == "archive") place.vault.clear();
        if (line.from == "vault") place.archives.clear();
        sources.places.push_back(std::move(place));
    }
    sources.config = std::move(config);
    return sources;
}

Result<Sources> brought_places(const Context& context) {
    Sources sources;
    Result<std::vector<restore::Place>> places = restore::places_at(context.line.from);
    if (!places) return places.error();
    for (restore::Place& place : *places) {
        const bool wanted = context.line.job.empty() || place.job.empty() || place.job == context.line.job;
        if (!wanted) continue;
        const Result<void> chosen = place.vault.empty() ? Result<void>() : restore::choose_branch(place, context.line.branch);
        if (!chosen) return chosen.error();
        sources.places.push_back(std::move(place));
    }
    if (sources.places.empty()) return fail(Errc::not_found, "find job", one_line(context.line.job), "there is nothing of it at " + context.line.from);
    return sources;
}

bool is_own(const std::string& from) { return from.empty() || from == "archive" || from == "vault"; }

}  // namespace

bool has_snapshots(const config::Job& job) { return std::holds_alternative<config::CvatSource>(job.source); }

int in_loop(const std::function<Awaitable<int>(async::Workers&)>& work) {
    int exit_code = 5;
    async::Loop loop;
    async::Workers workers(worker_threads);
    auto all = [&]() -> Awaitable<void> { exit_code = co_await work(workers); };
    try {
        loop.run(all(), [&workers] { workers.request_stop(); });
    } catch (const boost::system::system_error& error) {
        if (error.code() != boost::asio::error::operation_aborted) throw;
    }
    return exit_code;
}

int exit_code_of(const Failure& failure) {
    switch (failure.code) {
        case Errc::bad_request:
        case Errc::not_found:
        case Errc::config_invalid:
        case Errc::secret_missing:
            return 2;
        case Errc::busy:
            return 4;
        case Errc::cancelled:
            return 5;
        default:
            return 1;
    }
}

int worse(int one, int other) {
    static constexpr std::array<int, 6> order{0, 4, 3, 1, 2, 5};
    return std::find(order.begin(), order.end(), one) > std::find(order.begin(), order.end(), other) ? one : other;
}

int failed(const Failure& failure) {
    tell(failure);
    if (!failure.hint.empty() && !failure.operation.empty()) tell("  " + failure.hint);
    return exit_code_of(failure);
}

namespace {

Result<restore::Access> read_access(const Context& context, const std::string& url, const config::SecretPlaces& places) {
    restore::Access access;
    access.url = url;
    access.branch = context.line.branch;
    access.http.user_agent = std::string("autobackupctl/") + build::version;
    http::read_proxies_from_environment(access.http);
    const config::Loaded loaded = read_config(context);
    const config::GitTarget* const target = loaded.config ? target_of(*loaded.config, url) : nullptr;
    Result<void> used;
    if (target != nullptr && context.line.password_file.empty()) used = use_target(places, *loaded.config, *target, access);
    if (used) used = use_command_line(context.line, access);
    if (!used) return used.error();
    access.ssh.run_directory = std::filesystem::temp_directory_path() / ("autobackupctl-ssh-" + std::to_string(::geteuid()));
    std::vector<Secret> secrets;
    secrets.push_back(access.password);
    secrets.push_back(access.ssh.key);
    journal::redact(std::move(secrets));
    return access;
}

}  // namespace

config::SecretPlaces secret_places(const Context& context, const async::Workers& workers) {
    config::SecretPlaces places;
    places.environment = context.environment;
    places.stop_with(workers.stop_token());
    return places;
}

Awaitable<Result<restore::Access>> access_to(const Context& context, std::string url, config::SecretPlaces places, async::Workers& workers) {
    auto read = [&] { return read_access(context, url, places); };
    co_return co_await workers.run(std::move(read));
}

Awaitable<std::optional<Sources>> find_sources(const Context& context, bool one, async::Workers& workers, int& exit_code) {
    const CommandLine& line = context.line;
    Result<Sources> sources = fail(Errc::internal, "find", "backups", "not looked for");
    if (is_own(line.from)) {
        std::optional<config::Config> config = load_config(context);
        if (!config) {
            exit_code = 2;
            co_return std::nullopt;
        }
        const Result<void> there = need_storage(*config);
        if (there) sources = own_places(context, std::move(*config));
        else sources = there.error();
    } else if (restore::is_url(line.from)) {
        Result<restore::Access> access = co_await access_to(context, line.from, secret_places(context, workers), workers);
        if (!access) {
            exit_code = failed(access.error());
            co_return std::nullopt;
        }
        Result<std::unique_ptr<restore::RemoteVault>> fetched =
            co_await restore::RemoteVault::open(std::move(*access), std::filesystem::temp_directory_path(), workers);
        if (!fetched) {
            exit_code = exit_code_of(fetched.error()) == 5 ? 5 : 1;
            failed(fetched.error());
            co_return std::nullopt;
        }
        sources = Sources();
        sources->fetched = std::move(*fetched);
        sources->places.push_back(sources->fetched->place());
    } else {
        sources = brought_places(context);
    }
    if (sources && one && sources->places.size() > 1) sources = several_jobs(sources->places);
    if (sources) co_return std::move(*sources);
    exit_code = failed(sources.error());
    co_return std::nullopt;
}

Awaitable<Result<config::SecretPlaces>> enter_storage(const Context& context, const config::Config& config, Entry entry, async::Workers& workers) {
    config::SecretPlaces places = secret_places(context, workers);
    auto enter = [&]() -> Result<void> {
        if (!cli::is_root_in_anothers(config.storage)) return {};
        if (entry.asks_servers) config::read_ahead(config, entry.jobs, places);
        if (places.stopped()) return fail_cancelled("read secrets", config.storage.string());
        return cli::become_owner(config.storage);
    };
    const Result<void> entered = co_await workers.run(std::move(enter));
    if (!entered) co_return entered.error();
    co_return places;
}

namespace {

// What checks found is remembered in our own state; without it nothing is known of them.
std::optional<state::HistoryReader> state_of(const Sources& sources) {
    if (!sources.config) return std::nullopt;
    Result<state::HistoryReader> opened = state::HistoryReader::open(sources.config->storage / "state.sqlite");
    if (!opened) return std::nullopt;
    return std::move(*opened);
}

std::string vault_mark_of(state::HistoryReader& known, const std::string& job) {
    const Result<std::optional<std::string>> mark = known.value(job, checks::vault_mark_key);
    return mark ? mark->value_or("") : std::string();
}

}  // namespace

Result<Listed> list(const Sources& sources) {
    Listed all;
    std::optional<state::HistoryReader> known = state_of(sources);
    for (std::size_t i = 0; i < sources.places.size(); ++i) {
        Result<std::vector<restore::Snapshot>> snapshots = restore::snapshots_of(sources.places[i], &all.warnings);
        if (!snapshots) return snapshots.error();
        if (known) restore::apply_vault_mark(vault_mark_of(*known, sources.places[i].job), *snapshots);
        for (restore::Snapshot& one : *snapshots) {
            all.snapshots.push_back(std::move(one));
            all.places.push_back(i);
        }
    }
    return all;
}

}  // namespace autobackup::ctl
