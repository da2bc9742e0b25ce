// SPDX-License-Identifier: MIT
// The human story: spdlog set up for a terminal, a file, JSON lines or journald. Every line is one line
// (control characters escaped), with known secrets and the user-info of URLs taken out.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/journal/entry.hpp"

namespace autobackup::journal {

enum class Level { trace, debug, info, warning, error };
enum class Format {
    automatic,  ///< journal when stderr is connected to journald ($JOURNAL_STREAM), else text
    text,    ///< stderr: "2026-11-21T01:30:00.120Z info message"; on a terminal "message", "warning: message"
    json,    ///< stderr: {"time", "level", "message"}
    journal  ///< journald; also text on stderr unless stderr is the journal itself
};

struct LogOptions {
    Level level = Level::info;
    Format format = Format::automatic;
    std::string identifier = "autobackupd";  ///< SYSLOG_IDENTIFIER
    int fd = 2;                              ///< borrowed
};

/// "trace", "debug", "info", "warning", "error"; nothing on other words.
std::optional<Level> parse_level(std::string_view word);
/// "text", "json", "journal"; nothing on other words.
std::optional<Format> parse_format(std::string_view word);

/// Makes spdlog's default logger write as `options` say. Call once at the start, before other threads;
/// calling it again replaces the logger.
void set_up_logging(const LogOptions& options);

/// The sink for structured entries that fits the same options.
std::unique_ptr<Sink> make_sink(const LogOptions& options);

/// Called before each line that goes to a terminal, on the thread that logs: clears a progress line. Empty:
/// none.
void before_each_line(std::function<void()> hook);

/// Writes `text` and a line end to `fd` as log lines are written: hook first, secrets redacted, one write(2).
/// For the human lines of a report.
void write_line(int fd, std::string_view text);

/// Whether `fd` is the stream that $JOURNAL_STREAM names ("device:inode", systemd.exec(5)).
bool is_journal_stream(int fd);

}  // namespace autobackup::journal
