// SPDX-License-Identifier: MIT
// The calls for whole lists: of a workspace, or of one project or task in it.
#include "lib/core/text.hpp"
#include "lib/cvat/client.hpp"
#include "lib/cvat/client_impl.hpp"

namespace autobackup::cvat {

namespace {

std::string of_id(const char* path, std::int64_t id, const Context& context) {
    return in_context(path + std::to_string(id), context);
}

}  // namespace

std::string in_context(std::string path, const Context& context) {
    if (context.everywhere) return path;
    path += path.find('?') == std::string::npos ? '?' : '&';
    return path + "org=" + percent_encode(context.organization);
}

Awaitable<Result<std::vector<Organization>>> Client::organizations() {
    return impl_->list("/api/organizations", "organisations", decode_organization);
}

Awaitable<Result<std::vector<Project>>> Client::projects(Context context) {
    return impl_->list(in_context("/api/projects", context), "projects", decode_project);
}

Awaitable<Result<std::vector<Task>>> Client::tasks(Context context) {
    return impl_->list(in_context("/api/tasks", context), "tasks", decode_task);
}

Awaitable<Result<std::vector<Task>>> Client::tasks_of_project(Context context, std::int64_t project) {
    return impl_->list(of_id("/api/tasks?project_id=", project, context),
                       "tasks of project " + std::to_string(project), decode_task);
}

Awaitable<Result<std::vector<Job>>> Client::jobs_of_project(Context context, std::int64_t project) {
    return impl_->list(of_id("/api/jobs?project_id=", project, context),
                       "jobs of project " + std::to_string(project), decode_job);
}

Awaitable<Result<std::vector<Job>>> Client::jobs_of_task(Context context, std::int64_t task) {
    return impl_->list(of_id("/api/jobs?task_id=", task, context), "jobs of task " + std::to_string(task),
                       decode_job);
}

Awaitable<Result<std::vector<Issue>>> Client::issues(Context context, bool open) {
    const char* const path = open ? "/api/issues?resolved=false" : "/api/issues";
    return impl_->list(in_context(path, context), open ? "open issues" : "issues", decode_issue);
}

Awaitable<Result<std::vector<Comment>>> Client::comments(Context context) {
    return impl_->list(in_context("/api/comments", context), "comments", decode_comment);
}

Awaitable<Result<std::vector<Webhook>>> Client::webhooks(Context context) {
    return impl_->list(in_context("/api/webhooks", context), "webhooks", decode_webhook);
}

Awaitable<Result<std::vector<QualitySettings>>> Client::quality_settings(Context context) {
    return impl_->list(in_context("/api/quality/settings", context), "quality settings",
                       decode_quality_settings);
}

Awaitable<Result<std::vector<Membership>>> Client::memberships(Context context) {
    return impl_->list(in_context("/api/memberships", context), "memberships", decode_membership);
}

}  // namespace autobackup::cvat
