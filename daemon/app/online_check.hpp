// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "daemon/config/secrets.hpp"
#include "daemon/model/config.hpp"
#include "lib/async/loop.hpp"

namespace autobackup::app {

using async::Loop;

/// What a server or a git target answered.
struct OnlineAnswer {
    std::string what;  ///< "job traffic-signs, server lab"
    bool ok = false;
    std::string text;  ///< "CVAT 2.54.1 as alice, 12 projects", or the failure
};

/// Asks every job's server (version, account, number of projects) and git targets (may it be pushed to?); reads only. Runs the loop.
std::vector<OnlineAnswer> check_online(Loop& loop, const config::Config& config, const config::SecretPlaces& places);

}  // namespace autobackup::app
