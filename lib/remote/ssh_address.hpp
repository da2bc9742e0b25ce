// SPDX-License-Identifier: MIT
// Where a repository lies that is reached through ssh: git's two ways to write it (git-fetch(1), "GIT URLS").
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::remote {

struct SshAddress {
    std::string user;  ///< empty: the one that ssh's own configuration names
    std::string host;  ///< a name that ssh's configuration may translate, or an address without brackets
    int port = 0;      ///< 0: ssh's own
    std::string path;  ///< as the server's shell takes it: "/srv/a.git", "~bot/a.git", "acme/a.git"
};

/// Whether `url` is ssh://… or user@host:path (git's rule: a colon before the first slash).
bool is_ssh_url(std::string_view url);

/// `ssh://[user@]host[:port]/path` (percent-encoded; /~user/… is that user's home) or `[user@]host:path` as
/// it stands. config_invalid, without repeating the text: a password in it, characters that a shell or ssh
/// could take for something else, a host, user or path that begins with '-', no path, a port out of range.
Result<SshAddress> parse_ssh_address(std::string_view url);

/// The URL without its user-info: how it is shown. A path and user@host:path come back as they are.
std::string without_user(std::string_view url);

}  // namespace autobackup::remote
