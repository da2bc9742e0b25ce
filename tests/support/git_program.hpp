// SPDX-License-Identifier: MIT
// The git program as a judge of what we write. Independent of the configuration of whoever runs the tests.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/command.hpp"

namespace autobackup::test {

inline std::string shell_quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

/// Runs `git -C directory arguments…`; `input` is a file for stdin.
inline CommandResult try_git(const std::filesystem::path& directory,
                             const std::vector<std::string>& arguments,
                             const std::string& input = "/dev/null") {
    std::string command =
        "GIT_CONFIG_NOSYSTEM=1 HOME=/nonexistent GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.org "
        "GIT_COMMITTER_NAME=T "
        "GIT_COMMITTER_EMAIL=t@example.org GIT_TERMINAL_PROMPT=0 git -c safe.directory='*' -c "
        "protocol.file.allow=always "
        "-c init.defaultBranch=main -C " +
        shell_quoted(directory.string());
    for (const std::string& argument : arguments) command += " " + shell_quoted(argument);
    return run_command(command + " <" + shell_quoted(input));
}

/// The same; throws unless it succeeds.
inline std::string git(const std::filesystem::path& directory, const std::vector<std::string>& arguments,
                       const std::string& input = "/dev/null") {
    CommandResult run = try_git(directory, arguments, input);
    if (run.exit_code == 0) return std::move(run.output);
    std::string command = "git";
    for (const std::string& argument : arguments) command += " " + argument;
    throw std::runtime_error(command + " failed (" + std::to_string(run.exit_code) + "): " + run.output);
}

}  // namespace autobackup::test
