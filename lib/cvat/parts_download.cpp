// SPDX-License-Identifier: MIT
#include "lib/cvat/parts_download.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "lib/async/run.hpp"
#include "lib/cvat/download_limits.hpp"
#include "lib/cvat/parts_sink.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace {
using Clock = std::chrono::steady_clock;
}  // namespace

PartsDownload::PartsDownload(Exporter& exporter, Object object, Exporter::Ready ready, std::filesystem::path file,
                             const HeldContent& held, ExportObserver& observer)
    : exporter_(exporter),
      session_(exporter.session()),
      object_(object),
      ready_(std::move(ready)),
      path_(std::move(file)),
      held_(held),
      observer_(observer),
      text_(session_.object_text(object)) {
    out_.path = path_;
    out_.export_attempts = ready_.attempts;
    out_.export_time = ready_.took;
    out_.download_attempts = 0;
}

PartsDownload::~PartsDownload() = default;

Awaitable<std::optional<ExportedFile>> PartsDownload::run() {
    file_ = std::make_shared<PartsFile>(path_, text_);
    const async::Turnstile::Pass pass = co_await exporter_.transfers_.enter();
    const Clock::time_point began = Clock::now();
    auto open = [file = file_] { return file->open(); };
    const Result<void> opened = co_await exporter_.workers_.run(std::move(open));
    bool fetched = opened.has_value();
    std::exception_ptr cancelled;
    try {
        if (fetched) fetched = co_await fetch();
    } catch (...) {
        cancelled = std::current_exception();
    }
    // Until the file is left behind in order the wish to stop waits; then it goes on as the exception.
    if (cancelled) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await close(fetched && !cancelled, cancelled || broken_);
    if (cancelled) std::rethrow_exception(cancelled);
    std::optional<ExportedFile> result;
    if (!fetched) co_return result;
    out_.download_time = std::chrono::duration_cast<Milliseconds>(Clock::now() - began);
    out_.content_disposition = stamp_.content_disposition;
    out_.absent = std::move(plan_.absent);
    observer_.request_id(std::string());
    result = std::move(out_);
    co_return result;
}

Awaitable<void> PartsDownload::close(bool fetched, bool stopped) {
    auto work = [file = file_, fetched, stopped] {
        if (fetched) return file->keep();
        stopped ? file->leave() : file->remove();
    };
    co_await exporter_.workers_.run(std::move(work));
}

Awaitable<bool> PartsDownload::fetch() {
    if (!co_await fetch_tail()) co_return false;
    if (!co_await plan()) co_return false;
    if (file_->left_over() > 0) ++out_.resumed;
    std::uint64_t left = 0;
    for (const ByteRange& range : plan_.ranges) {
        for (const ByteRange& part : file_->missing(range)) left += part.bytes();
    }
    expected_ = out_.bytes + left;
    const Result<void> agreed = observer_.before_download(left);
    if (!agreed) co_return false;
    for (const ByteRange& range : plan_.ranges) {
        if (!co_await fetch_missing(range)) co_return false;
    }
    co_return true;
}

Awaitable<bool> PartsDownload::fetch_tail() {
    std::uint64_t done = 0;
    const Outcome first = co_await ask("-" + std::to_string(tail_guess(held_)), std::nullopt, done);
    if (first == Outcome::useless || stamp_.total == 0) co_return false;
    if (first == Outcome::broken) {
        if (!co_await wait_after_break(done)) co_return false;
        ByteRange rest;
        rest.begin = have_from_ + done;
        rest.end = stamp_.total;
        if (!co_await fetch_missing(rest)) co_return false;
    }
    auto find = [path = path_] { return zip::Archive::find_directory(path); };
    const Result<std::uint64_t> directory = co_await exporter_.workers_.run(std::move(find));
    if (!directory) co_return false;
    if (*directory >= have_from_) co_return true;
    ByteRange more;
    more.begin = *directory;
    more.end = have_from_;
    if (!co_await fetch_missing(more)) co_return false;
    have_from_ = *directory;
    co_return true;
}

