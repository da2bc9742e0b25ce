// SPDX-License-Identifier: MIT
// Inside lib/control only: who is at the other end of a unix socket. POSIX; never asks a directory service
// while the loop runs.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "lib/control/protocol.hpp"

namespace autobackup::control {

/// The group's id. Asks NSS, which may take its time: before the loop runs. Nothing: there is no such group.
std::optional<gid_t> group_id(const std::string& name);

/// The process that connected `fd` (SO_PEERCRED). Its name is looked up in /etc/passwd alone: NSS could block
/// the loop.
Peer peer_of(int fd);

/// The root user, our own user, and members of `group` by their groups at connect(2) (SO_PEERGROUPS,
/// Linux 4.13).
bool may_steer(int fd, const Peer& peer, std::optional<gid_t> group);

}  // namespace autobackup::control
