// SPDX-License-Identifier: MIT
// How one log line looks. Pure but for put_line.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/instant.hpp"
#include "lib/journal/entry.hpp"

namespace autobackup::journal {

/// Secrets and user-info taken out, on one line, valid UTF-8, without the line end it may have had.
std::string safe_line(std::string_view message);

/// "trace", "debug", "info", "warning", "error", "critical"; `notice` is told as "info" in lines.
std::string_view level_word(Priority priority);

/// "2026-11-21T01:30:00.120Z warning message".
std::string dated_line(Instant time, std::string_view level, std::string_view message);
/// "message" for info and notice, else "warning: message"; the word is coloured when asked for.
std::string short_line(std::string_view level, std::string_view message, bool colour);
/// {"time": …, "level": …, "message": …}
std::string json_line(Instant time, std::string_view level, std::string_view message);
/// As above, with message_id and fields.
std::string json_line(Instant time, const Entry& entry);

/// Writes a line that is safe already, and a line end, with one write(2) as a rule; the hook of
/// before_each_line comes first when `fd` is a terminal. Any thread; lines do not mix.
void put_line(int fd, std::string_view safe_text);

}  // namespace autobackup::journal
