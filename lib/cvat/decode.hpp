// SPDX-License-Identifier: MIT
// JSON of the API → values. Extra keys are ignored, absent and null optional ones are the same; a missing
// essential key is bad_response and named. Pure.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/cvat/types.hpp"

namespace autobackup::cvat {

/// `what` names the answer in errors: "GET", "projects of lab".
struct Source {
    std::string operation;
    std::string object;
};

/// bad_response: the answer named by `source` is not what it should be.
Failure undecodable(const Source& source, std::string message);

Result<std::string> decode_version(const boost::json::value& value, const Source& source);
/// Fills user, user_id and is_admin of `about` from GET /api/users/self.
Result<void> decode_self(const boost::json::value& value, const Source& source, About& about);
Result<Organization> decode_organization(const boost::json::value& value, const Source& source);
Result<Project> decode_project(const boost::json::value& value, const Source& source);
Result<Task> decode_task(const boost::json::value& value, const Source& source);
Result<Job> decode_job(const boost::json::value& value, const Source& source);
Result<Guide> decode_guide(const boost::json::value& value, const Source& source);
Result<Issue> decode_issue(const boost::json::value& value, const Source& source);
Result<Comment> decode_comment(const boost::json::value& value, const Source& source);
Result<Webhook> decode_webhook(const boost::json::value& value, const Source& source);
Result<QualitySettings> decode_quality_settings(const boost::json::value& value, const Source& source);
Result<Membership> decode_membership(const boost::json::value& value, const Source& source);
/// count and first date of a list asked for with page_size=1&sort=-updated_date.
Result<Newest::One> decode_newest(const boost::json::value& value, const Source& source);
/// deleted_frames of data/meta; absent = none.
Result<std::vector<std::int64_t>> decode_deleted_frames(const boost::json::value& value,
                                                        const Source& source);
/// Labels without a parent, by id.
boost::json::array top_level_labels(const boost::json::array& labels);
/// nullopt: every part works; else "OPAHealthCheck: …, DiskUsage: …".
Result<std::optional<std::string>> decode_health(const boost::json::value& value, const Source& source);

enum class RequestStatus { queued, started, finished, failed, unknown };

/// A record of GET /api/requests/{rq_id}: a background job of the server.
struct RequestRecord {
    std::string id;
    std::string status_text;
    RequestStatus status = RequestStatus::unknown;
    std::string message;
    std::optional<std::string> result_url;
    bool stored_elsewhere = false;  ///< finished with result_url null: the result went to a cloud storage
    std::optional<Instant> created_date;  ///< of the last asking: a POST to a finished one makes it anew
    std::string type, target;             ///< "export:backup", "project"
    std::optional<std::int64_t> target_id;
    std::optional<std::int64_t> result_id;  ///< of a finished import: the new object
};
Result<RequestRecord> decode_request(const boost::json::value& value, const Source& source);
/// rq_id of a 202 or 409 to POST …/backup/export; empty when the body does not tell it (409 before 2.37 is
/// text).
std::string decode_rq_id(std::string_view body);

/// Applies `decode` to every item of a list.
template <class T>
Result<std::vector<T>> decode_all(const boost::json::array& items, const Source& source,
                                  Result<T> (*decode)(const boost::json::value&, const Source&)) {
    std::vector<T> out;
    out.reserve(items.size());
    for (const auto& item : items) {
        Result<T> one = decode(item, source);
        if (!one) return one.error();
        out.push_back(std::move(*one));
    }
    return out;
}

}  // namespace autobackup::cvat
