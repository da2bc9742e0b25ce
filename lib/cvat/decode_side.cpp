// SPDX-License-Identifier: MIT
// The lists of what no backup holds. Facts: exchange 28 (issues); the OpenAPI of 2.42 and 2.54.
#include <algorithm>

#include "lib/cvat/decode.hpp"
#include "lib/cvat/fields.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

Result<Issue> decode_issue(const json::value& value, const Source& source) {
    Fields fields(value, "an issue");
    Issue out;
    out.id = fields.integer("id");
    out.job_id = fields.integer("job");
    out.frame = fields.integer("frame");
    if (const json::value* position = fields.find("position"); position && position->is_array()) {
        out.position = position->get_array();
    }
    out.owner = fields.maybe_user("owner");
    out.assignee = fields.maybe_user("assignee");
    out.created_date = fields.maybe_time("created_date").value_or(Instant());
    out.updated_date = fields.maybe_time("updated_date").value_or(Instant());
    out.resolved = fields.flag("resolved");
    out.comments = fields.maybe_count("comments").value_or(0);
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return out;
}

Result<Comment> decode_comment(const json::value& value, const Source& source) {
    Fields fields(value, "a comment");
    Comment out;
    out.id = fields.integer("id");
    out.issue_id = fields.integer("issue");
    out.owner = fields.maybe_user("owner");
    out.created_date = fields.maybe_time("created_date").value_or(Instant());
    out.message = fields.maybe_text("message");
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return out;
}

Result<Webhook> decode_webhook(const json::value& value, const Source& source) {
    Fields fields(value, "a webhook");
    Webhook out;
    out.id = fields.integer("id");
    out.project_id = fields.maybe_integer("project_id");
    out.target_url = fields.maybe_text("target_url");
    out.description = fields.maybe_text("description");
    out.content_type = fields.maybe_text("content_type");
    out.is_active = fields.flag("is_active");
    out.enable_ssl = fields.flag("enable_ssl");
    out.owner = fields.maybe_user("owner");
    if (const json::value* events = fields.find("events"); events && events->is_array()) {
        for (const json::value& event : events->get_array()) {
            if (event.is_string()) out.events.emplace_back(event.get_string());
        }
    }
    std::sort(out.events.begin(), out.events.end());
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return out;
}

Result<QualitySettings> decode_quality_settings(const json::value& value, const Source& source) {
    Fields fields(value, "quality settings");
    QualitySettings out;
    out.id = fields.integer("id");
    out.task_id = fields.maybe_integer("task_id");
    out.project_id = fields.maybe_integer("project_id");
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    for (const auto& [key, one] : fields.object()) {
        const bool known = key == "id" || key == "task_id" || key == "project_id";
        if (!known && !key.ends_with("_date") && !one.is_structured()) out.values[key] = one;
    }
    return out;
}

Result<Membership> decode_membership(const json::value& value, const Source& source) {
    Fields fields(value, "a membership");
    Membership out;
    out.id = fields.integer("id");
    out.user = fields.maybe_user("user").value_or(User());
    out.role = fields.maybe_text("role");
    if (!fields.problem().empty()) return undecodable(source, fields.problem());
    return out;
}

}  // namespace autobackup::cvat
