// SPDX-License-Identifier: MIT
// How a CVAT server of the configuration is reached by a restore.
#pragma once

#include <string>

#include "daemon/config/secrets.hpp"
#include "daemon/model/config.hpp"
#include "daemon/restore/cvat_server.hpp"

namespace autobackup::checks {

/// A server to restore into, and the workspace there.
struct ServerPlace {
    restore::ServerAccess access;
    std::string organization;  ///< slug; "" = the account's own space
};

/// Fills in what the configuration says of `server`: address, account, certificates, limits, organisation; what is in `place.access.http` otherwise (proxies,
/// user agent) stays. Reads the secret (worker thread). secret_missing.
Result<void> use_configured(const config::CvatServer& server, const config::SecretPlaces& secrets, ServerPlace& place);

/// The server with that name or, when no name fits, with that URL; null: there is none.
const config::CvatServer* find_server(const config::Config& config, const std::string& name_or_url);

}  // namespace autobackup::checks
