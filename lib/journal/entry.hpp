// SPDX-License-Identifier: MIT
// Structured entries: one text with fields that a program can search for. Knows journald, stderr and JSON
// lines.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace autobackup::journal {

/// Who must act, in the numbers of syslog (RFC 5424 §6.2.1).
enum class Priority { critical = 2, error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// One record of the journal. A field may occur more than once (journald keeps all values).
struct Entry {
    Priority priority = Priority::info;
    std::string
        message_id;  ///< 32 hex digits (sd-id128); finds the text in the message catalogue. Empty: none
    std::string message;
    std::vector<std::pair<std::string, std::string>> fields;
};

/// Where entries go. Thread-safe; never fails: an entry that cannot be delivered is lost silently, as with
/// syslog.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void send(const Entry& entry) = 0;
};

/// journald keeps a field only when its name has 1..64 characters of A-Z, 0-9, '_' and starts with a letter;
/// it drops others without a word (systemd.journal-fields(7)).
bool is_field_name(std::string_view name);

/// sd_journal_sendv with MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, MESSAGE_ID and the fields. Secrets are
/// redacted. Fields whose name journald would drop throw std::invalid_argument: a mistake of ours.
std::unique_ptr<Sink> journald_sink(std::string identifier);

/// One JSON object a line: {"time", "level", "message", "message_id", "fields": {…}}; a repeated field is an
/// array. `fd` is borrowed.
std::unique_ptr<Sink> json_sink(int fd);

/// The message as a log line, without the fields. `fd` is borrowed.
std::unique_ptr<Sink> text_sink(int fd);

/// Sends to all.
std::unique_ptr<Sink> tee_sink(std::vector<std::unique_ptr<Sink>> sinks);

}  // namespace autobackup::journal
