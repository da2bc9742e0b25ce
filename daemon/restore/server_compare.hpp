// SPDX-License-Identifier: MIT
// What the server has after a restore against what the backup holds. Loop thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/restore/content_parts.hpp"
#include "lib/async/types.hpp"
#include "lib/cvat/client.hpp"

namespace autobackup::restore {

/// A restored object as the server lists it.
struct ServerView {
    std::vector<cvat::Task> tasks;                        ///< by id
    std::map<std::int64_t, std::vector<cvat::Job>> jobs;  ///< by task
};

/// Asks for the tasks of a project, or for the task itself, and for their jobs.
Awaitable<Result<ServerView>> look_at_server(cvat::Client& client, cvat::Object object, cvat::Context where);

/// Sentences on every difference: a task that is missing, its name, jobs, frames and annotations. `ids`: index of a part → id of the task.
/// Annotations are counted job by job, and only where the backup tells how many there should be.
Awaitable<std::vector<std::string>> differences(cvat::Client& client, const ServerView& view, const std::vector<TaskPart>& parts,
                                                std::map<std::size_t, std::int64_t> ids);

/// The ids that the tasks of an imported project ZIP have got: servers make them in the order of their numbers in the ZIP. Empty when the
/// names or the number of `tasks` do not fit. Pure.
std::map<std::size_t, std::int64_t> paired(const std::vector<TaskPart>& parts, const std::vector<cvat::Task>& tasks);

}  // namespace autobackup::restore
