// SPDX-License-Identifier: MIT
// The settings of the tools that this program takes over from, as a configuration: with a comment for everything that has no
// counterpart, and never with the value of a secret. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"

namespace autobackup::import_config {

/// What the other tool was started with.
struct Given {
    std::string file_text;               ///< text of a .env, or of a script or crontab that holds the command; empty: `arguments` count
    std::vector<std::string> arguments;  ///< behind `--`, with or without the program's own name
    std::string directory;               ///< absolute: what relative paths are meant from
};

/// cvat-auto-backup | python-github-backup | github-mirror-script | gitim.
const std::vector<std::string>& tools();

/// YAML. config_invalid: not such a tool, or what is essential is missing (which).
Result<std::string> configuration_for(std::string_view tool, const Given& given);

/// The words of the first command in `text` whose program is named `program` ("github-backup", also behind a path or an
/// interpreter): sh's quotes, backslashes, continued lines and comments. Empty: there is none.
std::vector<std::string> find_command(std::string_view text, const std::vector<std::string>& programs);

}  // namespace autobackup::import_config
