// SPDX-License-Identifier: MIT
// What the API says of one item now. Loop thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/cvat/context.hpp"
#include "daemon/cvat/fingerprint.hpp"
#include "lib/cvat/backup_format.hpp"

namespace autobackup::cvat_job {

/// A project with its tasks (by id) and their jobs.
struct ProjectView {
    cvat::Project project;
    std::vector<cvat::Task> tasks;
    std::map<std::int64_t, std::vector<cvat::Job>> jobs;
    ItemPrint print;
};

/// The project, its tasks, its jobs: three requests at once, in the workspace where the project was found. bad_response when the
/// listing shows fewer tasks than the project says it has (an account that may not see them all).
Awaitable<Result<ProjectView>> view_project(Context& context, std::int64_t id, std::string workspace);

struct TaskView {
    cvat::Task task;
    std::vector<cvat::Job> jobs;
    ItemPrint print;
};
Awaitable<Result<TaskView>> view_task(Context& context, std::int64_t id, std::string workspace);

/// What a fetched copy says otherwise than the API: "" or a sentence (asks for the task's deleted frames: one request).
Awaitable<Result<std::string>> stale_words(Context& context, const cvat::TaskContent& content, std::int64_t task,
                                           const std::vector<cvat::Job>& jobs);

}  // namespace autobackup::cvat_job
