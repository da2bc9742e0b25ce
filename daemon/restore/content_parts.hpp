// SPDX-License-Identifier: MIT
// The ZIP of a project taken apart: what each of its tasks is, the project without some of them, one of them alone. Synchronous; worker thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/restore/content.hpp"
#include "lib/cvat/types.hpp"

namespace autobackup::restore {

/// A task as its members tell it.
struct TaskPart {
    std::size_t index = 0;       ///< of task_<index>/; 0 of a task's own ZIP
    std::int64_t backup_id = 0;  ///< by the manifest; 0: it does not tell
    std::string name;
    std::uint64_t bytes = 0;     ///< of a ZIP of it alone
    std::int64_t jobs = 0, frames = 0;
    std::optional<cvat::AnnotationCounts> annotations;  ///< by the manifest
    std::string unusable;        ///< why no server can import it; "" = nothing is known against it
};

struct Parts {
    Content content;              ///< with its members; tasks of a share are made local (family A §3)
    std::string name;             ///< as project.json or task.json says it
    std::vector<TaskPart> tasks;  ///< in order of their index
};

/// Reads what the members say of themselves. archive_invalid: there is no project.json (task.json), or one that cannot be read.
Result<Parts> look_into(Content content, const std::stop_token& stop);

/// The same with another name in its project.json or task.json. archive_invalid: there is none, or it cannot be read.
Result<Content> renamed(Content content, const std::string& name);

/// The project without the members of these tasks.
Content without_tasks(const Content& project, const std::set<std::size_t>& indexes);

/// The members of one task of a project as the backup of the task alone has them (contract §6.4 step 3: links of its guide). no_data: it has none.
Result<Content> task_alone(const Content& project, std::size_t index);

}  // namespace autobackup::restore
