// SPDX-License-Identifier: MIT
#include "daemon/cvat/view.hpp"

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/decode.hpp"

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;

template <class T>
Awaitable<void> list(Context& context, std::string path, std::string what,
                     Result<T> (*decode)(const json::value&, const cvat::Source&), Result<std::vector<T>>& out) {
    const cvat::Source source = cvat::Source{"GET", what + " of " + context.client.settings().name};
    const Result<json::array> items = co_await context.client.get_all_pages(std::move(path), source.object);
    if (items) {
        out = cvat::decode_all(*items, source, decode);
    } else {
        out = items.error();
    }
}

template <class T>
Result<std::vector<T>> pending() {
    return fail(Errc::internal, "GET", "list", "not asked");
}

std::string in_workspace(std::string path, const std::string& workspace) { return path + "&org=" + percent_encode(workspace); }

Awaitable<void> fetch_project(Context& context, std::int64_t id, Result<cvat::Project>& out) { out = co_await context.client.project(id); }
Awaitable<void> fetch_task(Context& context, std::int64_t id, Result<cvat::Task>& out) { out = co_await context.client.task(id); }

json::value user_name(const std::optional<cvat::User>& user) {
    if (user) return json::string(user->username);
    return nullptr;
}

// A value of the raw answer, or null.
json::value raw(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr) return nullptr;
    return *value;
}

json::object job_details(const cvat::Job& job) {
    return {{"id", job.id},       {"type", job.type},         {"stage", job.stage},
            {"state", job.state}, {"assignee", user_name(job.assignee)}, {"start_frame", job.start_frame},
            {"stop_frame", job.stop_frame}};
}

json::object task_details(const cvat::Task& task, const std::vector<cvat::Job>* jobs) {
    json::array job_list;
    if (jobs != nullptr) {
        for (const cvat::Job& job : *jobs) job_list.push_back(job_details(job));
    }
    return {{"id", task.id},
            {"name", task.name},
            {"owner", user_name(task.owner)},
            {"assignee", user_name(task.assignee)},
            {"created_date", rfc3339(task.created_date)},
            {"size", task.size},
            {"source_storage", raw(task.raw, "source_storage")},
            {"target_storage", raw(task.raw, "target_storage")},
            {"data_cloud_storage_id", raw(task.raw, "data_cloud_storage_id")},
            {"jobs", std::move(job_list)}};
}

json::value organization(const std::optional<std::int64_t>& id) {
    if (id) return *id;
    return nullptr;
}

// One element a line, so that a diff of two versions can be read.
std::string lines(json::object head, const json::array& tasks) {
    std::string text = json::serialize(head);
    text.pop_back();
    text += ",\"tasks\":[";
    for (std::size_t i = 0; i < tasks.size(); ++i) text += (i == 0 ? "\n" : ",\n") + json::serialize(tasks[i]);
    return text + "\n]}\n";
}

}  // namespace

Awaitable<Result<ProjectView>> view_project(Context& context, std::int64_t id, std::string workspace) {
    ProjectView view;
    Result<cvat::Project> project = fail(Errc::internal, "GET", "project", "not asked");
    Result<std::vector<cvat::Task>> tasks = pending<cvat::Task>();
    Result<std::vector<cvat::Job>> jobs = pending<cvat::Job>();
    const std::string of = "project " + std::to_string(id);
    const std::string query = "?project_id=" + std::to_string(id);
    std::vector<Awaitable<void>> work;
    work.push_back(fetch_project(context, id, project));
    work.push_back(list(context, in_workspace("/api/tasks" + query, workspace), "tasks of " + of, &cvat::decode_task, tasks));
    work.push_back(list(context, in_workspace("/api/jobs" + query, workspace), "jobs of " + of, &cvat::decode_job, jobs));
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
    Result<cvat::Task> task = fail(Errc::internal, "GET", "task", "not asked");
    Result<std::vector<cvat::Job>> jobs = pending<cvat::Job>();
    const std::string path = in_workspace("/api/jobs?task_id=" + std::to_string(id), workspace);
    std::vector<Awaitable<void>> work;
    work.push_back(fetch_task(context, id, task));
    work.push_back(list(context, path, "jobs of task " + std::to_string(id), &cvat::decode_job, jobs));
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

std::string details_text(const ProjectView& view) {
    json::object head{{"format", 1},
                      {"kind", "project"},
                      {"id", view.project.id},
                      {"name", view.project.name},
                      {"organization", organization(view.project.organization_id)},
                      {"owner", user_name(view.project.owner)},
                      {"assignee", user_name(view.project.assignee)},
                      {"created_date", rfc3339(view.project.created_date)},
                      {"source_storage", raw(view.project.raw, "source_storage")},
                      {"target_storage", raw(view.project.raw, "target_storage")}};
    json::array tasks;
    for (const cvat::Task& task : view.tasks) {
        const auto jobs = view.jobs.find(task.id);
        tasks.push_back(task_details(task, jobs == view.jobs.end() ? nullptr : &jobs->second));
    }
    return lines(std::move(head), tasks);
}

std::string details_text(const TaskView& view) {
    json::object head{{"format", 1}, {"kind", "task"}, {"id", view.task.id}, {"organization", organization(view.task.organization_id)}};
    json::array tasks;
    tasks.push_back(task_details(view.task, &view.jobs));
    return lines(std::move(head), tasks);
}

}  // namespace autobackup::cvat_job
