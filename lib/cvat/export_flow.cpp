// SPDX-License-Identifier: MIT
#include "lib/cvat/export_flow.hpp"

#include <algorithm>

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/export_answer.hpp"
#include "lib/cvat/export_failure.hpp"
#include "lib/cvat/poll_plan.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

ExportFlow::ExportFlow(Session& session, const ExportPolicy& policy, Object object, ExportObserver& observer)
    : session_(session),
      policy_(policy),
      object_(object),
      observer_(observer),
      text_(session.object_text(object)) {}

void ExportFlow::start_clock() {
    if (!started_) started_ = Clock::now();
}

Milliseconds ExportFlow::elapsed() const {
    return started_ ? std::chrono::duration_cast<Milliseconds>(Clock::now() - *started_) : Milliseconds(0);
}

bool ExportFlow::out_of_time() const {
    return elapsed() >= policy_.export_deadline;
}

Awaitable<void> ExportFlow::pause(Milliseconds delay) {
    const Milliseconds left = policy_.export_deadline - elapsed();
    co_await async::sleep_for(std::clamp(delay, Milliseconds(0), std::max(left, Milliseconds(0))));
}

Failure ExportFlow::timed_out() const {
    return fail(
        Errc::export_timeout, "export", text_,
        "the export was not ready within " + human_duration(policy_.export_deadline) + " (export_deadline)");
}

Failure ExportFlow::no_data(const http::Response& answer, std::string operation) const {
    Failure failure = answer_failure(answer, std::move(operation), text_);
    failure.code = Errc::no_data;
    failure.message = "the task has no data";
    failure.transient = false;
    return failure;
}

std::string ExportFlow::object_path() const {
    return std::string("/api/") + name(object_.kind) + "s/" + std::to_string(object_.id);
}

Awaitable<Result<Exporter::Ready>> ExportFlow::run(std::string known_request) {
    start_clock();
    if (session_.about().family == Family::a) return run_old();
    return run_requests(std::move(known_request));
}

Awaitable<Result<Exporter::Ready>> ExportFlow::run_requests(std::string rq_id) {
    bool known = !rq_id.empty();
    bool attached = known;
    for (int round = 1; round <= std::max(policy_.attempts, 2); ++round) {
        if (rq_id.empty()) {
            const Result<Posted> posted = co_await post();
            if (!posted) co_return posted.error();
            rq_id = posted->rq_id;
            attached = posted->attached;
            observer_.request_id(rq_id);
        }
        const Result<std::optional<RequestRecord>> end = co_await wait_for_end(rq_id, known);
        if (!end) co_return end.error();
        const bool expired = !*end;
        const bool failed = !expired && (*end)->status == RequestStatus::failed;
        // How an earlier run's export ended says nothing about asking now.
        if (failed && !known) co_return export_failure((*end)->message, text_);
        bool outdated = false;
        if (!expired && !failed && attached && round <= 2) {
            const Result<bool> edited = co_await edited_since((*end)->created_date);
            if (!edited) co_return edited.error();
            outdated = *edited;
        }
        if (!expired && !failed && !outdated) co_return ready_from(**end);
        known = false;
        rq_id.clear();
    }
    co_return fail(Errc::export_expired, "export", text_,
                   "the server forgets every export of this before it is ready");
}

/// An export that somebody asked for before us holds the state of that moment. `asked` and updated_date are
/// of one clock.
Awaitable<Result<bool>> ExportFlow::edited_since(std::optional<Instant> asked) {
    const Source source{"GET", text_};
    const Result<json::value> value = co_await session_.get_json(object_path(), text_);
    if (!value) co_return value.error();
    Instant updated;
    if (object_.kind == Kind::project) {
        const Result<Project> project = decode_project(*value, source);
        if (!project) co_return project.error();
        updated = project->updated_date;
    } else {
        const Result<Task> task = decode_task(*value, source);
        if (!task) co_return task.error();
        updated = task->updated_date;
    }
    co_return !asked || updated > *asked;
}

Awaitable<Result<ExportFlow::Posted>> ExportFlow::post() {
    constexpr int rounds = 3;
    for (int round = 1; round <= rounds; ++round) {
        Call ask;
        ask.method = http::Method::post;
        // Without location the object's own target decides, and a result in a cloud storage cannot be
        // downloaded from here.
        ask.path = object_path() + "/backup/export?" +
                   (session_.about().family == Family::b ? "use_default_location=false&" : "") +
                   "location=local&lightweight=false";
        ask.object = text_;
        const Result<http::Response> answer = co_await session_.call(std::move(ask));
        if (!answer) co_return answer.error();
        PostDecision decision = classify_post(*answer);
        Posted posted;
        posted.rq_id = std::move(decision.rq_id);
        posted.attached = decision.answer == PostAnswer::running;
        if (decision.answer == PostAnswer::no_id)
            co_return bad_answer("POST", text_, "the answer lacks the key rq_id", answer->body);
        if (decision.answer == PostAnswer::no_data) co_return no_data(*answer, "POST");
        if (decision.answer == PostAnswer::no_such_route) {
            Failure failure = answer_failure(*answer, "POST", text_);
            failure.code = Errc::unsupported;
            failure.message = "the server does not know this way of exporting";
            co_return failure;
        }
        if (decision.answer == PostAnswer::refused) co_return answer_failure(*answer, "POST", text_);
        if (posted.rq_id.empty()) {
            Result<std::string> running = co_await find_running();
            if (!running) co_return running.error();
            posted.rq_id = std::move(*running);
        }
        if (!posted.rq_id.empty()) co_return posted;
        co_await pause(policy_.poll_first);  // it ended between the two calls
    }
    co_return fail(Errc::too_busy, "POST", text_,
                   "the server says that the export runs already (409), but lists none");
}

/// Up to 2.36 a 409 does not name the export that runs; "" when the list holds none.
Awaitable<Result<std::string>> ExportFlow::find_running() {
    const std::string kind = name(object_.kind);
    std::string path = "/api/requests?action=export&target=" + kind + "&subresource=backup&" + kind +
                       "_id=" + std::to_string(object_.id);
    const Source source{"GET", text_};
    const Result<json::array> items = co_await session_.get_all_pages(std::move(path), text_);
    if (!items) co_return items.error();
    const Result<std::vector<RequestRecord>> records =
        decode_all<RequestRecord>(*items, source, decode_request);
    if (!records) co_return records.error();
    for (const RequestRecord& record : *records) {
        // Filters that a server does not know are ignored by it: look again.
        const bool ours = (record.type.empty() || record.type == "export:backup") &&
                          (record.target.empty() || record.target == kind) &&
                          (!record.target_id || *record.target_id == object_.id);
        const bool ended = record.status == RequestStatus::finished || record.status == RequestStatus::failed;
        if (ours && !ended) co_return record.id;
    }
    co_return std::string();
}

Result<Exporter::Ready> ExportFlow::ready_from(const RequestRecord& record) const {
    Exporter::Ready ready;
    ready.rq_id = record.id;
    if (record.stored_elsewhere) {
        return fail(Errc::unsupported, "export", text_,
                    "the server stored the result in a cloud storage, not where it can be downloaded");
    }
    if (!record.result_url) {
        ready.url_path = object_path() + "/backup/download?rq_id=" + percent_encode(record.id);
        return ready;
    }
    const auto path = rebased(*record.result_url, session_.base_path());
    if (!path)
        return bad_answer("GET", text_, "the finished export has a result_url that is no URL",
                          *record.result_url);
    ready.url_path = *path;
    return ready;
}

}  // namespace autobackup::cvat
