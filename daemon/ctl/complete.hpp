// SPDX-License-Identifier: MIT
// What a shell may offer for the word under the cursor.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/ctl/command_line.hpp"

namespace autobackup::ctl {

/// A word and what it means (may be empty).
struct Candidate {
    std::string word, meaning;
};

/// Where names come from; only asked when they are wanted. The daemon or files; what cannot be had is empty.
struct Names {
    std::function<std::vector<Candidate>(const CommandLine&)> jobs, runs, servers;  ///< servers: those of CVAT
};

/// Candidates for the last of `words` (the command line after the program's name; the last may be empty). None where a file name belongs:
/// the shell knows better.
std::vector<Candidate> candidates(const std::vector<std::string>& words, const cli::EnvironmentVariables& environment, const Names& names);

/// `autobackupctl complete WORD...` of the completion scripts: one candidate a line, a tab before its meaning.
int complete_command(const std::vector<std::string>& words, const cli::EnvironmentVariables& environment);

}  // namespace autobackup::ctl
