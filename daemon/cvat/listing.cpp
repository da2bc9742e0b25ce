// SPDX-License-Identifier: MIT
#include "daemon/cvat/listing.hpp"

#include <algorithm>

#include "daemon/model/drill_name.hpp"

namespace autobackup::cvat_job {
namespace {

struct Found {
    std::int64_t id;
    std::string name;
    std::optional<std::int64_t> project;  // of a task
    std::string workspace;
    Instant created;
};

Awaitable<Result<void>> list_workspace(Context& context, cvat::Kind kind, std::string workspace, KnownProjects& known, std::vector<Found>& found) {
    cvat::Context where;
    where.organization = workspace;
    if (kind == cvat::Kind::project) {
        const Result<std::vector<cvat::Project>> projects = co_await context.client.projects(where);
        if (!projects) co_return projects.error();
        for (const cvat::Project& one : *projects) {
            known[one.id] = model::is_drill_name(one.name);
            found.push_back(Found{one.id, one.name, std::nullopt, workspace, one.created_date});
        }
    } else {
        const Result<std::vector<cvat::Task>> tasks = co_await context.client.tasks(where);
        if (!tasks) co_return tasks.error();
        for (const cvat::Task& one : *tasks) found.push_back(Found{one.id, one.name, one.project_id, workspace, one.created_date});
    }
    co_return Result<void>();
}

// Whether tasks are wanted whatever project they are in.
bool whole_projects(const Context& context) {
    const config::Selection& tasks = context.source.tasks;
    return open_ended(tasks) && tasks.base != config::Selection::Base::unassigned;
}

bool of_drill(const Found& one, const KnownProjects& known) {
    if (model::is_drill_name(one.name)) return true;
    const auto project = one.project ? known.find(*one.project) : known.end();
    return project != known.end() && project->second;
}

}  // namespace

Awaitable<Result<Listing>> list_all(Context& context, cvat::Kind kind, std::vector<std::string> workspaces, KnownProjects& known) {
    std::vector<Found> found;
    for (const std::string& workspace : workspaces) {
        const Result<void> listed = co_await list_workspace(context, kind, workspace, known, found);
        if (!listed) co_return listed.error();
    }
    // A project that has come since they were listed; or they were not.
    const auto unknown = [&known](const Found& one) { return one.project && !known.contains(*one.project); };
    const bool ask = whole_projects(context) && std::any_of(found.begin(), found.end(), unknown);
    for (const std::string& workspace : workspaces) {
        if (!ask) break;
        std::vector<Found> projects;
        const Result<void> listed = co_await list_workspace(context, cvat::Kind::project, workspace, known, projects);
        if (!listed) co_return listed.error();
    }
    std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.id < b.id; });
    Listing listing;
    listing.kind = kind;
    for (const Found& one : found) {
        if (!listing.candidates.empty() && listing.candidates.back().id == one.id) continue;  // seen in two workspaces
        listing.candidates.push_back(Candidate{one.id, one.name, one.project.has_value(), of_drill(one, known)});
        listing.workspace.push_back(one.workspace);
        if (one.created != Instant()) listing.created[key_of(kind, one.id)] = rfc3339(one.created);
    }
    co_return listing;
}

}  // namespace autobackup::cvat_job
