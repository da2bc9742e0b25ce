// SPDX-License-Identifier: MIT
// Large files of repositories that are reached through ssh. Loop thread.
#pragma once

#include <memory>
#include <string>

#include "lib/lfs/remote.hpp"
#include "lib/remote/ssh_command.hpp"

namespace autobackup::lfs {

/// How the server of an ssh `url` (without its user) is asked where its large files go: git-lfs-authenticate, run there.
Authenticate ssh_authenticate(std::shared_ptr<remote::SshCommands> ssh, std::string url);

}  // namespace autobackup::lfs
