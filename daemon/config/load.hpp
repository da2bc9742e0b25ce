// SPDX-License-Identifier: MIT
// From YAML files to the typed configuration, with every problem in one pass. Blocks on small local files.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/config.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::config {

/// One thing that is wrong. Line and column (1-based, 0 = the file as a whole) are the key's for an unknown
/// or doubled key, the value's for a bad value. No text of it holds a secret.
struct Problem {
    std::string file;
    int line = 0;
    int column = 0;
    std::string path;        ///< "jobs.signs.retry.attempts"; empty at the top
    std::string message;     ///< what was given and what is allowed
    std::string suggestion;  ///< for a near miss: "schedule"; may be empty
};

/// "file:line:column: path: message (did you mean 'x'?)", on one line.
std::string describe(const Problem& problem);
/// {"errors": [{"file", "line", "column", "path", "message", "suggestion"}]}
boost::json::object problems_json(const std::vector<Problem>& problems);

/// The value of one key as it counts, for check-config --show and --origin. Keys without a value are left
/// out.
struct OriginEntry {
    std::string path;
    std::string value;  ///< as it would be written in YAML flow style; a secret is its reference
    Origin origin;      ///< file empty: built-in default
};

struct LoadOptions {
    std::string state_directory;  ///< $STATE_DIRECTORY; the first of several (colon-separated) is the default
                                  ///< of `storage`
};

struct Loaded {
    std::optional<Config> config;      ///< only when there is no problem
    std::vector<Problem> problems;     ///< sorted by file, line, column
    std::vector<Problem> warnings;     ///< the same texts as Config::warnings
    std::vector<OriginEntry> origins;  ///< only when there is no problem
};

/// Reads `file` and conf.d/*.yaml beside it (lexical order). No secret is read.
Loaded load(const std::filesystem::path& file, const LoadOptions& options = LoadOptions());

/// JSON Schema 2020-12 of one configuration file.
std::string schema_json();

/// A configuration file to start from: "minimal", "cvat", "full". `unsupported` for "github"; config_invalid
/// for other names.
Result<std::string> sample(std::string_view name);

/// docs/configuration.md.
std::string reference_markdown();

}  // namespace autobackup::config
