// SPDX-License-Identifier: MIT
// What a run of a `mirror:` job needs, built from its configuration and secrets. Loop thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/mirror/mirror.hpp"
#include "daemon/runner/outlet_services.hpp"
#include "daemon/runner/runner.hpp"
#include "lib/remote/ssh_command.hpp"

namespace autobackup::runner {

struct MirrorServices {
    std::unique_ptr<http::Client> client;         ///< towards all of the servers: connections are kept
    std::shared_ptr<std::set<std::string>> speak_v2;  ///< see remote::Settings; never null
    std::vector<mirror::Repository> repositories;  ///< borrow the client and the gates
    std::vector<std::shared_ptr<remote::SshCommands>> ssh;  ///< of repositories over ssh, for their large files
    std::unique_ptr<mirror::Outlets> outlets;               ///< copies and bundles
};

/// Reads the secrets and builds the services. Failures: secret_missing, config_invalid.
Awaitable<Result<std::unique_ptr<MirrorServices>>> make_mirror_services(Shared& shared, const config::Job& job, const config::MirrorSource& source);

}  // namespace autobackup::runner
