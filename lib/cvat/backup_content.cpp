// SPDX-License-Identifier: MIT
// Reading task.json and project.json of a backup (contract §6.2; family A: every job has `frames`, data may
// lack keys).
#include <fmt/format.h>

#include <algorithm>

#include "lib/cvat/backup_format.hpp"
#include "lib/cvat/fields.hpp"

namespace autobackup::cvat {
namespace {

namespace json = boost::json;

constexpr std::string_view known_version = "1.0";
constexpr std::int64_t most_frames = std::int64_t{1}
                                     << 40;  // far beyond any video; keeps sums from overflowing

Failure wrong(std::string_view member, std::string message) {
    return fail(Errc::archive_invalid, "read backup", std::string(member), std::move(message));
}

Result<json::value> parse(std::string_view member, std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error) return wrong(member, "it is not JSON: " + error.message());
    if (!value.is_object()) return wrong(member, "it is not a JSON object");
    return value;
}

// Every JSON object that has labels, sublabels or attributes, in one order, with what it holds in one order
// too.
json::value sorted_by_name(const json::value& value) {
    json::value copy = value;
    if (json::object* const object = copy.if_object()) {
        for (const char* const key : {"attributes", "sublabels"}) {
            json::value* const list = object->if_contains(key);
            if (list != nullptr && list->is_array()) *list = json::parse(labels_key(list->get_array()));
        }
        std::vector<std::pair<std::string, json::value>> fields;
        for (const auto& field : *object) fields.emplace_back(field.key(), field.value());
        std::sort(fields.begin(), fields.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        object->clear();
        for (auto& [key, one] : fields) object->emplace(key, std::move(one));
    }
    return copy;
}

void add_label_names(const json::array& labels, std::vector<std::string>& names) {
    for (const json::value& label : labels) {
        const Fields fields(label, "a label");
        names.push_back(fields.maybe_text("name"));
        const json::value* const sublabels = fields.find("sublabels");
        if (sublabels != nullptr && sublabels->is_array()) add_label_names(sublabels->get_array(), names);
    }
}

// What task.json and project.json have in common: version, name, labels.
template <class Content>
std::string read_common(Fields& fields, Content& content) {
    content.version = fields.text("version");
    if (!fields.problem().empty()) return fields.problem();
    if (content.version != known_version)
        return fmt::format("its version is \"{}\", only \"{}\" is known", content.version, known_version);
    content.name = fields.text("name");
    const json::value* const labels = fields.find("labels");
    if (labels == nullptr || !labels->is_array()) return "it has no list \"labels\"";
    add_label_names(labels->get_array(), content.label_names);
    content.labels_key = labels_key(labels->get_array());
    return fields.problem();
}

std::string read_jobs(const json::array& jobs, TaskContent& content) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        Fields fields(jobs[i], fmt::format("jobs[{}]", i));
        TaskContent::JobEntry entry;
        entry.status = fields.text("status");
        entry.start_frame = fields.integer("start_frame");
        entry.stop_frame = fields.integer("stop_frame");
        entry.type = fields.maybe_text("type");
        if (entry.type.empty()) entry.type = "annotation";  // servers without ground truth jobs write none
        if (!fields.problem().empty()) return fields.problem();
        if (entry.start_frame < 0 || entry.stop_frame < entry.start_frame || entry.stop_frame > most_frames) {
            return fmt::format("jobs[{}] goes from frame {} to frame {}", i, entry.start_frame,
                               entry.stop_frame);
        }
        content.jobs.push_back(std::move(entry));
    }
    return {};
}

std::string read_data(const json::value& data, TaskContent& content) {
    const Fields fields(data, "data");
    content.storage = fields.maybe_text("storage");
    const json::value* const deleted = fields.find("deleted_frames");
    if (deleted == nullptr) return {};  // before frames could be deleted
    if (!deleted->is_array()) return "data.deleted_frames is not a list";
    for (const json::value& frame : deleted->get_array()) {
        const auto number = as_integer(frame);
        if (!number) return "data.deleted_frames holds something that is no whole number";
        content.deleted_frames.push_back(*number);
    }
    return {};
}

}  // namespace

std::int64_t covered_frames(const std::vector<TaskContent::JobEntry>& jobs) {
    std::vector<std::pair<std::int64_t, std::int64_t>> spans;
    for (const auto& job : jobs) {
        if (job.type != "ground_truth") spans.emplace_back(job.start_frame, job.stop_frame);
    }
    std::sort(spans.begin(), spans.end());
    std::int64_t frames = 0;
    std::int64_t last = -1;
    for (const auto& [start, stop] : spans) {
        if (stop <= last) continue;
        frames += stop - std::max(start - 1, last);
        last = stop;
    }
    return frames;
}

std::string labels_key(const json::array& labels) {
    std::vector<std::pair<std::string, std::string>> ordered;
    for (const json::value& label : labels) {
        ordered.emplace_back(Fields(label, "a label").maybe_text("name"),
                             json::serialize(sorted_by_name(label)));
    }
    std::sort(ordered.begin(), ordered.end());
    std::string key = "[";
    for (const auto& [name, text] : ordered) {
        if (key.size() > 1) key += ',';
        key += text;
    }
    return key += ']';
}

Result<TaskContent> read_task_json(std::string_view task_json) {
    constexpr std::string_view member = "task.json";
    const auto value = parse(member, task_json);
    if (!value) return value.error();
    TaskContent content;
    Fields fields(*value, "it");
    std::string problem = read_common(fields, content);
    const json::value* const data = fields.find("data");
    const json::value* const jobs = fields.find("jobs");
    if (problem.empty() && (data == nullptr || !data->is_object())) problem = "it has no object \"data\"";
    if (problem.empty() && (jobs == nullptr || !jobs->is_array())) problem = "it has no list \"jobs\"";
    if (problem.empty()) problem = read_data(*data, content);
    if (problem.empty()) problem = read_jobs(jobs->get_array(), content);
    if (!problem.empty()) return wrong(member, std::move(problem));
    content.frames = covered_frames(content.jobs);
    return content;
}

Result<ProjectContent> read_project_content(std::string_view project_json) {
    constexpr std::string_view member = "project.json";
    const auto value = parse(member, project_json);
    if (!value) return value.error();
    ProjectContent content;
    Fields fields(*value, "it");
    std::string problem = read_common(fields, content);
    if (!problem.empty()) return wrong(member, std::move(problem));
    return content;
}

}  // namespace autobackup::cvat
