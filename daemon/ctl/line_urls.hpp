// SPDX-License-Identifier: MIT
// The URLs of a command line, looked at before anything is done with them. Pure.
#pragma once

#include <optional>
#include <string>

#include "daemon/ctl/command_line.hpp"

namespace autobackup::ctl {

/// Whether `text` is written as a URL with a scheme, well or badly: it is no path and no name then.
bool looks_like_url(const std::string& text);

/// What is wrong with the URLs of the line, one of them after the other, as one line without user-info; nothing when all can be used. A URL
/// where a job's, run's or snapshot's name belongs is wrong too.
std::optional<std::string> mistake_in_urls(const CommandLine& line);

}  // namespace autobackup::ctl
