// SPDX-License-Identifier: MIT
// Inside daemon/notify: a program that is handed a message. Loop thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/notify/notices.hpp"

namespace autobackup::notify {

struct Program {
    std::vector<std::string> argv;
    std::vector<std::pair<std::string, std::string>> environment;  ///< the whole of it
    std::string input;                                              ///< for its standard input
};

/// Runs it in a process group of its own; what it writes is thrown away, but for the end of stderr, which are the peer's words
/// of a failure. child_failed: it cannot be started, or ended with another code than 0 (then trying again may help).
/// timeout: it ran longer than patience.program and was killed with its group.
Awaitable<Result<void>> run_program(Services& services, Program program, std::string object);

}  // namespace autobackup::notify
