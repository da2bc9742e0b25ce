// SPDX-License-Identifier: MIT
#include "lib/cvat/decode.hpp"

#include <algorithm>

#include "lib/cvat/fields.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

RequestStatus status_of(std::string_view text) {
    if (text == "queued") return RequestStatus::queued;
    if (text == "started") return RequestStatus::started;
    if (text == "finished") return RequestStatus::finished;
    if (text == "failed") return RequestStatus::failed;
    return RequestStatus::unknown;
}

/// Jobs of a task: {"count": n} since 2.4, before that nested in `segments`. Nothing when the server tells
/// neither.
std::optional<std::int64_t> jobs_of(const Fields& fields) {
    if (const auto count = fields.maybe_count("jobs")) return count;
    const json::value* segments = fields.find("segments");
    if (!segments || !segments->is_array()) return std::nullopt;
    std::int64_t total = 0;
    for (const auto& segment : segments->get_array())
        total += Fields(segment, "segment").maybe_count("jobs").value_or(0);
    return total;
}

std::optional<std::int64_t> organization_of(const Fields& fields) {
    const auto id = fields.maybe_integer("organization_id");
    return id ? id : fields.maybe_integer("organization");  // the name of the key up to 2.15
}

/// What projects and tasks tell alike.
template <class T>
void read_head(Fields& fields, T& out) {
    out.id = fields.integer("id");
    out.name = fields.text("name");
    out.organization_id = organization_of(fields);
    out.guide_id = fields.maybe_integer("guide_id");
    out.owner = fields.maybe_user("owner");
    out.assignee = fields.maybe_user("assignee");
    out.updated_date = fields.time("updated_date");
    out.created_date = fields.maybe_time("created_date").value_or(Instant());
}

}  // namespace

Failure undecodable(const Source& source, std::string message) {
    return fail(Errc::bad_response, source.operation, source.object, std::move(message));
}

Result<std::string> decode_version(const json::value& value, const Source& source) {
    Fields fields(value, "the answer");
    std::string version = fields.text("version");
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return version;
}

Result<void> decode_self(const json::value& value, const Source& source, About& about) {
    Fields fields(value, "the account");
    about.user_id = fields.integer("id");
    about.user = fields.text("username");
    about.is_admin = fields.flag("is_superuser");
    if (const auto* groups = fields.find("groups"); groups && groups->is_array()) {
        for (const auto& group : groups->get_array()) {
            if (group.is_string() && group.get_string() == "admin") about.is_admin = true;
        }
    }
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return {};
}

Result<Organization> decode_organization(const json::value& value, const Source& source) {
    Fields fields(value, "an organisation");
    Organization out{fields.integer("id"), fields.text("slug"), fields.maybe_text("name")};
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return out;
}

Result<Project> decode_project(const json::value& value, const Source& source) {
    Fields fields(value, "a project");
    Project out;
    read_head(fields, out);
    out.bug_tracker = fields.maybe_text("bug_tracker");
    out.status = fields.maybe_text("status");
    out.tasks_count = fields.maybe_count("tasks").value_or(0);
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    out.raw = fields.object();
    return out;
}

Result<Task> decode_task(const json::value& value, const Source& source) {
    Fields fields(value, "a task");
    Task out;
    read_head(fields, out);
    out.subset = fields.maybe_text("subset");
    out.project_id = fields.maybe_integer("project_id");
    out.size = fields.maybe_integer("size").value_or(0);
    const auto jobs = jobs_of(fields);
    out.jobs_count = jobs.value_or(0);
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    // `data` and `size` are absent without data; a number with size 0 is data that is queued, in work, or
    // failed for ever.
    if (out.size > 0 && jobs.value_or(1) > 0) {
        out.data = DataState::ready;
    } else if (fields.find("data") || out.size > 0) {
        out.data = DataState::pending_or_failed;
    }
    if (out.data != DataState::ready) out.size = 0;
    out.raw = fields.object();
    return out;
}

