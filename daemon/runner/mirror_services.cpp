// SPDX-License-Identifier: MIT
#include "daemon/runner/mirror_services.hpp"

#include "daemon/runner/services.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::runner {

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
    services->speak_v2 = std::make_shared<std::set<std::string>>();
    for (const config::MirrorRepository& repository : source.repositories) {
        Result<remote::Settings> settings = co_await git_access(shared, repository.auth);
        if (!settings) co_return settings.error();
        mirror::Repository what;
        what.id = repository.name;
        what.name = repository.name;
        what.path = folder / (repository.name + ".git");
        what.large_pool = folder / ".lfs" / "objects";
        what.source = std::move(*settings);
        what.source.url = repository.url;
        what.source.speak_v2 = services->speak_v2;
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
