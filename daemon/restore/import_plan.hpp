// SPDX-License-Identifier: MIT
// Which tasks of a project go up in its ZIP and which on their own. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/restore/content_parts.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::restore {

struct ImportPlan {
    std::set<std::size_t> apart;              ///< each uploaded alone and moved into the project
    std::map<std::size_t, std::string> never; ///< index → why it cannot be restored at all
};

/// `limit`: bytes that the server takes as one upload. As many tasks as fit, in their order, stay in the project's ZIP. A task that alone is
/// larger, or of which it is known that no server imports it, is left out.
ImportPlan plan_import(const Parts& parts, std::uint64_t limit);

/// The server is as new as the one that made the backup; unsupported says why not. A version that cannot be read is not judged.
Result<void> check_versions(const std::string& backup, const std::string& server, const std::string& object);

/// The task that the reason of a failed import names ("… 'task_3/annotations.json' …").
std::optional<std::size_t> named_task(const std::string& reason, const std::vector<TaskPart>& tasks);

}  // namespace autobackup::restore
