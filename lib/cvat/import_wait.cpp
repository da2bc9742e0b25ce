// SPDX-License-Identifier: MIT
// Waiting for an import: by /api/requests (2.16 and later), or by asking the route of the upload (2.0
// to 2.15).
#include <algorithm>
#include <array>

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/decode.hpp"
#include "lib/cvat/fields.hpp"
#include "lib/cvat/import_flow.hpp"
#include "lib/cvat/poll_plan.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

// What may pass and has nothing to do with the content of the ZIP, which was proved while it was sent.
struct Passing {
    std::string_view sign;  ///< anywhere in the message
    const char* message;
};
constexpr std::array passing{
    Passing{"Work-horse", "the server's import process was killed"},
    Passing{"AbandonedJobError", "the server's worker died while it imported this"},
    Passing{"stuck in intermediate queue", "the server's worker died before it began"},
    Passing{"LockNotAvailable", "the server's database was locked"},
    Passing{"OperationalError", "the server's database did not answer"},
    Passing{"redis.exceptions", "the server's queue did not answer"},
    Passing{"BadZipFile", "the ZIP was damaged on its way, or on the server"},
};

const Passing* passing_reason(std::string_view message) {
    const auto found = std::find_if(passing.begin(), passing.end(), [&](const Passing& one) {
        return message.find(one.sign) != std::string_view::npos;
    });
    return found == passing.end() ? nullptr : &*found;
}

bool disk_is_full(std::string_view message) {
    return message.find("No space left on device") != std::string_view::npos;
}

std::string last_line(std::string_view words) {
    words = trim(words);
    if (words.starts_with("Traceback")) words = trim(words.substr(words.rfind('\n') + 1));
    return std::string(words);
}

}  // namespace

Failure ImportFlow::timed_out() const {
    Failure failure =
        fail(Errc::timeout, "restore", text_,
             "the server has not ended the import within " + human_duration(policy_.import_deadline));
    failure.hint = "it may still do so: look at the server before trying again";
    failure.transient = false;
    return failure;
}

Awaitable<Result<ImportFlow::End>> ImportFlow::failed(std::string message) {
    End end;
    const std::string words = last_line(message);
    end.failure =
        fail(Errc::bad_request, "restore", text_, "the server could not import it", cut_peer_words(words));
    end.how = How::refused;
    if (disk_is_full(words)) {
        // No other ZIP of this would fare better.
        Failure full =
            fail(Errc::server_error, "restore", text_, "the server's disk is full", end.failure.peer);
        full.hint = "make room on the disk of the server's media; nothing of this was kept there";
        co_return full;
    }
    const Passing* const why = passing_reason(words);
    if (why == nullptr) co_return end;
    end.failure.message = why->message;
    end.failure.code = Errc::server_error;
    end.failure.transient = true;
    end.how = How::again;
    // Given up is not the same as ended: what that worker has made all the same is not made a second time.
    const Result<std::optional<std::int64_t>> made = co_await object_since();
    if (!made) co_return made.error();
    if (*made) end.how = How::done;
    end.id = made->value_or(0);
    co_return end;
}

ImportFlow::End ImportFlow::done(std::int64_t id) {
    End end;
    end.how = How::done;
    end.id = id;
    return end;
}

/// The server does not know the import any more.
Awaitable<Result<ImportFlow::End>> ImportFlow::forgotten(std::string why) {
    const Result<std::optional<std::int64_t>> made = co_await object_since();
    if (!made) co_return made.error();
    if (*made) co_return done(**made);
    Failure failure =
        fail(Errc::bad_response, "restore", text_, std::move(why) + ", and nothing new is there");
    failure.hint = "the import may have failed, or still go on: look at the server before trying again";
    co_return failure;
}

