// SPDX-License-Identifier: MIT
#include "lib/control/peer.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

namespace autobackup::control {
namespace {

std::string user_name(uid_t uid) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/etc/passwd", "re"), &std::fclose);
    std::vector<char> buffer(4096);
    passwd entry{};
    passwd* found = nullptr;
    while (file && ::fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0) {
        if (entry.pw_uid == uid) return entry.pw_name;
    }
    return "uid " + std::to_string(uid);
}

std::vector<gid_t> groups_of(int fd) {
    std::vector<gid_t> groups(64);
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0) {
            groups.resize(bytes / sizeof(gid_t));
            return groups;
        }
        if (errno != ERANGE) break;
        groups.resize(bytes / sizeof(gid_t));  // the kernel says how many there are
    }
    return {};
}

}  // namespace

std::optional<gid_t> group_id(const std::string& name) {
    if (name.empty()) return std::nullopt;
    std::vector<char> buffer(1024);
    group entry{};
    group* found = nullptr;
    int error = 0;
    while ((error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE)
        buffer.resize(buffer.size() * 2);
    if (error != 0 || found == nullptr) return std::nullopt;
    return entry.gr_gid;
}

Peer peer_of(int fd) {
    Peer peer;
    ucred credentials{};
    socklen_t bytes = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) return peer;  // uid -1: nobody
    peer.uid = credentials.uid;
    peer.gid = credentials.gid;
    peer.pid = credentials.pid;
    peer.name = user_name(credentials.uid);
    return peer;
}

bool may_steer(int fd, const Peer& peer, std::optional<gid_t> group) {
    if (peer.uid == static_cast<uid_t>(-1)) return false;
    if (peer.uid == 0 || peer.uid == ::geteuid()) return true;
    if (!group) return false;
    const std::vector<gid_t> groups = groups_of(fd);
    return peer.gid == *group || std::find(groups.begin(), groups.end(), *group) != groups.end();
}

}  // namespace autobackup::control