Result<Job> decode_job(const json::value& value, const Source& source) {
    Fields fields(value, "a job");
    Job out;
    out.id = fields.integer("id");
    out.task_id = fields.integer("task_id");
    out.project_id = fields.maybe_integer("project_id");
    out.type = fields.maybe_text("type");
    if (out.type.empty()) out.type = "annotation";  // servers before ground truth jobs have one type only
    out.stage = fields.maybe_text("stage");
    out.state = fields.maybe_text("state");
    out.status = fields.maybe_text("status");
    out.start_frame = fields.maybe_integer("start_frame").value_or(0);
    out.stop_frame = fields.maybe_integer("stop_frame").value_or(0);
    out.assignee = fields.maybe_user("assignee");
    out.updated_date = fields.time("updated_date");
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    out.raw = fields.object();
    return out;
}

Result<Guide> decode_guide(const json::value& value, const Source& source) {
    Fields fields(value, "a guide");
    Guide out{fields.integer("id"), fields.text("markdown")};
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return out;
}

Result<Newest::One> decode_newest(const json::value& value, const Source& source) {
    Fields fields(value, "the list");
    Newest::One out;
    out.count = fields.integer("count");
    const json::value* results = fields.find("results");
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    if (!results || !results->is_array()) return undecodable(source, "the list lacks the key results");
    if (out.count == 0 || results->get_array().empty()) return out;
    Fields first(results->get_array()[0], "the first entry of the list");
    first.time("updated_date");
    if (!first.problem().empty()) return undecodable(source, first.problem());
    out.updated_date = first.maybe_text("updated_date");
    return out;
}

Result<std::vector<std::int64_t>> decode_deleted_frames(const json::value& value, const Source& source) {
    Fields fields(value, "data/meta");
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    std::vector<std::int64_t> out;
    const json::value* frames = fields.find("deleted_frames");
    if (!frames) return out;
    if (!frames->is_array())
        return undecodable(source, "data/meta has a key of the wrong type: deleted_frames (expected a list)");
    for (const auto& frame : frames->get_array()) {
        const auto number = as_integer(frame);
        if (!number) return undecodable(source, "deleted_frames holds something that is not a whole number");
        out.push_back(*number);
    }
    return out;
}

json::array top_level_labels(const json::array& labels) {
    json::array out;
    for (const auto& label : labels) {
        const Fields fields(label, "a label");
        if (!fields.flag("has_parent") && !fields.find("parent_id")) out.push_back(label);
    }
    const auto id = [](const json::value& label) {
        return Fields(label, "a label").maybe_integer("id").value_or(0);
    };
    std::stable_sort(out.begin(), out.end(),
                     [&id](const json::value& a, const json::value& b) { return id(a) < id(b); });
    return out;
}

Result<std::optional<std::string>> decode_health(const json::value& value, const Source& source) {
    Fields fields(value, "the health report");
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    std::string ill;
    for (const auto& [part, state] : fields.object()) {
        if (state.is_string() && state.get_string() == "working") continue;
        if (!ill.empty()) ill += ", ";
        ill += std::string(part) + ": " +
               (state.is_string() ? std::string(state.get_string()) : json::serialize(state));
    }
    if (ill.empty()) return std::optional<std::string>();
    return std::optional<std::string>(std::move(ill));
}

Result<RequestRecord> decode_request(const json::value& value, const Source& source) {
    Fields fields(value, "the request record");
    RequestRecord out;
    out.id = fields.text("id");
    out.status_text = fields.text("status");
    out.status = status_of(out.status_text);
    out.message = fields.maybe_text("message");
    if (fields.find("result_url")) out.result_url = fields.maybe_text("result_url");
    out.stored_elsewhere =
        out.status == RequestStatus::finished && !out.result_url && fields.object().contains("result_url");
    out.created_date = fields.maybe_time("created_date");
    out.result_id = fields.maybe_integer("result_id");
    if (const json::value* operation = fields.find("operation")) {
        const Fields what(*operation, "operation");
        out.type = what.maybe_text("type");
        out.target = what.maybe_text("target");
        out.target_id = what.maybe_integer(out.target + "_id");
    }
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return out;
}

std::string decode_rq_id(std::string_view body) {
    boost::system::error_code error;
    const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
    if (error || !value.is_object()) return std::string();
    return Fields(value, "the answer").maybe_text("rq_id");
}

}  // namespace autobackup::cvat
