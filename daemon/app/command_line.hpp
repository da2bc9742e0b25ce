// SPDX-License-Identifier: MIT
// The command line as a value (interface.md §1). Pure: never exits, prints nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/common.hpp"

namespace autobackup::app {

enum class Verb { serve, run, check_config, schema, sample_config, import_config };

struct CommandLine : cli::Common {
    Verb verb = Verb::serve;
    bool json = false;
    // run
    std::vector<std::string> jobs, only;
    bool quiet = false, force = false, push = true, accept_shrink = false, adopt_remote = false, dry_run = false, wait = false;
    // check-config
    bool online = false, show = false, origin = false, skip_secrets = false;
    // sample-config
    std::string sample = "minimal";
    // import-config
    std::string import_from, import_file;
    std::vector<std::string> import_arguments;
};

/// Either a command, or a text to print and the exit code to end with (help, version: 0, stdout; mistakes: 2, stderr).
struct Parsed {
    std::optional<CommandLine> command;
    int exit_code = 0;
    std::string text;
};

using EnvironmentVariables = cli::EnvironmentVariables;

Parsed parse_command_line(int argc, const char* const* argv, const EnvironmentVariables& environment);

/// Calls `use` with the whole command line, for the manual page.
void with_command_line(const std::function<void(const CLI::App&)>& use);

/// "autobackupd 0.1.0 (abc123…)\nBoost 1.81 …"
std::string version_text();

}  // namespace autobackup::app
