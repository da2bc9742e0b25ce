// SPDX-License-Identifier: MIT
// What the services of every kind of job are made with. Loop thread.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/runner/runner.hpp"
#include "lib/core/secret.hpp"
#include "lib/http/client.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/ssh_command.hpp"

namespace autobackup::runner {

/// The value of a secret, read on a worker. secret_missing.
Awaitable<Result<Secret>> read_secret(Shared& shared, config::SecretRef reference);

/// A client with the proxies of the environment; `ca_file` may be empty. config_invalid.
Result<std::unique_ptr<http::Client>> make_http(const Shared& shared, const std::filesystem::path& ca_file);

/// How the server of an ssh `url` (without its user) is asked where its large files go: git-lfs-authenticate, run there.
lfs::Authenticate ssh_authenticate(std::shared_ptr<remote::SshCommands> ssh, std::string url);

/// Where the private folders lie in which ssh finds its keys; what killed processes left there is for remote::sweep_run_folders().
std::filesystem::path ssh_directory(const Shared& shared);

}  // namespace autobackup::runner
