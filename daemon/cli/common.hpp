// SPDX-License-Identifier: MIT
// What the command lines of both programs have in common (interface.md §1). Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/journal/logging.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace autobackup::cli {

using EnvironmentVariables = std::map<std::string, std::string>;

/// "NAME=value" entries up to the null pointer; entries without '=' are left out.
EnvironmentVariables read_environment(const char* const* environment);
/// The variable, or `fallback` when it is missing or empty.
std::string value_or(const EnvironmentVariables& environment, const std::string& name, const std::string& fallback);

/// Options that every verb takes.
struct Common {
    std::string config;  ///< path of the configuration
    std::string log_level = "info";
    std::string log_format;  ///< empty: text on a terminal, journal under systemd
};

/// The defaults from $AUTOBACKUPD_CONFIG and $AUTOBACKUPD_LOG_LEVEL.
void set_defaults(Common& common, const EnvironmentVariables& environment);
/// --config, --log-level, --log-format. `common` is borrowed by `app`.
void add_common(CLI::App& app, Common& common);

/// A text to print and the exit code to end with: help and version 0 (stdout), mistakes 2 (stderr).
struct Ended {
    int exit_code = 0;
    std::string text;
};
/// What CLI11 threw.
Ended ended(const CLI::App& app, const CLI::ParseError& error);
/// A mistake that CLI11 does not see: $AUTOBACKUPD_LOG_LEVEL with another word.
std::optional<Ended> mistake(const Common& common);

/// Data, on stdout: 0, or 1 and a line on stderr when it cannot be written (a full disk, a closed pipe).
int print(const char* program, const std::string& text);

journal::LogOptions log_options(const Common& common);

}  // namespace autobackup::cli
