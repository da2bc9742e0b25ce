// SPDX-License-Identifier: MIT
// What copies and bundles of a run need, built from the configuration and secrets. Loop thread.
#pragma once

#include <memory>

#include "daemon/mirror/outlets.hpp"
#include "daemon/runner/runner.hpp"

namespace autobackup::runner {

/// Reads the secrets and builds the services. Failures: secret_missing, config_invalid (certificate file).
Awaitable<Result<std::unique_ptr<mirror::Outlets>>> make_outlets(Shared& shared, const config::MirrorOutlets& outlets);

/// Adds what the copies' clients moved.
void account_outlets(const mirror::Outlets& outlets, model::Run& run);
/// Lets idle connections go.
void close_outlets(const mirror::Outlets& outlets);

/// The key under which limits.per_host counts transfers with the server of a git URL.
std::string transfer_origin(const std::string& git_url);

}  // namespace autobackup::runner
