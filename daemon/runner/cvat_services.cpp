// SPDX-License-Identifier: MIT
#include "daemon/runner/cvat_services.hpp"

#include <algorithm>
#include <limits>

#include "daemon/runner/services.hpp"
#include "daemon/vault/large_files.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::runner {
namespace {

constexpr int most_ahead_lanes = 2;

config::SecretRef secret_of(const config::CvatServer& server) {
    if (server.token) return *server.token;
    if (server.access_token) return *server.access_token;
    return server.password.value_or(config::SecretRef());
}

Awaitable<Result<cvat::Settings>> server_settings(Shared& shared, const config::Job& job, const config::CvatServer& server,
                                                  std::string name) {
    cvat::Settings settings;
    settings.name = std::move(name);
    const Result<http::Url> base = http::Url::parse(server.url);
    if (!base) co_return base.error();
    settings.base = *base;
    Result<Secret> value = co_await read_secret(shared, secret_of(server));
    if (!value) co_return value.error();
    if (server.token) {
        settings.auth = cvat::TokenAuth{std::move(*value)};
    } else if (server.access_token) {
        settings.auth = cvat::AccessTokenAuth{std::move(*value)};
    } else {
        settings.auth = cvat::PasswordAuth{server.username, std::move(*value)};
    }
    settings.limits.connect = shared.config.limits.connect;
    settings.limits.no_progress = server.no_progress;
    settings.attempts = job.retry.attempts;
    settings.retry_delay = job.retry.delay;
    settings.retry_max_delay = job.retry.max_delay;
    co_return settings;
}

cvat::ExportPolicy export_policy(const config::Job& job, const config::CvatServer& server) {
    cvat::ExportPolicy policy;
    policy.poll_first = server.poll_first;
    policy.poll_max = server.poll_max;
    policy.export_deadline = server.export_deadline;
    policy.attempts = job.retry.attempts;
    policy.retry_delay = job.retry.delay;
    policy.retry_max_delay = job.retry.max_delay;
    policy.digest = false;  // verification hashes every member; a dated ZIP takes its digest when it is made
    return policy;
}

// Where the target takes large files. Tried once at a time: the push as a whole is tried again.
Result<std::unique_ptr<lfs::Remote>> make_large(Shared& shared, const config::Job& job, const config::GitTarget& target,
                                                const remote::Settings& git, CvatServices& services) {
    lfs::Settings settings;
    settings.url = remote::without_user(target.url);
    if (remote::is_ssh_url(target.url)) {
        Result<std::unique_ptr<remote::SshCommands>> ssh = remote::make_ssh_commands(shared.workers, git);
        if (!ssh) return ssh.error();
        services.ssh.push_back(std::move(*ssh));
        settings.authenticate = ssh_authenticate(services.ssh.back(), settings.url);
    }
    settings.ref = git::branch_ref(target.branch);
    settings.username = git.username;
    settings.password = git.password;
    settings.connect = git.connect;
    settings.no_progress = git.no_progress;
    settings.attempts = 1;
    settings.retry_delay = job.retry.delay;
    settings.retry_max_delay = job.retry.max_delay;
    return lfs::make_remote(*services.git.back(), shared.workers, vault::large_store(services.vault->path()), std::move(settings));
}

// For parts that go ahead of a commit: index-pack on the server unpacks one push with one processor, and two keep it busy. Only HTTP has
// connections that cost nothing until they are used.
Result<std::vector<std::unique_ptr<remote::Remote>>> make_spare(const Shared& shared, const remote::Settings& settings, http::Client& client) {
    std::vector<std::unique_ptr<remote::Remote>> spare;
    const int lanes = remote::is_http_url(settings.url) ? std::min(most_ahead_lanes, shared.config.limits.per_host) : 0;
    for (int i = 0; i < lanes; ++i) {
        Result<std::unique_ptr<remote::Remote>> one = remote::make_remote(client, shared.workers, settings);
        if (!one) return one.error();
        spare.push_back(std::move(*one));
    }
    return spare;
}

Awaitable<Result<void>> add_target(Shared& shared, const config::Job& job, const config::GitTarget& target, CvatServices& services) {
    config::GitAuth auth;
    auth.username = target.username;
    auth.password = target.password;
    auth.ssh_key = target.ssh_key;
    auth.known_hosts = target.known_hosts;
    Result<remote::Settings> access = co_await git_access(shared, std::move(auth));
    if (!access) co_return access.error();
    remote::Settings settings = std::move(*access);
    settings.url = target.url;
    Result<std::unique_ptr<http::Client>> client = make_http(shared, target.ca_file);
    if (!client) co_return client.error();
    services.git.push_back(std::move(*client));
    Result<std::unique_ptr<lfs::Remote>> large = make_large(shared, job, target, settings, services);
    if (!large) co_return large.error();
    Result<std::vector<std::unique_ptr<remote::Remote>>> spare = make_spare(shared, settings, *services.git.back());
    if (!spare) co_return spare.error();
    Result<std::unique_ptr<remote::Remote>> made = remote::make_remote(*services.git.back(), shared.workers, std::move(settings));
    if (!made) co_return made.error();
    vault::TargetSettings about;
    about.url = remote::without_user(target.url);
    about.address = target.url;
    about.leads = services.targets.empty();
    about.branch = target.branch;
    about.spool = shared.config.storage / "spool" / job.name;
    about.attempts = job.retry.attempts;
    about.retry_delay = job.retry.delay;
    about.retry_max_delay = job.retry.max_delay;
    if (lfs::local_objects(target.url)) about.largest_push = std::numeric_limits<std::uint64_t>::max();  // a path takes any size
    services.targets.push_back(std::make_unique<vault::Target>(*services.vault, std::move(*made), std::move(about), std::move(*large)));
    services.targets.back()->set_spare(std::move(*spare));
    co_return Result<void>();
}

}  // namespace

