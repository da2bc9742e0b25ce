// SPDX-License-Identifier: MIT
#include "daemon/cvat/details.hpp"

#include <set>

#include "daemon/report/report.hpp"
#include "lib/core/text.hpp"

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;

// A value of the raw answer, or null.
json::value raw(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr) return nullptr;
    return *value;
}

json::value number(const std::optional<std::int64_t>& id) {
    if (id) return *id;
    return nullptr;
}

// Writes the parts, and remembers who is named in them.
class Writer {
public:
    explicit Writer(const SideLists& lists) : lists_(lists) {}

    json::value person(const std::optional<cvat::User>& user) {
        if (!user) return nullptr;
        named_.insert(user->username);
        return json::string(user->username);
    }

    json::object task(const cvat::Task& task, const std::vector<cvat::Job>& jobs) {
        json::array job_list;
        for (const cvat::Job& one : jobs) job_list.push_back(job(one));
        json::object out{{"id", task.id},
                         {"name", task.name},
                         {"owner", person(task.owner)},
                         {"assignee", person(task.assignee)},
                         {"created_date", rfc3339(task.created_date)},
                         {"size", task.size},
                         {"guide_id", number(task.guide_id)},
                         {"source_storage", raw(task.raw, "source_storage")},
                         {"target_storage", raw(task.raw, "target_storage")},
                         {"data_cloud_storage_id", raw(task.raw, "data_cloud_storage_id")}};
        add_quality(out, &cvat::QualitySettings::task_id, task.id);
        out["jobs"] = std::move(job_list);
        return out;
    }

    // Absent: the list is not shown. A project may have settings for its tasks to inherit (2.42 and later).
    void add_quality(json::object& out, std::optional<std::int64_t> cvat::QualitySettings::*parent, std::int64_t id) const {
        if (!lists_.quality) return;
        for (const cvat::QualitySettings& one : *lists_.quality) {
            if (one.*parent != id || (parent == &cvat::QualitySettings::project_id && one.task_id)) continue;
            std::map<std::string, json::value> sorted;
            for (const auto& [key, value] : one.values) sorted.emplace(std::string(key), value);
            json::object settings{{"id", one.id}};
            for (const auto& [key, value] : sorted) settings[key] = value;
            out["quality_settings"] = std::move(settings);
        }
    }

    void add_webhooks(json::object& out, std::int64_t project) {
        if (!lists_.webhooks) return;
        json::array list;
        for (const cvat::Webhook& one : *lists_.webhooks) {
            if (one.project_id != project) continue;
            list.push_back(json::object{{"id", one.id},
                                        {"target_url", url_without_secrets(one.target_url)},
                                        {"description", one.description},
                                        {"content_type", one.content_type},
                                        {"is_active", one.is_active},
                                        {"enable_ssl", one.enable_ssl},
                                        {"owner", person(one.owner)},
                                        {"events", json::value_from(one.events)}});
        }
        out["webhooks"] = std::move(list);
    }

    // Last of all: those who were named, with their role in the organisation.
    void add_members(json::object& out) const {
        if (!lists_.roles) return;
        json::array list;
        for (const std::string& user : named_) {
            const auto role = lists_.roles->find(user);
            if (role != lists_.roles->end()) list.push_back(json::object{{"user", user}, {"role", role->second}});
        }
        out["members"] = std::move(list);
    }

private:
    json::object job(const cvat::Job& job) {
        json::object out{{"id", job.id},
                         {"type", job.type},
                         {"stage", job.stage},
                         {"state", job.state},
                         {"assignee", person(job.assignee)},
                         {"start_frame", job.start_frame},
                         {"stop_frame", job.stop_frame}};
        if (!lists_.issues) return out;
        json::array list;
        const auto found = lists_.issues->find(job.id);
        if (found != lists_.issues->end()) {
            for (const cvat::Issue& one : found->second) list.push_back(issue(one));
        }
        out["issues"] = std::move(list);
        return out;
    }