Awaitable<bool> PartsDownload::plan() {
    auto work = [path = path_, have_from = have_from_, &held = held_]() -> std::optional<PartsPlan> {
        const Result<zip::Archive> archive = zip::Archive::open(path);
        if (!archive) return std::nullopt;
        return plan_parts(archive->members(), archive->directory_offset(), have_from, held);
    };
    std::optional<PartsPlan> planned = co_await exporter_.workers_.run(std::move(work));
    if (!planned) co_return false;
    plan_ = std::move(*planned);
    co_return true;
}

// What an earlier process has left is not asked for again.
Awaitable<bool> PartsDownload::fetch_missing(ByteRange range) {
    const std::vector<ByteRange> parts = file_->missing(range);
    for (const ByteRange& part : parts) {
        if (!co_await fetch_range(part)) co_return false;
    }
    co_return true;
}

// As many requests as it takes, each from where the last one broke.
Awaitable<bool> PartsDownload::fetch_range(ByteRange range) {
    for (;;) {
        std::uint64_t done = 0;
        std::string words = std::to_string(range.begin) + "-" + std::to_string(range.end - 1);
        const Outcome outcome = co_await ask(std::move(words), range, done);
        if (outcome == Outcome::useless) co_return false;
        range.begin += done;
        if (range.begin == range.end) co_return true;
        if (!co_await wait_after_break(done)) co_return false;
    }
}

Awaitable<bool> PartsDownload::wait_after_break(std::uint64_t received) {
    if (received > 0) ++out_.resumed;
    failures_in_row_ = received >= progress_bytes ? 1 : failures_in_row_ + 1;
    const auto wait = retry_wait(failure_, failures_in_row_, exporter_.policy_.attempts, exporter_.policy_.retry_delay,
                                 exporter_.policy_.retry_max_delay, async::random_fraction());
    broken_ = !wait;
    if (broken_) co_return false;
    co_await async::sleep_for(*wait);
    co_return true;
}

Awaitable<PartsDownload::Outcome> PartsDownload::ask(std::string wanted, std::optional<ByteRange> range,
                                                     std::uint64_t& done) {
    Call call;
    call.path = ready_.url_path;
    call.object = text_;
    call.accept = accept_any;
    Result<http::Request> request = co_await session_.request(std::move(call));
    if (!request) co_return Outcome::useless;
    request->headers.set("Range", "bytes=" + wanted);
    if (range) request->headers.set("If-Match", stamp_.etag);
    PartsSink sink(file_, exporter_.workers_, range, stamp_);
    const std::uint64_t before = out_.bytes;
    sink.on_progress = [this, before](std::uint64_t received) {
        observer_.progress(before + received, std::max(before + received, expected_));
    };
    ++out_.download_attempts;
    const Result<http::Response> answer =
        co_await session_.http().stream(std::move(*request), sink, session_.settings().limits);
    static_cast<void>(co_await sink.flush());
    if (sink.store_failed()) co_return Outcome::useless;
    if (!sink.taken()) {
        // A passing trouble in front of the server (5xx, 429, a refused connection) is worth another try.
        failure_ = !answer ? answer.error() : answer_failure(*answer, "GET", text_);
        co_return failure_.transient && range ? Outcome::broken : Outcome::useless;
    }
    done = sink.received();
    out_.bytes += done;
    if (!range) {
        stamp_ = sink.stamp();
        have_from_ = sink.range().begin;
    }
    if (answer && done == sink.range().bytes()) co_return Outcome::whole;
    failure_ = answer ? fail(Errc::connection_closed, "GET", text_, "the part ended before its length") : answer.error();
    co_return failure_.transient ? Outcome::broken : Outcome::useless;
}

}  // namespace autobackup::cvat
