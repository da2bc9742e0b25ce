// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "daemon/mirror/outlets.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/ssh_command.hpp"

namespace autobackup::mirror {

/// How one copy is reached, by git and for its large files.
struct CopyAccess {
    remote::Settings git;
    lfs::Settings large;
    std::shared_ptr<remote::SshCommands> ssh;  ///< what `large` runs at an ssh server; null where the URL is no ssh one
};

/// For the copy at `url`, one of `place`. `workers` is borrowed by `ssh`. Failures: those of make_ssh_commands().
Result<CopyAccess> access_to(const CopyPlace& place, const std::string& url, const config::Retry& retry, async::Workers& workers);

}  // namespace autobackup::mirror
