// SPDX-License-Identifier: MIT
#include "daemon/runner/services.hpp"

#include <algorithm>

namespace autobackup::runner {

Awaitable<Result<Secret>> read_secret(Shared& shared, config::SecretRef reference) {
    config::SecretPlaces places = shared.environment.secrets;
    places.stop_with(shared.workers.stop_token());
    auto read = [places = std::move(places), reference = std::move(reference)] { return config::read_secret(reference, places); };
    co_return co_await shared.workers.run(std::move(read));
}

Awaitable<Result<remote::Settings>> git_access(Shared& shared, config::GitAuth auth) {
    remote::Settings settings;
    settings.username = auth.username;
    settings.connect = shared.config.limits.connect;
    settings.no_progress = shared.config.limits.no_progress;
    settings.ssh.known_hosts = auth.known_hosts;
    settings.ssh.run_directory = ssh_directory(shared);
    if (auth.password) {
        Result<Secret> password = co_await read_secret(shared, *auth.password);
        if (!password) co_return password.error();
        settings.password = std::move(*password);
    }
    if (auth.ssh_key) {
        Result<Secret> key = co_await read_secret(shared, *auth.ssh_key);
        if (!key) co_return key.error();
        settings.ssh.key = std::move(*key);
    }
    co_return settings;
}

Result<std::unique_ptr<http::Client>> make_http(const Shared& shared, const std::filesystem::path& ca_file) {
    http::ClientSettings settings = shared.environment.http;
    settings.ca_file = ca_file;
    // No connection is closed between two questions because more were asked at once.
    settings.idle_per_origin = std::max<std::size_t>(16, 2 * static_cast<std::size_t>(shared.config.limits.per_host));
    return http::make_client(std::move(settings));
}

// systemd's directory of the running service (in memory), else one of our own in the spool.
std::filesystem::path ssh_directory(const Shared& shared) {
    if (!shared.environment.ssh_directory.empty()) return shared.environment.ssh_directory;
    const auto& environment = shared.environment.secrets.environment;
    const auto runtime = environment.find("RUNTIME_DIRECTORY");
    if (runtime != environment.end() && runtime->second.starts_with('/')) {
        return std::filesystem::path(runtime->second.substr(0, runtime->second.find(':'))) / "ssh";
    }
    return shared.config.storage / "spool" / ".ssh";
}

}  // namespace autobackup::runner
