// SPDX-License-Identifier: MIT
// Text on its way out of the process: the last line of defence for what must never be told.
#pragma once

#include <string>
#include <string_view>

namespace autobackup::report {

/// Each byte that is not UTF-8 (RFC 3629) becomes U+FFFD; everything else stays.
std::string valid_utf8(std::string_view text);

/// For a name that a server gave: known secrets replaced, valid UTF-8, else raw (control characters too).
std::string outgoing_name(std::string_view name);

/// For every other text: as above, and no user-info in URLs.
std::string outgoing(std::string_view text);

/// The same on one line, for people: control characters escaped.
std::string outgoing_line(std::string_view text);

}  // namespace autobackup::report
