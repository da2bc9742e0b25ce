// SPDX-License-Identifier: MIT
// Waiting for an export of the servers that have /api/requests (2.16 and later).
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/export_flow.hpp"
#include "lib/cvat/poll_plan.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

Awaitable<Result<std::optional<RequestRecord>>> ExportFlow::wait_for_end(std::string rq_id,
                                                                         bool look_at_once) {
    PollPlan plan(policy_.poll_first, policy_.poll_max, policy_.list_every);
    const Clock::time_point began = Clock::now();
    for (bool first = true;; first = false) {
        if (out_of_time()) co_return timed_out();
        if (!first || !look_at_once) co_await pause(plan.next_delay(async::random_fraction()));
        const auto since = std::chrono::duration_cast<Milliseconds>(Clock::now() - began);
        Result<std::optional<RequestRecord>> record = std::optional<RequestRecord>();
        if (plan.take_list_turn(since)) record = co_await poll_list(rq_id);
        if (record && !*record) record = co_await poll_id(rq_id);  // no list turn, or the list left it out
        if (!record) co_return record.error();
        if (!*record) co_return record;
        const RequestStatus status = (*record)->status;
        if (status == RequestStatus::finished || status == RequestStatus::failed) co_return record;
        // Whatever else a newer server may say: it is not the end.
        observer_.waiting((*record)->status_text, elapsed());
    }
}

Awaitable<Result<std::optional<RequestRecord>>> ExportFlow::poll_id(std::string rq_id) {
    Call poll;
    poll.path = "/api/requests/" + percent_encode(rq_id);
    poll.object = text_;
    const Result<http::Response> answer = co_await session_.call(std::move(poll));
    if (!answer) co_return answer.error();
    if (answer->head.status == 404 && form_of(answer->body) != BodyForm::html)
        co_return std::optional<RequestRecord>();
    if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "GET", text_);
    const Source source{"GET", "the export of " + text_};
    const Result<json::value> body = parse_json(answer->body, source.operation, source.object);
    if (!body) co_return body.error();
    Result<RequestRecord> record = decode_request(*body, source);
    if (!record) co_return record.error();
    co_return std::optional<RequestRecord>(std::move(*record));
}

Awaitable<Result<std::optional<RequestRecord>>> ExportFlow::poll_list(std::string rq_id) {
    const Source source{"GET", session_.object_text("the background requests")};
    const Result<json::array> items =
        co_await session_.get_all_pages("/api/requests?action=export&page_size=all", source.object);
    if (!items) co_return items.error();
    for (const json::value& item : *items) {
        // The records of other exports may look as they like.
        Result<RequestRecord> record = decode_request(item, source);
        if (record && record->id == rq_id) co_return std::optional<RequestRecord>(std::move(*record));
    }
    co_return std::optional<RequestRecord>();
}

}  // namespace autobackup::cvat
