// SPDX-License-Identifier: MIT
// The forms of single values. Pure; no message here ever repeats what may be a secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/config.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::config {

/// "512KiB", "2GiB", "100MB", "0B": whole numbers with a unit (B, KB…TB by 1000, KiB…TiB by 1024).
/// config_invalid with the reason.
Result<std::uint64_t> parse_size(std::string_view text);
/// The largest binary unit that divides it: "2GiB".
std::string size_text(std::uint64_t bytes);

/// "30%": a whole number from 0 to 100. config_invalid with the reason.
Result<int> parse_percent(std::string_view text);

/// http(s), no user-info, no query or fragment, no `_` in the host name (CVAT answers 400 with HTML for such
/// a Host).
Result<void> check_cvat_url(std::string_view text);
/// http(s), no user-info, no query or fragment.
Result<void> check_github_url(std::string_view text);
/// https, http, ssh://, user@host:path, file:///, absolute path; no password, and no user-info but the user
/// name of ssh.
Result<void> check_git_url(std::string_view text);
/// http:// to a host that is not loopback: what is sent there can be read on the way.
bool is_open_http(std::string_view url);

/// A name of a secret: [A-Za-z0-9._-]{1,64}, not beginning with '.' or '-', and nothing that looks like a
/// token itself.
Result<void> check_secret_name(std::string_view text);
/// Known token forms (GitHub, GitLab, CVAT, JWT) and long runs of hexadecimal digits.
bool looks_like_token(std::string_view text);

Result<void> check_organization(std::string_view text);
/// A name of a GitHub account ("acme", "alice_corp"), or "@me".
Result<void> check_owner(std::string_view text);
/// A text, or a regular expression between slashes.
Result<void> check_pattern(std::string_view text);
/// A name under which a mirror is kept, see the key table; it becomes part of a path.
Result<void> check_mirror_name(std::string_view text);
/// A git URL in which {name}, {flat} and {owner} stand for parts of the repository; the first or the second must be there.
Result<void> check_copy_url(std::string_view text);
/// git-check-ref-format(1) for refs/heads/<text>.
Result<void> check_branch(std::string_view text);
Result<void> check_email(std::string_view text);
/// One plain address of ASCII characters: what sendmail takes for more than one, or for a comment, is refused.
Result<void> check_recipient(std::string_view text);
/// http(s), no user-info, no fragment; a query is allowed. The URL is never repeated: it lets whoever has it send.
Result<void> check_notice_url(std::string_view text);
/// "unix:/path", "127.0.0.1:9817", "[::1]:9817", "localhost:9817".
Result<MetricsListener> parse_listener(std::string_view text);
/// Not empty, one line, no control characters, at most 1000 bytes.
Result<void> check_text(std::string_view text);

/// The given value for a message, quoted and on one line; "(not shown)" when it may hold a secret.
std::string shown(std::string_view text);

}  // namespace autobackup::config
