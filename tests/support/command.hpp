// SPDX-License-Identifier: MIT
// Runs another program and waits for it: for judging our files by those who read them too.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace autobackup::test {

struct CommandResult {
    int exit_code = -1;
    std::string output;  ///< stdout and stderr
};

/// `line` goes to the shell: quote what needs it.
inline CommandResult run_command(const std::string& line) {
    FILE* const pipe = ::popen(("{ " + line + "\n} 2>&1").c_str(), "re");
    if (pipe == nullptr) throw std::runtime_error("popen failed");
    CommandResult result;
    std::array<char, 4096> piece{};
    for (std::size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;)
        result.output.append(piece.data(), got);
    const int status = ::pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return result;
}

}  // namespace autobackup::test
