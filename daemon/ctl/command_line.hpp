// SPDX-License-Identifier: MIT
// The command line of autobackupctl as a value (interface.md §1). Pure: never exits, prints nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "daemon/cli/common.hpp"

namespace autobackup::ctl {

struct CommandLine : cli::Common {
    std::string verb;
    std::string socket;  ///< path of the control socket
    bool json = false;
    std::string job, run;
    std::string until;       ///< of pause, as written
    std::size_t limit = 20;  ///< of history
    std::size_t count = 5;   ///< of next
    bool wait = false, force = false, accept_shrink = false, follow = false;
    // Of the verbs that read backups themselves:
    std::string from;      ///< archive, vault, a path or a URL; empty: both copies of the job
    std::string item, at, snapshot, branch, ref;
    std::string level = "checksum";
    std::string to_zip, to_directory, to_git, to_bundle, to_cvat;
    std::string username, password_file, ca_file;  ///< for URLs that the configuration does not have
    // Of restore --to-cvat:
    std::optional<std::string> organization;  ///< "" = the account's own space; absent: what the configuration says
    std::string name, server_username, server_password_file, server_ca_file;
    bool dry_run = false, yes = false, repair = false;
    bool all_refs = false, bare = false;  ///< of a repository
};

/// Either a command, or a text to print and the exit code to end with (help, version: 0, stdout; mistakes: 2, stderr).
struct Parsed {
    std::optional<CommandLine> command;
    cli::Ended ended;
};

Parsed parse_command_line(int argc, const char* const* argv, const cli::EnvironmentVariables& environment);

/// What a verb's words stand for.
enum class Operand { none, job, run, run_or_job, job_or_path, snapshot };
Operand operand_of(const std::string& verb);

/// Calls `use` with the whole command line: for the manual page and for completion.
void with_command_line(const std::function<void(const CLI::App&)>& use);

}  // namespace autobackup::ctl
