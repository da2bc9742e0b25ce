// SPDX-License-Identifier: MIT
#include "lib/cvat/download.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "lib/async/run.hpp"
#include "lib/cvat/download_limits.hpp"
#include "lib/cvat/export_flow.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace {
/// Rounds of "the export has not finished" before it counts as edited all the time.
constexpr int unfinished_rounds = 5;

using Clock = std::chrono::steady_clock;
Milliseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<Milliseconds>(Clock::now() - start);
}
}  // namespace

bool is_single_shot(std::string_view url_path) {
    return url_path.find("action=download") != std::string_view::npos;
}

Download::Download(Exporter& exporter, Object object, Exporter::Ready ready, std::filesystem::path file,
                   ExportObserver& observer)
    : exporter_(exporter),
      session_(exporter.session()),
      object_(object),
      ready_(std::move(ready)),
      path_(std::move(file)),
      observer_(observer),
      text_(session_.object_text(object)),
      file_(path_, text_, exporter.policy_.digest || session_.about().family == Family::a) {
    out_.path = path_;
    out_.export_attempts = ready_.attempts;
    out_.export_time = ready_.took;
    out_.download_attempts = 0;
}

Awaitable<Result<ExportedFile>> Download::run() {
    auto open = [this] { return file_.open(exporter_.workers_.stop_token()); };
    const Result<void> opened = co_await exporter_.workers_.run(std::move(open));
    if (!opened) co_return opened.error();
    Result<ExportedFile> result = fail_cancelled("GET", text_);
    std::exception_ptr cancelled;
    try {
        result = co_await tries();
    } catch (...) {
        cancelled = std::current_exception();
    }
    // Until the file is left behind in order the wish to stop waits; then it goes on as the exception.
    if (cancelled) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (!result) co_await leave();
    if (cancelled) std::rethrow_exception(cancelled);
    co_return result;
}

Awaitable<Result<ExportedFile>> Download::tries() {
    async::Turnstile::Pass pass = co_await exporter_.transfers_.enter();
    Clock::time_point began = Clock::now();
    for (;;) {
        const Step step = co_await one_try();
        if (step == Step::give_up) co_return failure_;
        if (step == Step::wait_again || step == Step::wait_export) {
            const auto wait = retry_wait(failure_, failures_in_row_, exporter_.policy_.attempts,
                                         exporter_.policy_.retry_delay, exporter_.policy_.retry_max_delay,
                                         async::random_fraction());
            if (!wait) co_return failure_;
            co_await async::sleep_for(*wait);
        }
        if (step == Step::export_again || step == Step::wait_export) {
            // Not while a place among the downloads is held: others could use it meanwhile.
            out_.download_time += since(began);
            pass.release();
            const Result<void> asked = co_await export_again();
            if (!asked) co_return asked.error();
            pass = co_await exporter_.transfers_.enter();
            began = Clock::now();
        }
        if (step == Step::done) {
            out_.download_time += since(began);
            co_return co_await finish();
        }
    }
}

Awaitable<Result<http::Request>> Download::request() {
    Call call;
    call.path = ready_.url_path;
    call.object = text_;
    call.accept = accept_any;
    Result<http::Request> request = co_await session_.request(std::move(call));
    if (!request || file_.size() == 0) co_return request;
    request->headers.set("Range", "bytes=" + std::to_string(file_.size()) + "-");
    const std::string& etag = file_.stamp().etag;
    const bool single_shot = is_single_shot(ready_.url_path);
    // A 412 would use up a single-shot result. In family A the ETag outlives a new export: If-Range, and a
    // mismatch brings the whole file at once. In B every export moves it, so that If-Range would never match:
    // there the stamp of the 206 tells.
    if (!etag.empty() && single_shot && session_.about().family == Family::a)
        request->headers.set("If-Range", etag);
    if (!etag.empty() && !single_shot && condition_) request->headers.set("If-Match", etag);
    co_return request;
}

