// SPDX-License-Identifier: MIT
#include "daemon/cvat/fingerprint.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "lib/hash/digest.hpp"

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;

std::string digest(const json::array& facts) { return hash::sha256_hex(json::serialize(facts)).substr(0, 20); }

json::value date(Instant time) { return time.time_since_epoch().count(); }

json::value optional_number(const std::optional<std::int64_t>& number) {
    if (number) return *number;
    return nullptr;
}

}  // namespace

std::string task_print(const cvat::Task& task, const std::vector<cvat::Job>& jobs) {
    json::array facts{task.id,   json::string(task.name), date(task.updated_date), static_cast<int>(task.data),
                      task.size, task.jobs_count,         optional_number(task.guide_id)};
    std::vector<const cvat::Job*> ordered;
    for (const cvat::Job& job : jobs) ordered.push_back(&job);
    std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
    for (const cvat::Job* job : ordered) {
        facts.push_back(json::array{job->id, date(job->updated_date), json::string(job->stage), json::string(job->type)});
    }
    return digest(facts);
}

std::string project_print(const cvat::Project& project) {
    return digest(json::array{project.id, json::string(project.name), date(project.updated_date),
                              optional_number(project.guide_id), json::string(project.bug_tracker), json::string(project.status)});
}

std::string to_text(const ItemPrint& print) {
    json::object tasks;
    for (const auto& [id, task] : print.tasks) tasks[std::to_string(id)] = task;
    return json::serialize(json::object{{"own", print.own}, {"tasks", std::move(tasks)}});
}

ItemPrint parse_print(const std::string& text) {
    ItemPrint print;
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object()) return print;
    const json::object& object = value.get_object();
    const json::value* own = object.if_contains("own");
    const json::value* tasks = object.if_contains("tasks");
    if (own == nullptr || !own->is_string() || tasks == nullptr || !tasks->is_object()) return print;
    print.own = own->get_string().c_str();
    for (const auto& [id, task] : tasks->get_object()) {
        if (task.is_string()) print.tasks[std::strtoll(std::string(id).c_str(), nullptr, 10)] = task.get_string().c_str();
    }
    return print;
}

std::map<std::int64_t, std::vector<cvat::Job>> jobs_by_task(std::vector<cvat::Job> jobs) {
    std::sort(jobs.begin(), jobs.end(), [](const cvat::Job& a, const cvat::Job& b) { return a.id < b.id; });
    std::map<std::int64_t, std::vector<cvat::Job>> by_task;
    for (cvat::Job& job : jobs) by_task[job.task_id].push_back(std::move(job));
    return by_task;
}

}  // namespace autobackup::cvat_job
