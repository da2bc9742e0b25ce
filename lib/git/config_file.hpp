// SPDX-License-Identifier: MIT
// A repository's own configuration, without opening the repository. Blocks: for a worker.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/file.hpp"

namespace autobackup::git {

using ConfigSettings = std::vector<std::pair<std::string, std::string>>;

/// Sets what differs in the file `config` of the git directory at `root`; nothing is written when nothing does.
Result<void> change_config(const fs::path& root, const ConfigSettings& settings);

/// Nothing when the key is not there.
Result<std::optional<std::string>> read_config(const fs::path& root, const std::string& key);

}  // namespace autobackup::git
