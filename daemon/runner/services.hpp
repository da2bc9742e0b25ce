// SPDX-License-Identifier: MIT
// What the services of every kind of job are made with. Loop thread.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/runner/runner.hpp"
#include "lib/core/secret.hpp"
#include "lib/http/client.hpp"
#include "lib/lfs/ssh_access.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::runner {

/// Adds what http::Client::traffic() or remote::Traffic tell.
template <class Traffic>
void add_traffic(model::Run& run, const Traffic& moved) {
    run.bytes_received += moved.bytes_received;
    run.bytes_sent += moved.bytes_sent;
}

/// The value of a secret, read on a worker. secret_missing.
Awaitable<Result<Secret>> read_secret(Shared& shared, config::SecretRef reference);

/// What a remote needs to know of us, the secrets read, and of limits.connect and no_progress; no URL yet. secret_missing.
Awaitable<Result<remote::Settings>> git_access(Shared& shared, config::GitAuth auth);

/// A client with the proxies of the environment; `ca_file` may be empty. config_invalid.
Result<std::unique_ptr<http::Client>> make_http(const Shared& shared, const std::filesystem::path& ca_file);

using lfs::ssh_authenticate;

/// Where the private folders lie in which ssh finds its keys; what killed processes left there is for remote::sweep_run_folders().
std::filesystem::path ssh_directory(const Shared& shared);

}  // namespace autobackup::runner
