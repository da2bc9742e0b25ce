// SPDX-License-Identifier: MIT
// What a run of a CVAT job needs, built from its configuration and secrets. Loop thread.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "daemon/cvat/context.hpp"
#include "daemon/runner/runner.hpp"
#include "lib/remote/ssh_command.hpp"

namespace autobackup::runner {

struct CvatServices {
    std::unique_ptr<http::Client> api;              ///< towards CVAT
    std::unique_ptr<cvat::Client> client;
    std::unique_ptr<cvat::Exporter> exporter;
    std::unique_ptr<vault::Vault> vault;
    std::vector<std::unique_ptr<http::Client>> git;  ///< one per target
    std::vector<std::unique_ptr<vault::Target>> targets;
    std::vector<std::shared_ptr<remote::SshCommands>> ssh;  ///< of targets over ssh, for their large files

    /// Adds what the clients moved to the run.
    void account(model::Run& run) const;
    /// Lets idle connections go, so that the loop can end.
    void close() const;
};

/// Reads the secrets and builds the services. Failures: secret_missing, config_invalid (certificate file, URL).
Awaitable<Result<std::unique_ptr<CvatServices>>> make_cvat_services(Shared& shared, const config::Job& job, const config::CvatSource& source);

}  // namespace autobackup::runner
