// SPDX-License-Identifier: MIT
#include "daemon/restore/server_details.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"

namespace autobackup::restore {
namespace {

namespace json = boost::json;

const json::array& list_at(const json::object& object, const char* key) {
    static const json::array none;
    const json::value* const value = object.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

class Details {
public:
    Details(cvat::Client& client, const Restored& restored) : client_(client), restored_(restored) {}

    Awaitable<std::vector<std::string>> run(const json::object& side);

private:
    Awaitable<void> put_task(const json::object& task);
    Awaitable<void> put_job(const json::object& job, std::int64_t id);
    Awaitable<void> put_issue(const json::object& issue, std::int64_t job);
    Awaitable<void> put_comments(const json::object& issue, std::int64_t id);
    Awaitable<void> put_assignee(cvat::Object object, std::string user);
    Awaitable<std::optional<std::int64_t>> user(std::string name);
    void tell_the_rest(const json::object& side);
    void tell_storages(const json::object& of, const std::string& what);
    void note(const std::string& what, const Failure& failure) { not_applied_.push_back(what + ": " + describe(failure)); }

    cvat::Client& client_;
    const Restored& restored_;
    std::map<std::string, std::optional<std::int64_t>> users_;
    std::vector<std::string> not_applied_;
    std::set<std::string> owners_;
    std::size_t quality_ = 0;
};

// Asked once for each name; an unknown one is told once.
Awaitable<std::optional<std::int64_t>> Details::user(std::string name) {
    if (name.empty()) co_return std::nullopt;
    const auto known = users_.find(name);
    if (known != users_.end()) co_return known->second;
    const Result<std::optional<cvat::User>> found = co_await client_.user_of_name(name);
    std::optional<std::int64_t> id;
    if (!found) note("assignments to " + one_line(name), found.error());
    if (found && !*found) not_applied_.push_back("assignments to " + one_line(name) + ": the server has no user of this name");
    if (found && *found) id = (*found)->id;
    users_[name] = id;
    co_return id;
}

Awaitable<void> Details::put_assignee(cvat::Object object, std::string name) {
    const std::optional<std::int64_t> id = co_await user(std::move(name));
    if (!id) co_return;
    json::object change;
    change["assignee_id"] = *id;
    const Result<void> done = co_await client_.change(object, std::move(change));
    if (!done) note("the assignee of " + std::string(cvat::name(object.kind)) + " " + std::to_string(object.id), done.error());
}

Awaitable<void> Details::put_comments(const json::object& issue, std::int64_t id) {
    const json::array& comments = list_at(issue, "comments");
    for (std::size_t i = 1; i < comments.size(); ++i) {
        if (!comments[i].is_object()) continue;
        const json::object& one = comments[i].get_object();
        json::object body;
        body["issue"] = id;
        body["message"] = comment_text(text_at(one, "message"), text_at(one, "owner"), text_at(one, "created_date"), client_.about().user);
        const Result<json::value> made = co_await client_.create("comments", std::move(body));
        if (!made) note("a comment on issue " + std::to_string(id), made.error());
    }
}

// The first comment comes with the issue: the API wants a message there.
Awaitable<void> Details::put_issue(const json::object& issue, std::int64_t job) {
    const json::array& comments = list_at(issue, "comments");
    json::object first;
    if (!comments.empty() && comments.front().is_object()) first = comments.front().get_object();
    const std::string author = first.empty() ? text_at(issue, "owner") : text_at(first, "owner");
    const std::string time = first.empty() ? text_at(issue, "created_date") : text_at(first, "created_date");
    json::object body;
    body["job"] = job;
    body["frame"] = integer_at(issue, "frame");
    body["position"] = list_at(issue, "position");
    body["message"] = comment_text(text_at(first, "message"), author, time, client_.about().user);
    const std::optional<std::int64_t> assignee = co_await user(text_at(issue, "assignee"));
    if (assignee) body["assignee"] = *assignee;
    const Result<json::value> made = co_await client_.create("issues", std::move(body));
    const std::string what = "an issue on frame " + std::to_string(integer_at(issue, "frame")) + " of job " + std::to_string(job);
    if (!made) {
        note(what, made.error());
        co_return;
    }
    const std::int64_t id = JsonFields(*made, "the issue").maybe_integer("id").value_or(0);
    co_await put_comments(issue, id);
    const json::value* const resolved = issue.if_contains("resolved");
    if (resolved == nullptr || !resolved->is_bool() || !resolved->get_bool()) co_return;
    json::object change;
    change["resolved"] = true;
    const Result<void> done = co_await client_.change_issue(id, std::move(change));
    if (!done) note("that " + what + " is resolved", done.error());
}

Awaitable<void> Details::put_job(const json::object& job, std::int64_t id) {
    json::object change;
    const std::string stage = text_at(job, "stage");
    const std::string state = text_at(job, "state");
    // Every restored job is at the beginning; a new stage alone would set the state back.
    if (!stage.empty() && !state.empty() && (stage != "annotation" || state != "new")) {
        change["stage"] = stage;
        change["state"] = state;
    }
    const std::optional<std::int64_t> assignee = co_await user(text_at(job, "assignee"));
    if (assignee) change["assignee"] = *assignee;
    if (!change.empty()) {
        const Result<void> done = co_await client_.change_job(id, std::move(change));
        if (!done) note("stage, state and assignee of job " + std::to_string(id), done.error());
    }
    for (const json::value& issue : list_at(job, "issues")) {
        if (issue.is_object()) co_await put_issue(issue.get_object(), id);
    }
}

Awaitable<void> Details::put_task(const json::object& task) {
    const std::int64_t old = integer_at(task, "id");
    const auto part = std::find_if(restored_.parts.begin(), restored_.parts.end(), [&](const TaskPart& one) { return one.backup_id == old; });
    const auto id = part == restored_.parts.end() ? restored_.ids.end() : restored_.ids.find(part->index);
    if (id == restored_.ids.end()) co_return;  // without data, or left out
    cvat::Object object;
    object.kind = cvat::Kind::task;
    object.id = id->second;
    owners_.insert(text_at(task, "owner"));
    if (task.contains("quality_settings")) ++quality_;
    tell_storages(task, "task " + std::to_string(object.id));
    co_await put_assignee(object, text_at(task, "assignee"));
    // Both lists are in order of their ids, and the server makes the jobs in the order of the backup.
    const auto found = restored_.view.jobs.find(object.id);
    std::vector<cvat::Job> jobs;
    if (found != restored_.view.jobs.end()) jobs = found->second;
    std::sort(jobs.begin(), jobs.end(), [](const cvat::Job& a, const cvat::Job& b) { return a.id < b.id; });
    for (const json::value& value : list_at(task, "jobs")) {
        if (!value.is_object()) continue;
        const json::object& job = value.get_object();
        const auto same = std::find_if(jobs.begin(), jobs.end(), [&](const cvat::Job& one) {
            return (one.type.empty() || one.type == text_at(job, "type")) && one.start_frame == integer_at(job, "start_frame") &&
                   one.stop_frame == integer_at(job, "stop_frame");
        });
        if (same == jobs.end()) {
            not_applied_.push_back("stage, state, assignee and issues of job " + std::to_string(integer_at(job, "id")) + ": task " +
                                   std::to_string(object.id) + " has no such job");
            continue;
        }
        const std::int64_t number = same->id;
        jobs.erase(same);
        co_await put_job(job, number);
    }
}

void Details::tell_storages(const json::object& of, const std::string& what) {
    for (const char* key : {"source_storage", "target_storage"}) {
        const json::value* const storage = of.if_contains(key);
        const bool elsewhere = storage != nullptr && storage->is_object() && text_at(storage->get_object(), "location") == "cloud_storage";
        if (elsewhere) not_applied_.push_back("the " + std::string(key) + " of " + what + ": a cloud storage that must be attached by hand");
    }
}

void Details::tell_the_rest(const json::object& side) {
    owners_.insert(text_at(side, "owner"));
    owners_.erase("");
    owners_.erase(client_.about().user);
    std::string names;
    for (const std::string& one : owners_) names += (names.empty() ? "" : ", ") + one_line(one);
    if (!names.empty()) not_applied_.push_back("the owner (" + names + "): everything belongs to " + one_line(client_.about().user));
    if (side.contains("quality_settings")) ++quality_;
    if (quality_ > 0) not_applied_.push_back("quality settings of " + std::to_string(quality_) + " objects: they are in the side file");
    const std::size_t webhooks = list_at(side, "webhooks").size();
    if (webhooks > 0) not_applied_.push_back(std::to_string(webhooks) + " webhooks: their secrets are in no backup");
    tell_storages(side, text_at(side, "kind"));
}

Awaitable<std::vector<std::string>> Details::run(const json::object& side) {
    if (restored_.object.kind == cvat::Kind::project) co_await put_assignee(restored_.object, text_at(side, "assignee"));
    for (const json::value& task : list_at(side, "tasks")) {
        if (task.is_object()) co_await put_task(task.get_object());
    }
    tell_the_rest(side);
    co_return std::move(not_applied_);
}

}  // namespace

std::string comment_text(const std::string& message, const std::string& author, const std::string& time, const std::string& account) {
    if (author.empty() || author == account) return message.empty() ? "(no text)" : message;
    return author + (time.empty() ? "" : ", " + time) + ": " + message;
}

Awaitable<std::vector<std::string>> apply_details(cvat::Client& client, const std::string& text, const Restored& restored) {
    std::vector<std::string> problem;
    boost::system::error_code error;
    const json::value side = json::parse(text, error);
    if (error || !side.is_object() || integer_at(side.get_object(), "format") != 1) {
        problem.emplace_back("the side file cannot be read: stages, states, assignees and issues");
        co_return problem;
    }
    Details details(client, restored);
    co_return co_await details.run(side.get_object());
}

}  // namespace autobackup::restore
