// SPDX-License-Identifier: MIT
// What ssh prints: its reasons for ending, and the lines of known_hosts (ssh(1), sshd(8) "SSH_KNOWN_HOSTS
// FILE FORMAT"; the words are those of OpenSSH, which has no translations). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::remote {

/// ssh(1): its own failures; everything else is the exit code of the command at the other end.
inline constexpr int exit_of_ssh = 255;

/// One word for the shell at the other end. git's own way (git-shell(1) undoes it): '!' stands outside the
/// quotes because of csh.
std::string shell_word(std::string_view text);
/// Whether a shell takes `text` as the word that it is, without quotes ("~bot/a.git" is its home's).
bool is_plain_shell_word(std::string_view text);

/// A line of known_hosts.
struct HostKey {
    std::string line;         ///< as it stands in the file, without the line's end
    std::string host;         ///< "example.org", "[example.org]:2222"
    std::string type;         ///< "ssh-ed25519"
    std::string fingerprint;  ///< "SHA256:…", as ssh and forges print it
};

/// The first line that holds a key; nothing when there is none.
std::optional<HostKey> host_key_in(std::string_view known_hosts);

/// The failure of an ssh that ended before the answer did; code, message and hint by its words and exit code
/// (255: ssh's own, anything else the remote command's).
Failure failure_of_ssh(Failure failure, std::string_view words, int exit_code);

/// host_key_unknown and host_key_changed, completed by the key that the host showed (when it could be
/// learnt): its fingerprint and the line to add to `known_hosts` (empty: the user's own file).
Failure with_host_key(Failure failure, const std::optional<HostKey>& shown, const std::string& known_hosts,
                      std::string_view words);

}  // namespace autobackup::remote
