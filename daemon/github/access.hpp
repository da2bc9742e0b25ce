// SPDX-License-Identifier: MIT
// Who we are towards the git side of a forge. Loop thread.
#pragma once

#include <functional>
#include <string>

#include "daemon/model/config.hpp"
#include "lib/async/types.hpp"
#include "lib/github/client.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::github_job {

/// How the repository at `https_url` (over ssh: `ssh_url`, where there is one) is asked for. `base`: limits, key and known hosts, no URL yet. The
/// token goes to the forge that gave it and nowhere else, whatever address a listing names; `session` is borrowed meanwhile. `at_forge` hears the origin of a URL
/// of that forge, before the token is had; empty: base.speak_v2 takes it in.
Awaitable<Result<remote::Settings>> git_access(github::Session& session, remote::Settings base, config::Transport transport, std::string https_url,
                                               std::string ssh_url, std::function<void(const std::string& origin)> at_forge = {});

}  // namespace autobackup::github_job
