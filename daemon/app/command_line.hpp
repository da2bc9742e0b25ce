// SPDX-License-Identifier: MIT
// The command line as a value (interface.md §1). Pure: never exits, prints nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace autobackup::app {

enum class Verb { serve, run, check_config, schema, sample_config, import_config };

struct CommandLine {
    Verb verb = Verb::serve;
    std::string config;              ///< path of the configuration
    std::string log_level = "info";
    std::string log_format;          ///< empty: text on a terminal, journal under systemd
    bool json = false;
    // run
    std::vector<std::string> jobs, only;
    bool quiet = false, force = false, push = true, dry_run = false, wait = false;
    // check-config
    bool online = false, show = false, origin = false, skip_secrets = false;
    // sample-config
    std::string sample = "minimal";
};

/// Either a command, or a text to print and the exit code to end with (help, version: 0, stdout; mistakes: 2, stderr).
struct Parsed {
    std::optional<CommandLine> command;
    int exit_code = 0;
    std::string text;
};

using EnvironmentVariables = std::map<std::string, std::string>;

Parsed parse_command_line(int argc, const char* const* argv, const EnvironmentVariables& environment);

/// "autobackupd 0.1.0 (abc123…)\nBoost 1.81 …"
std::string version_text();

}  // namespace autobackup::app
