// SPDX-License-Identifier: MIT
#include "daemon/restore/server_compare.hpp"

#include <algorithm>
#include <utility>

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/backup_format.hpp"

namespace autobackup::restore {
namespace {

constexpr std::size_t at_once = 4;

std::string words_of(const TaskPart& part, std::int64_t id) { return "task " + std::to_string(id) + " \"" + one_line(part.name) + "\""; }

void note(std::vector<std::string>& out, const std::string& task, const char* what, std::int64_t backup, std::int64_t server) {
    if (backup == server) return;
    out.push_back(task + " has " + std::to_string(server) + " " + what + ", the backup " + std::to_string(backup));
}

std::int64_t frames_of(const std::vector<cvat::Job>& jobs) {
    std::vector<cvat::TaskContent::JobEntry> entries;
    for (const cvat::Job& job : jobs) entries.push_back({job.status, job.type, job.start_frame, job.stop_frame});
    return cvat::covered_frames(entries);
}

struct Counted {
    std::int64_t job = 0;
    Result<cvat::AnnotationCounts> counts = cvat::AnnotationCounts();
};

Awaitable<std::vector<Counted>> count_all(cvat::Client& client, std::vector<std::int64_t> jobs) {
    std::vector<Counted> counted(jobs.size());
    auto one = [&](std::size_t i) -> Awaitable<void> {
        counted[i].job = jobs[i];
        counted[i].counts = co_await client.annotation_counts(jobs[i]);
    };
    co_await async::for_each_index(jobs.size(), at_once, std::move(one));
    co_return counted;
}

void compare_annotations(const TaskPart& part, const std::string& task, const std::vector<cvat::Job>& jobs, const std::vector<Counted>& counted,
                         std::vector<std::string>& out) {
    cvat::AnnotationCounts sum;
    for (const Counted& one : counted) {
        if (std::none_of(jobs.begin(), jobs.end(), [&](const cvat::Job& job) { return job.id == one.job; })) continue;
        if (!one.counts) {
            out.push_back(task + ": its annotations could not be counted: " + describe(one.counts.error()));
            return;
        }
        sum.shapes += one.counts->shapes;
        sum.tags += one.counts->tags;
        sum.tracks += one.counts->tracks;
    }
    note(out, task, "shapes", part.annotations->shapes, sum.shapes);
    note(out, task, "tags", part.annotations->tags, sum.tags);
    note(out, task, "tracks", part.annotations->tracks, sum.tracks);
}

}  // namespace

Awaitable<Result<ServerView>> look_at_server(cvat::Client& client, cvat::Object object, cvat::Context where) {
    ServerView view;
    Result<std::vector<cvat::Job>> jobs = std::vector<cvat::Job>();
    if (object.kind == cvat::Kind::project) {
        Result<std::vector<cvat::Task>> tasks = co_await client.tasks_of_project(where, object.id);
        if (!tasks) co_return tasks.error();
        view.tasks = std::move(*tasks);
        jobs = co_await client.jobs_of_project(where, object.id);
    } else {
        Result<cvat::Task> task = co_await client.task(object.id);
        if (!task) co_return task.error();
        view.tasks.push_back(std::move(*task));
        jobs = co_await client.jobs_of_task(where, object.id);
    }
    if (!jobs) co_return jobs.error();
    std::sort(view.tasks.begin(), view.tasks.end(), [](const cvat::Task& a, const cvat::Task& b) { return a.id < b.id; });
    for (cvat::Job& job : *jobs) view.jobs[job.task_id].push_back(std::move(job));
    co_return view;
}

std::map<std::size_t, std::int64_t> paired(const std::vector<TaskPart>& parts, const std::vector<cvat::Task>& tasks) {
    std::map<std::size_t, std::int64_t> ids;
    if (parts.size() != tasks.size()) return ids;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].name != tasks[i].name) return {};
        ids[parts[i].index] = tasks[i].id;
    }
    return ids;
}

Awaitable<std::vector<std::string>> differences(cvat::Client& client, const ServerView& view, const std::vector<TaskPart>& parts,
                                                std::map<std::size_t, std::int64_t> ids) {
    static const std::vector<cvat::Job> none;
    std::vector<std::int64_t> to_count;
    for (const TaskPart& part : parts) {
        const auto id = ids.find(part.index);
        const auto jobs = id == ids.end() ? view.jobs.end() : view.jobs.find(id->second);
        if (jobs == view.jobs.end() || !part.annotations) continue;
        for (const cvat::Job& job : jobs->second) to_count.push_back(job.id);
    }
    const std::vector<Counted> counted = co_await count_all(client, std::move(to_count));
    std::vector<std::string> out;
    for (const TaskPart& part : parts) {
        const auto id = ids.find(part.index);
        if (id == ids.end()) continue;
        const std::string task = words_of(part, id->second);
        const auto there = std::find_if(view.tasks.begin(), view.tasks.end(), [&](const cvat::Task& one) { return one.id == id->second; });
        if (there == view.tasks.end()) {
            out.push_back(task + " is not on the server");
            continue;
        }
        if (there->name != part.name) out.push_back(task + " is called \"" + one_line(there->name) + "\" on the server");
        const auto found = view.jobs.find(id->second);
        const std::vector<cvat::Job>& jobs = found == view.jobs.end() ? none : found->second;
        note(out, task, "jobs", part.jobs, static_cast<std::int64_t>(jobs.size()));
        note(out, task, "frames", part.frames, frames_of(jobs));
        if (part.annotations) compare_annotations(part, task, jobs, counted, out);
    }
    co_return out;
}

}  // namespace autobackup::restore
