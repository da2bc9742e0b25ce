// SPDX-License-Identifier: MIT
// The end of an upload, which makes an object of it. Nothing guards a server against restoring twice (each
// import has an id of its own), so that a lost answer is never answered by a second upload: what the first
// has done is looked for.
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/client_impl.hpp"
#include "lib/cvat/decode.hpp"
#include "lib/cvat/fields.hpp"
#include "lib/cvat/import_flow.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

// The objects of a page; null: it is none.
const json::array* results_of(const json::value& page) {
    const json::value* const results = page.is_object() ? page.get_object().if_contains("results") : nullptr;
    return results != nullptr ? results->if_array() : nullptr;
}

}  // namespace

Awaitable<Result<void>> ImportFlow::remember() {
    const std::string list = std::string("/api/") + name(file_.kind) + "s";
    const std::string object = session_.object_text(std::string("newest ") + name(file_.kind));
    // In no workspace: ids count for the whole server, and of what this account makes it sees everything.
    const Result<json::value> page = co_await session_.get_json(list + "?page_size=1&sort=-id", object);
    if (!page) co_return page.error();
    newest_before_ = 0;
    const json::array* const results = results_of(*page);
    if (results == nullptr) co_return bad_answer("GET", object, "the answer is no list", std::string_view());
    for (const json::value& one : *results)
        newest_before_ = JsonFields(one, "the object").integer("id");
    if (session_.about().family == Family::a) co_return Result<void>();
    Result<std::set<std::string>> requests = co_await import_requests();
    if (!requests) co_return requests.error();
    requests_before_ = std::move(*requests);
    co_return Result<void>();
}

Awaitable<Result<std::set<std::string>>> ImportFlow::import_requests() {
    const Source source{"GET", session_.object_text("the background requests")};
    const Result<json::array> items =
        co_await session_.get_all_pages("/api/requests?action=import", source.object);
    if (!items) co_return items.error();
    std::set<std::string> ids;
    for (const json::value& item : *items) {
        const Result<RequestRecord> record = decode_request(item, source);
        // Filters that a server does not know are ignored by it: look again.
        const bool fits = record && (record->type.empty() || record->type == "import:backup") &&
                          (record->target.empty() || record->target == name(file_.kind));
        if (fits) ids.insert(record->id);
    }
    co_return ids;
}

/// "" when there is none (yet).
Awaitable<Result<std::optional<std::string>>> ImportFlow::import_since() {
    const Result<std::set<std::string>> now = co_await import_requests();
    if (!now) co_return now.error();
    std::optional<std::string> found;
    for (const std::string& id : *now) {
        if (requests_before_.contains(id)) continue;
        if (found) {
            Failure failure = fail(Errc::too_busy, "restore", text_,
                                   "the answer to the finishing request was lost, and this account has begun "
                                   "several restores since");
            failure.hint = "which of them is this one cannot be told: look at the server before trying again";
            co_return failure;
        }
        found = id;
    }
    co_return found;
}

Awaitable<Result<std::optional<std::string>>> ImportFlow::finish() {
    const bool listed = session_.about().family != Family::a;
    bool lost = false;
    bool taken = false;
    for (int tries = 1;; ++tries) {
        if (!taken) {
            Call call = call_to(http::Method::post, route() + "?filename=" + percent_encode(upload_name_));
            call.headers.emplace_back("Upload-Finish", "true");
            // On a connection of its own: on a kept one that turns out dead the client repeats a request by
            // itself, and the second finish would be refused although the first one counts.
            session_.http().close_idle();
            const Result<http::Response> answer = co_await session_.once(call);
            const int status = answer ? answer->head.status : 0;
            if (answer && status / 100 == 2) {
                std::string rq_id = decode_rq_id(answer->body);
                if (!rq_id.empty()) co_return std::optional<std::string>(std::move(rq_id));
            }
            // The upload is used up by the first finish that arrives, so that a second one can only be
            // refused.
            const bool unknown = answer && status == 400;
            if (unknown && !lost) co_return std::optional<std::string>();
            if (answer && status / 100 != 2 && !unknown) co_return answer_failure(*answer, "POST", text_);
            if (!answer && !answer.error().transient) co_return answer.error();
            lost = true;
            taken = unknown || (answer && status / 100 == 2);
        }
        if (taken && !listed) co_return std::optional<std::string>(std::string());
        if (listed) {
            const Result<std::optional<std::string>> found = co_await import_since();
            if (!found) co_return found.error();
            if (*found) co_return found;
        }
        if (tries >= policy_.attempts && taken) co_return std::optional<std::string>(std::string());
        if (tries >= policy_.attempts) {
            Failure failure = fail(Errc::connection_closed, "POST", text_,
                                   "the answer to the finishing request was lost, again and again");
            failure.hint = "the server may have begun the restore: look there before trying again";
            failure.transient = false;
            co_return failure;
        }
        co_await pause(tries);
    }
}

Awaitable<Result<std::optional<std::int64_t>>> ImportFlow::object_since() {
    const std::string kind = name(file_.kind);
    Context where;
    where.organization = organization_;
    std::string path = in_context("/api/" + kind + "s?page_size=100&sort=-id", where);
    const std::string object = session_.object_text(kind + "s that are new");
    const Result<json::value> page = co_await session_.get_json(std::move(path), object);
    if (!page) co_return page.error();
    const json::array* const results = results_of(*page);
    if (results == nullptr) co_return bad_answer("GET", object, "the answer is no list", std::string_view());
    std::optional<std::int64_t> found;
    for (const json::value& one : *results) {
        Fields fields(one, "the object");
        const std::int64_t id = fields.integer("id");
        const std::optional<User> owner = fields.maybe_user("owner");
        const bool ours = id > newest_before_ && owner && owner->id == session_.about().user_id;
        if (ours && (file_.name.empty() || fields.maybe_text("name") == file_.name)) found = id;
    }
    co_return found;
}

}  // namespace autobackup::cvat