    json::object issue(const cvat::Issue& issue) {
        json::object out{{"id", issue.id},
                         {"frame", issue.frame},
                         {"position", issue.position},
                         {"owner", person(issue.owner)},
                         {"assignee", person(issue.assignee)},
                         {"created_date", rfc3339(issue.created_date)},
                         {"resolved", issue.resolved}};
        if (!lists_.comments) return out;
        json::array list;
        const auto found = lists_.comments->find(issue.id);
        if (found != lists_.comments->end()) {
            for (const cvat::Comment& one : found->second) {
                list.push_back(json::object{{"id", one.id},
                                            {"owner", person(one.owner)},
                                            {"created_date", rfc3339(one.created_date)},
                                            {"message", one.message}});
            }
        }
        out["comments"] = std::move(list);
        return out;
    }

    const SideLists& lists_;
    std::set<std::string> named_;
};

// One task a line, so that a diff of two versions can be read.
std::string lines(const json::object& head, const json::array& tasks) {
    std::string text = report::json_line(head);
    text.pop_back();
    text += ",\"tasks\":[";
    for (std::size_t i = 0; i < tasks.size(); ++i) text += (i == 0 ? "\n" : ",\n") + report::json_line(tasks[i]);
    return text + "\n]}\n";
}

}  // namespace

std::string details_text(const ProjectView& view, const std::string& workspace, const SideLists& lists) {
    const cvat::Project& project = view.project;
    Writer writer(lists);
    json::object head{{"format", 1},
                      {"kind", "project"},
                      {"id", project.id},
                      {"name", project.name},
                      {"organization", number(project.organization_id)},
                      {"organization_slug", workspace},
                      {"owner", writer.person(project.owner)},
                      {"assignee", writer.person(project.assignee)},
                      {"created_date", rfc3339(project.created_date)},
                      {"guide_id", number(project.guide_id)},
                      {"source_storage", raw(project.raw, "source_storage")},
                      {"target_storage", raw(project.raw, "target_storage")}};
    json::array tasks;
    for (const cvat::Task& task : view.tasks) {
        const auto jobs = view.jobs.find(task.id);
        tasks.push_back(writer.task(task, jobs == view.jobs.end() ? std::vector<cvat::Job>() : jobs->second));
    }
    writer.add_quality(head, &cvat::QualitySettings::project_id, project.id);
    writer.add_webhooks(head, project.id);
    writer.add_members(head);
    return lines(head, tasks);
}

std::string details_text(const TaskView& view, const std::string& workspace, const SideLists& lists) {
    Writer writer(lists);
    json::object head{{"format", 1},
                      {"kind", "task"},
                      {"id", view.task.id},
                      {"organization", number(view.task.organization_id)},
                      {"organization_slug", workspace}};
    json::array tasks;
    tasks.push_back(writer.task(view.task, view.jobs));
    writer.add_members(head);
    return lines(head, tasks);
}

std::string url_without_secrets(std::string_view url) {
    constexpr std::string_view left_out = "…";
    constexpr std::size_t longest_word = 15;
    const std::size_t scheme = url.find("://");
    const std::size_t end = std::min(url.find_first_of("?#"), url.size());
    if (scheme == std::string_view::npos || end < scheme) return std::string(left_out);
    const std::string_view rest = url.substr(scheme + 3, end - scheme - 3);
    const std::vector<std::string_view> parts = split(rest, '/');
    std::string out(url.substr(0, scheme + 3));
    const std::size_t at = parts.front().rfind('@');
    out += parts.front().substr(at == std::string_view::npos ? 0 : at + 1);
    for (std::size_t i = 1; i < parts.size(); ++i) out.append("/").append(parts[i].size() > longest_word ? left_out : parts[i]);
    if (end < url.size()) out.append("?").append(left_out);
    return out;
}

}  // namespace autobackup::cvat_job
