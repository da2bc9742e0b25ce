// SPDX-License-Identifier: MIT
// The verbs. Each returns the exit code of the process.
#pragma once

#include <filesystem>

#include "daemon/app/command_line.hpp"
#include "daemon/cli/common.hpp"
#include "lib/async/loop.hpp"

namespace autobackup::app {

using async::Loop;

int run_command(Loop& loop, const CommandLine& line, const EnvironmentVariables& environment);
int serve_command(Loop& loop, const CommandLine& line, const EnvironmentVariables& environment);
int check_config_command(Loop& loop, const CommandLine& line, const EnvironmentVariables& environment);
int schema_command();
int sample_config_command(const CommandLine& line);
int import_config_command(const CommandLine& line);

/// To standard output; the exit code, as cli::print() says.
inline int print_text(const std::string& text) { return cli::print("autobackupd", text); }

/// argc/argv to exit code: what main() calls.
int main_command(int argc, const char* const* argv, const char* const* environment);

}  // namespace autobackup::app
