// SPDX-License-Identifier: MIT
// Inside daemon/notify: what is said, in the forms of all receivers. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/notify/history.hpp"
#include "lib/http/url.hpp"

namespace autobackup::notify {

/// What a ping says of a run (healthchecks' "Pinging API").
enum class Signal { start, success, fail, log };

/// Everything that may be sent about one moment of a run. No known secret is in it.
struct Message {
    std::string job, run_id;
    Signal signal = Signal::log;
    bool of_check = false;  ///< pings, which watch over backups, hear of its failures alone
    Transition transition = Transition::none;
    std::string text;     ///< for people: what happened and why, at most 8 KiB; the body of pings and mails
    std::string subject;  ///< of a mail; one line of ASCII
    std::string json;     ///< the head of the report with the transition; empty without one
    std::vector<std::pair<std::string, std::string>> facts;  ///< AUTOBACKUP_*, one line each; empty without a transition
};

Message start_message(const std::string& job, const std::string& run_id, const std::string& host);
Message end_message(const model::Run& run, const History& history, const std::string& host);

/// The run id (a ULID: 48 bits of time, 80 of chance) as the UUID of version 7 that has the same bits where RFC 9562 §5.7
/// does not fix them. Nothing: it is no ULID.
std::optional<std::string> uuid_of(const std::string& run_id);

/// "https://h/ping/x?create=1" + fail → "https://h/ping/x/fail?create=1&rid=…".
http::Url ping_url(const http::Url& base, Signal signal, const std::string& run_id);

/// A whole mail with header for `sendmail -t`; lines end with LF. What stands in the header cannot begin a new field.
std::string mail_text(const Message& message, const std::string& address);

}  // namespace autobackup::notify
