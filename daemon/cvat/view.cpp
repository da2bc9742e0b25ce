// SPDX-License-Identifier: MIT
#include "daemon/cvat/view.hpp"

#include "lib/async/run.hpp"

namespace autobackup::cvat_job {
namespace {

template <class T>
Result<T> pending() {
    return fail(Errc::internal, "GET", "list", "not asked");
}

cvat::Context in_workspace(std::string slug) {
    cvat::Context where;
    where.organization = std::move(slug);
    return where;
}

}  // namespace

Awaitable<Result<ProjectView>> view_project(Context& context, std::int64_t id, std::string workspace) {
    ProjectView view;
    Result<cvat::Project> project = pending<cvat::Project>();
    Result<std::vector<cvat::Task>> tasks = pending<std::vector<cvat::Task>>();
    Result<std::vector<cvat::Job>> jobs = pending<std::vector<cvat::Job>>();
    const std::string of = "project " + std::to_string(id);
    const cvat::Context where = in_workspace(std::move(workspace));
    std::vector<Awaitable<void>> work;
    work.push_back(async::into(context.client.project(id), project));
    work.push_back(async::into(context.client.tasks_of_project(where, id), tasks));
    work.push_back(async::into(context.client.jobs_of_project(where, id), jobs));
    co_await async::all_of(std::move(work));
    if (!project) co_return project.error();
    if (!tasks) co_return tasks.error();
    if (!jobs) co_return jobs.error();
    view.project = std::move(*project);
    view.tasks = std::move(*tasks);
    view.jobs = jobs_by_task(std::move(*jobs));
    if (static_cast<std::int64_t>(view.tasks.size()) < view.project.tasks_count) {
        Failure hidden = fail(Errc::bad_response, "GET", "tasks of " + of + " of " + context.client.settings().name,
                              "the server lists " + std::to_string(view.tasks.size()) + " of the project's " +
                                  std::to_string(view.project.tasks_count) + " tasks");
        hidden.hint = "the account may not see them all, or one was made just now";
        hidden.transient = true;
        co_return hidden;
    }
    view.print.own = project_print(view.project);
    for (const cvat::Task& task : view.tasks) view.print.tasks[task.id] = task_print(task, view.jobs[task.id]);
    co_return view;
}

Awaitable<Result<TaskView>> view_task(Context& context, std::int64_t id, std::string workspace) {
    TaskView view;
    Result<cvat::Task> task = pending<cvat::Task>();
    Result<std::vector<cvat::Job>> jobs = pending<std::vector<cvat::Job>>();
    std::vector<Awaitable<void>> work;
    work.push_back(async::into(context.client.task(id), task));
    work.push_back(async::into(context.client.jobs_of_task(in_workspace(std::move(workspace)), id), jobs));
    co_await async::all_of(std::move(work));
    if (!task) co_return task.error();
    if (!jobs) co_return jobs.error();
    view.task = std::move(*task);
    view.jobs = std::move(*jobs);
    view.print.own = task_print(view.task, view.jobs);
    co_return view;
}

Awaitable<Result<std::string>> stale_words(Context& context, const cvat::TaskContent& content, std::int64_t task,
                                           const std::vector<cvat::Job>& jobs) {
    const Result<std::vector<std::int64_t>> deleted = co_await context.client.deleted_frames(task);
    if (!deleted) co_return deleted.error();
    co_return cvat::stale_difference(content, jobs, *deleted);
}

}  // namespace autobackup::cvat_job
