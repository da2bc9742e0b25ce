// SPDX-License-Identifier: MIT
// What every verb gets, and the ways it may speak.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>

#include "daemon/cli/common.hpp"
#include "daemon/ctl/command_line.hpp"
#include "daemon/ctl/when.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::ctl {

struct Screen {
    std::size_t width = 80;  ///< of the terminal, at least 80; 80 when stdout is none
    bool colour = false;     ///< stdout is a terminal, and NO_COLOR is not set
    Clock clock;
};

struct Context {
    const CommandLine& line;
    const cli::EnvironmentVariables& environment;
    Screen screen;
};

/// Data, on stdout; 0, or 1 when it cannot be written.
int print(const std::string& text);
/// One JSON value and a line end, on stdout.
int print_json(const boost::json::value& value);
/// A line for the person, on stderr: on one line, secrets taken out.
void tell(const std::string& text);
/// "autobackupctl: …" with message, peer's words and hint, on stderr.
void tell(const Failure& failure);

}  // namespace autobackup::ctl