Awaitable<Result<std::optional<RequestRecord>>> ImportFlow::record_of(std::string rq_id, bool from_list) {
    const Source source{"GET", "the import of " + text_};
    if (from_list) {
        const Result<json::array> items =
            co_await session_.get_all_pages("/api/requests?action=import", source.object);
        if (!items) co_return items.error();
        for (const json::value& item : *items) {
            Result<RequestRecord> record = decode_request(item, source);
            if (record && record->id == rq_id) co_return std::optional<RequestRecord>(std::move(*record));
        }
    }
    const Result<http::Response> answer =
        co_await session_.call(call_to(http::Method::get, "/api/requests/" + percent_encode(rq_id)));
    if (!answer) co_return answer.error();
    if (answer->head.status == 404 && form_of(answer->body) != BodyForm::html)
        co_return std::optional<RequestRecord>();
    if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "GET", text_);
    const Result<json::value> body = parse_json(answer->body, source.operation, source.object);
    if (!body) co_return body.error();
    Result<RequestRecord> record = decode_request(*body, source);
    if (!record) co_return record.error();
    co_return std::optional<RequestRecord>(std::move(*record));
}

Awaitable<Result<ImportFlow::End>> ImportFlow::wait(std::string rq_id) {
    if (rq_id.empty()) co_return co_await wait_for_object();
    if (session_.about().family == Family::a) co_return co_await wait_old(std::move(rq_id));
    PollPlan plan(policy_.poll_first, policy_.poll_max, policy_.list_every);
    int unanswered = 0;  // polls; each was tried several times already
    while (elapsed() < policy_.import_deadline) {
        co_await async::sleep_for(plan.next_delay(async::random_fraction()));
        const bool from_list = plan.take_list_turn(elapsed());
        const Result<std::optional<RequestRecord>> record = co_await record_of(rq_id, from_list);
        const bool passing = !record && record.error().transient && ++unanswered < policy_.attempts;
        if (passing) continue;
        if (!record) co_return record.error();
        unanswered = 0;
        if (!*record) co_return co_await forgotten("the server does not know the import any more");
        const RequestRecord& told = **record;
        if (told.status == RequestStatus::failed) co_return co_await failed(told.message);
        if (told.status == RequestStatus::finished && !told.result_id)
            co_return co_await forgotten("the finished import names no object");
        if (told.status == RequestStatus::finished) co_return done(*told.result_id);
        observer_.waiting(told.status_text, elapsed());
    }
    co_return timed_out();
}

/// 202 until 201 {"id"}, which is told once, or a 500 with the reason as a JSON string, told once as well.
Awaitable<Result<ImportFlow::End>> ImportFlow::wait_old(std::string rq_id) {
    PollPlan plan(policy_.poll_first, policy_.poll_max, policy_.import_deadline);
    const json::object question{{"rq_id", rq_id}};
    while (elapsed() < policy_.import_deadline) {
        co_await async::sleep_for(plan.next_delay(async::random_fraction()));
        Call poll = call_to(http::Method::post, route());
        poll.body = json::serialize(question);
        poll.json_500_is_answer = true;
        const Result<http::Response> answer = co_await session_.call(std::move(poll));
        if (!answer) co_return answer.error();
        const int status = answer->head.status;
        if (status == 500) co_return co_await failed(peer_words(answer->body));
        if (status == 400) {
            // What is not known (any more), also after an answer that was lost on its way; the reason of a
            // failed import reads otherwise.
            const bool unknown = answer->body.find("No file was submitted") != std::string::npos;
            if (unknown) co_return co_await forgotten("the server does not know the import any more");
            co_return co_await failed(peer_words(answer->body));
        }
        if (status / 100 != 2) co_return answer_failure(*answer, "POST", text_);
        const Result<json::value> body = parse_json(answer->body, "POST", text_);
        if (!body) co_return body.error();
        const std::optional<std::int64_t> id = JsonFields(*body, "the answer").maybe_integer("id");
        if (status == 201 && !id) co_return co_await forgotten("the finished import names no object");
        if (status == 201) co_return done(*id);
        observer_.waiting("started", elapsed());
    }
    co_return timed_out();
}

/// The import goes on under an id that nobody told us.
Awaitable<Result<ImportFlow::End>> ImportFlow::wait_for_object() {
    PollPlan plan(policy_.poll_first, policy_.poll_max, policy_.import_deadline);
    while (elapsed() < policy_.unseen_deadline) {
        co_await async::sleep_for(plan.next_delay(async::random_fraction()));
        const Result<std::optional<std::int64_t>> made = co_await object_since();
        if (!made) co_return made.error();
        if (*made) co_return done(**made);
        observer_.waiting("begun", elapsed());
    }
    co_return co_await forgotten("the server has taken the upload, but its answer was lost");
}

}  // namespace autobackup::cvat