void CvatServices::account(model::Run& run) const {
    add_traffic(run, api->traffic());
    for (const auto& one : git) add_traffic(run, one->traffic());
    for (const auto& target : targets) add_traffic(run, target->traffic());
    for (const auto& one : ssh) add_traffic(run, one->traffic());
    run.api_requests += api->traffic().requests;
}

void CvatServices::close() const {
    if (api) api->close_idle();
    for (const auto& one : git) one->close_idle();
}

Awaitable<Result<std::unique_ptr<CvatServices>>> make_cvat_services(Shared& shared, const config::Job& job, const config::CvatSource& source) {
    const config::CvatServer& server = std::get<config::CvatServer>(shared.config.servers.at(source.server).what);
    auto services = std::make_unique<CvatServices>();
    Result<cvat::Settings> settings = co_await server_settings(shared, job, server, source.server);
    if (!settings) co_return settings.error();
    Result<std::unique_ptr<http::Client>> api = make_http(shared, server.ca_file);
    if (!api) co_return api.error();
    services->api = std::move(*api);
    const std::string origin = settings->base.origin();
    async::Turnstile& exports = shared.gates.exports(source.server, server.exports);
    async::Turnstile& transfers = shared.gates.transfers(origin, shared.config.limits.per_host);
    services->client = std::make_unique<cvat::Client>(*services->api, std::move(*settings));
    services->exporter = std::make_unique<cvat::Exporter>(*services->client, shared.workers, exports, transfers, export_policy(job, server));
    const std::string branch = job.git.empty() ? "main" : job.git.front().branch;
    services->vault = std::make_unique<vault::Vault>(shared.workers, shared.config.storage / "vaults" / (job.name + ".git"), branch);
    for (const config::GitTarget& target : job.git) {
        const Result<void> added = co_await add_target(shared, job, target, *services);
        if (!added) co_return added.error();
    }
    co_return services;
}

}  // namespace autobackup::runner