Awaitable<Download::Step> Download::one_try() {
    Result<http::Request> asked = co_await request();
    if (!asked) co_return give_up(asked.error());
    const std::uint64_t offset = file_.size();
    DownloadSink sink(file_, exporter_.workers_, observer_, approved_total_, text_);
    ++out_.download_attempts;
    Result<http::Response> answer = fail_cancelled("GET", text_);
    std::exception_ptr cancelled;
    try {
        answer = co_await session_.http().stream(std::move(*asked), sink, session_.settings().limits);
    } catch (...) {
        cancelled = std::current_exception();
    }
    // What is still in memory belongs to it.
    if (cancelled) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const Result<void> stored = co_await sink.flush();
    if (cancelled) std::rethrow_exception(cancelled);
    const TakeBody action = sink.decision().action;
    const bool appended = action == TakeBody::append && offset > 0 && (answer || sink.received() > 0);
    if (appended) ++out_.resumed;

    if (sink.refusal()) co_return give_up(*sink.refusal());
    if (!stored) co_return give_up(stored.error());
    if (action == TakeBody::restart) {
        if (++restarts_ > exporter_.policy_.attempts) {
            co_return give_up(
                fail(Errc::too_busy, "GET", text_, "the file on the server changes at every try"));
        }
        const Result<void> emptied = co_await restart();
        if (!emptied) co_return give_up(emptied.error());
        if (is_single_shot(ready_.url_path)) co_return Step::export_again;
        co_return Step::again;
    }
    if (!answer) co_return after_cut(answer.error(), sink.received());
    if (action == TakeBody::not_a_file) {
        if (answer->head.status == 416) {
            const Result<void> emptied = co_await restart();
            if (!emptied) co_return give_up(emptied.error());
        }
        co_return after_error(*answer);
    }
    const std::uint64_t total = file_.stamp().total;
    if (file_.size() == 0 || (total != 0 && file_.size() != total)) {
        co_return after_cut(fail(Errc::connection_closed, "GET", text_, "the file ended before its length"),
                            sink.received());
    }
    co_return Step::done;
}

Awaitable<Result<void>> Download::restart() {
    condition_ = true;
    auto empty = [this] { return file_.restart(); };
    co_return co_await exporter_.workers_.run(std::move(empty));
}

Download::Step Download::give_up(Failure failure) {
    failure_ = std::move(failure);
    return Step::give_up;
}

Download::Step Download::after_cut(Failure failure, std::uint64_t received) {
    if (!failure.transient) return give_up(std::move(failure));
    failures_in_row_ = received >= progress_bytes ? 1 : failures_in_row_ + 1;
    failure_ = std::move(failure);
    attach_to_.clear();
    return is_single_shot(ready_.url_path) ? Step::wait_export : Step::wait_again;
}

Download::Step Download::after_error(const http::Response& answer) {
    Failure failure = answer_failure(answer, "GET", text_);
    switch (classify_download(answer.head.status, answer.body)) {
        case DownloadProblem::changed:
            // Another ETag may be the same file built again: ask once without the condition and compare the
            // stamps.
            condition_ = false;
            return Step::again;
        case DownloadProblem::out_of_range:
            if (++restarts_ > exporter_.policy_.attempts) {
                failure.code = Errc::bad_response;
                failure.message = "the file on the server is shorter than its Content-Length says";
                return give_up(std::move(failure));
            }
            return is_single_shot(ready_.url_path) ? Step::export_again : Step::again;
        case DownloadProblem::expired:
        case DownloadProblem::result_lost:
            attach_to_.clear();
            result_lost_ = classify_download(answer.head.status, answer.body) == DownloadProblem::result_lost;
            if (++expired_ < exporter_.policy_.attempts) return Step::export_again;
            failure.code = Errc::export_expired;
            failure.message = "the server removes every result before it can be fetched";
            return give_up(std::move(failure));
        case DownloadProblem::not_finished:
            attach_to_ = ready_.rq_id;
            if (++unfinished_ <= unfinished_rounds) return Step::export_again;
            failure.code = Errc::too_busy;
            failure.transient = true;
            failure.message =
                "edited constantly: the server starts the export anew whenever it could be fetched";
            return give_up(std::move(failure));
        case DownloadProblem::other:
            break;
    }
    return after_cut(std::move(failure), 0);
}

Awaitable<Result<void>> Download::export_again() {
    condition_ = true;
    if (result_lost_) {
        ExportFlow flow(session_, exporter_.policy_, object_, observer_);
        const Result<void> escaped = co_await flow.escape();
        if (!escaped) co_return escaped.error();
        result_lost_ = false;
    }
    Result<Exporter::Ready> ready = co_await exporter_.ready(object_, std::move(attach_to_), observer_);
    attach_to_ = std::string();
    if (!ready) co_return ready.error();
    out_.export_attempts += ready->attempts;
    out_.export_time += ready->took;
    ready_ = std::move(*ready);
    co_return Result<void>();
}

Awaitable<void> Download::leave() {
    auto work = [this] { file_.leave(); };
    co_await exporter_.workers_.run(std::move(work));
}

Awaitable<Result<ExportedFile>> Download::finish() {
    auto end = [this] { return file_.finish(); };
    const Result<std::string> digest = co_await exporter_.workers_.run(std::move(end));
    if (!digest) co_return digest.error();
    out_.bytes = file_.size();
    out_.content_disposition = file_.stamp().content_disposition;
    out_.sha256 = *digest;
    observer_.request_id(std::string());
    co_return out_;
}

}  // namespace autobackup::cvat
