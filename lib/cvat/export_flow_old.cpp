// SPDX-License-Identifier: MIT
// The old way (2.0 to 2.15): one GET starts, polls and tells the end. Facts: CVAT 2.14.4 as run
// (family-a.md).
#include <algorithm>

#include "lib/async/run.hpp"
#include "lib/cvat/export_answer.hpp"
#include "lib/cvat/export_failure.hpp"
#include "lib/cvat/export_flow.hpp"
#include "lib/cvat/poll_plan.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace {
constexpr std::string_view local_target = "/backup?use_default_location=false&location=local";
constexpr std::string_view cloud_target = "/backup?use_default_location=false&location=cloud_storage";
}  // namespace

/// A finished job whose file is gone answers 201, then 500, for hours; asking for a cloud target without
/// naming one deletes the finished job and harms neither a running one nor the object. Any answer will do.
Awaitable<Result<void>> ExportFlow::escape() {
    Call call;
    call.path = object_path() + std::string(cloud_target);
    call.object = text_;
    call.json_500_is_answer = true;
    const Result<http::Response> answer = co_await session_.call(std::move(call));
    if (!answer) co_return answer.error();
    co_return Result<void>();
}

Awaitable<Result<Exporter::Ready>> ExportFlow::run_old() {
    // Quick at first: every poll after an edit throws the build away, so a short build must be met before the
    // next edit.
    PollPlan plan(std::min(policy_.poll_first, Milliseconds(200)), policy_.poll_max, policy_.list_every);
    int started_over = 0;
    for (;;) {
        if (out_of_time()) co_return timed_out();
        Call poll;
        poll.path = object_path() + std::string(local_target);
        poll.object = text_;
        poll.json_500_is_answer = true;
        const Result<http::Response> answer = co_await session_.call(std::move(poll));
        if (!answer) co_return answer.error();
        const OldAnswer meaning = classify_old(*answer);
        if (meaning == OldAnswer::ready) {
            Exporter::Ready ready;
            ready.url_path = object_path() + std::string(local_target) + "&action=download";
            co_return ready;
        }
        if (meaning == OldAnswer::failed) co_return export_failure(peer_words(answer->body), text_);
        if (meaning == OldAnswer::refused) co_return answer_failure(*answer, "GET", text_);
        if (meaning == OldAnswer::no_data) co_return no_data(*answer, "GET");
        if (meaning == OldAnswer::lost_result || meaning == OldAnswer::start_over) {
            if (++started_over > 2) {
                co_return fail(Errc::export_expired, "export", text_, "the server loses every result",
                               peer_words(answer->body));
            }
            if (meaning == OldAnswer::start_over) continue;
            const Result<void> escaped = co_await escape();
            if (!escaped) co_return escaped.error();
            continue;
        }
        observer_.waiting("started", elapsed());  // 202 is queued or started: this server does not tell which
        co_await pause(plan.next_delay(async::random_fraction()));
    }
}

}  // namespace autobackup::cvat
