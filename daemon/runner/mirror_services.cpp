// SPDX-License-Identifier: MIT
#include "daemon/runner/mirror_services.hpp"

#include "daemon/runner/services.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::runner {
namespace {

Awaitable<Result<remote::Settings>> source_settings(Shared& shared, const config::MirrorRepository& repository) {
    remote::Settings settings;
    settings.url = repository.url;
    settings.username = repository.auth.username;
    settings.connect = shared.config.limits.connect;
    settings.no_progress = shared.config.limits.no_progress;
    settings.ssh.known_hosts = repository.auth.known_hosts;
    settings.ssh.run_directory = ssh_directory(shared);
    if (repository.auth.password) {
        Result<Secret> password = co_await read_secret(shared, *repository.auth.password);
        if (!password) co_return password.error();
        settings.password = std::move(*password);
    }
    if (repository.auth.ssh_key) {
        Result<Secret> key = co_await read_secret(shared, *repository.auth.ssh_key);
        if (!key) co_return key.error();
        settings.ssh.key = std::move(*key);
    }
    co_return settings;
}

}  // namespace

Awaitable<Result<std::unique_ptr<MirrorServices>>> make_mirror_services(Shared& shared, const config::Job& job,
                                                                        const config::MirrorSource& source) {
    auto services = std::make_unique<MirrorServices>();
    Result<std::unique_ptr<http::Client>> client = make_http(shared, source.ca_file);
    if (!client) co_return client.error();
    services->client = std::move(*client);
    Result<std::unique_ptr<mirror::Outlets>> outlets = co_await make_outlets(shared, source.outlets);
    if (!outlets) co_return outlets.error();
    services->outlets = std::move(*outlets);
    const std::filesystem::path folder = shared.config.storage / "mirrors" / job.name;
    const auto speak_v2 = std::make_shared<std::set<std::string>>();
    for (const config::MirrorRepository& repository : source.repositories) {
        Result<remote::Settings> settings = co_await source_settings(shared, repository);
        if (!settings) co_return settings.error();
        mirror::Repository what;
        what.id = repository.name;
        what.name = repository.name;
        what.path = folder / (repository.name + ".git");
        what.large_pool = folder / ".lfs" / "objects";
        what.source = std::move(*settings);
        what.source.speak_v2 = speak_v2;
        if (source.lfs && remote::is_ssh_url(repository.url)) {
            Result<std::unique_ptr<remote::SshCommands>> ssh = remote::make_ssh_commands(shared.workers, what.source);
            if (!ssh) co_return ssh.error();
            services->ssh.push_back(std::move(*ssh));
            what.large_access = ssh_authenticate(services->ssh.back(), remote::without_user(repository.url));
        }
        what.client = services->client.get();
        what.gate = &shared.gates.transfers(transfer_origin(repository.url), shared.config.limits.per_host);
        what.keep_refs = source.keep_refs;
        what.lfs = source.lfs;
        services->repositories.push_back(std::move(what));
    }
    co_return services;
}

}  // namespace autobackup::runner
