// SPDX-License-Identifier: MIT
// The upload of a ZIP: TUS 1.0.0 without extensions, with the deviations of CVAT (contract §8, family A §5).
//
// Only the chunk in work is kept: the server's offset moves by whole requests and never back, so that nothing
// before the chunk is ever asked for again. A server that has lost the upload is given it anew from the first
// byte.
#include <charconv>

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/family.hpp"
#include "lib/cvat/import_flow.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace {

constexpr std::size_t smallest_chunk = std::size_t{1} << 20;

std::optional<std::uint64_t> number_of(const http::Headers& headers, std::string_view name) {
    const std::string* const text = headers.find(name);
    std::uint64_t value = 0;
    if (text == nullptr) return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return value;
}

// Up to 2.4 the name is used as it is in a folder that all users share: a second upload of one name is
// refused there.
std::string unique_name(Kind kind) {
    const auto random = static_cast<std::uint64_t>(async::random_fraction() * 9e15);
    return std::string("autobackup-") + name(kind) + "-" + std::to_string(now().time_since_epoch().count()) +
           "-" + std::to_string(random) + ".zip";
}

// Whatever ends the sending, a producer that waits must not wait for ever.
struct Abandon {
    UploadPipe& pipe;
    ~Abandon() { pipe.abandon(); }
};

}  // namespace

Awaitable<void> ImportFlow::produce(std::shared_ptr<UploadPipe> pipe) {
    auto work = [this, pipe] {
        const TakePiece take = [&pipe](std::span<const std::byte> bytes) { return pipe->put(bytes); };
        pipe->end(file_.produce(take));
    };
    co_await workers_.run(std::move(work));
}

Awaitable<Result<ImportFlow::Sent>> ImportFlow::upload() {
    offset_ = 0;
    const Result<void> created = co_await create();
    if (!created) co_return created.error();
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    const auto pipe = std::make_shared<UploadPipe>(loop, policy_.chunk);
    Result<Sent> sent = Sent::lost;
    std::vector<Awaitable<void>> both;
    both.push_back(async::into(send(pipe), sent));
    both.push_back(produce(pipe));
    co_await async::all_of(std::move(both));
    co_return sent;
}

Awaitable<Result<void>> ImportFlow::create() {
    Call call = call_to(http::Method::post, route());
    call.headers.emplace_back("Upload-Length", std::to_string(file_.bytes));
    call.headers.emplace_back("Upload-Metadata", "filename " + base64_encode(unique_name(file_.kind)));
    const Result<http::Response> answer = co_await session_.call(std::move(call));
    if (!answer) co_return answer.error();
    const int status = answer->head.status;
    if (status == 413) co_return too_large(*answer);
    if (status == 404 || status == 405) {
        Failure failure = answer_failure(*answer, "POST", text_);
        failure.code = Errc::unsupported;
        failure.message = "the server knows no resumable upload of backups";
        failure.hint = "CVAT has it since 2.2; use --to-zip and the server's own page";
        co_return failure;
    }
    if (status / 100 != 2) co_return answer_failure(*answer, "POST", text_);
    // Scheme and host of Location follow the Origin header; what counts is its last segment, in every family.
    const std::string location = answer->head.headers.value_or("Location", std::string());
    const std::string_view path = std::string_view(location).substr(0, location.find_first_of("?#"));
    const std::string key(path.substr(path.rfind('/') + 1));
    upload_name_ = answer->head.headers.value_or("Upload-Filename", key);
    if (upload_name_.empty())
        co_return bad_answer("POST", text_, "the answer names no upload (Location, Upload-Filename)",
                             answer->body);
    upload_path_ = route() + percent_encode(key.empty() ? upload_name_ : key);
    co_return Result<void>();
}

Failure ImportFlow::too_large(const http::Response& answer) const {
    Failure failure = answer_failure(answer, "POST", text_);
    failure.message = "the server takes no backup of " + human_bytes(file_.bytes) + " in one upload";
    failure.hint = "25 GiB is the limit of a server as delivered";
    failure.transient = false;
    return failure;
}

Awaitable<Result<ImportFlow::Sent>> ImportFlow::send(std::shared_ptr<UploadPipe> pipe) {
    const Abandon abandon{*pipe};
    while (offset_ < file_.bytes) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_, file_.bytes - offset_));
        Result<std::string> chunk = co_await pipe->take(size);
        if (chunk && chunk->size() < size)
            chunk = fail(Errc::content_mismatch, "read", text_, "the ZIP is shorter than its contents say");
        source_failed_ = !chunk;
        if (!chunk) co_return chunk.error();
        const bool last = offset_ + size == file_.bytes;
        const Result<Sent> there = co_await put_chunk(std::move(*chunk), last);
        if (!there || *there == Sent::lost) co_return there;
        observer_.sent(offset_, file_.bytes);
    }
    // The end of the production is waited for: only then was everything proved.
    const Result<std::string> rest = co_await pipe->take(1);
    source_failed_ = !rest || !rest->empty();
    if (!rest) co_return rest.error();
    if (!rest->empty())
        co_return fail(Errc::content_mismatch, "read", text_, "the ZIP is longer than its contents say");
    co_return Sent::all;
}

Awaitable<Result<http::Response>> ImportFlow::patch(const std::string& bytes) {
    Call call = call_to(http::Method::patch, upload_path_);
    // Without an offset the server takes 0 and overwrites what it has.
    call.headers.emplace_back("Upload-Offset", std::to_string(offset_));
    call.content_type = "application/offset+octet-stream";
    call.body = bytes;
    co_return co_await session_.once(call);
}

Awaitable<Result<ImportFlow::Sent>> ImportFlow::put_chunk(std::string chunk, bool last) {
    const std::uint64_t begin = offset_;
    const std::uint64_t end = begin + chunk.size();
    for (int tries = 1; offset_ < end;) {
        const std::string rest = chunk.substr(static_cast<std::size_t>(offset_ - begin), chunk_);
        const Result<http::Response> answer = co_await patch(rest);
        const int status = answer ? answer->head.status : answer.error().http_status;
        if (answer && status / 100 == 2) {
            offset_ += rest.size();
            tries = 1;
            continue;
        }
        if (answer && status != 409 && status != 413 && status != 404)
            co_return answer_failure(*answer, "PATCH", text_);
        if (!answer && !answer.error().transient) co_return answer.error();
        // Lost, late, or at another place than we thought: the server says how far it is.
        const bool may_be_all = last && offset_ + rest.size() == end;
        const std::uint64_t before = offset_;
        const Result<Offset> told = co_await ask_offset();
        if (!told) co_return told.error();
        // What is complete is no upload any more. Whether it is that, or lost, the finish will show.
        const bool complete =
            may_be_all && (told->kind == Offset::Kind::gone || old_end_of_upload(told->kind));
        if (complete) offset_ = end;
        if (complete) co_return Sent::all;
        if (told->kind == Offset::Kind::gone) co_return Sent::lost;
        if (told->kind == Offset::Kind::known && (told->at < begin || told->at > end)) co_return Sent::lost;
        if (told->kind == Offset::Kind::known) offset_ = told->at;
        if (offset_ > before) {
            tries = 1;
            continue;
        }
        if (chunk_ > smallest_chunk) chunk_ = std::max(smallest_chunk, chunk_ / 2);
        if (tries++ < policy_.attempts) {
            co_await pause(tries - 1);
            continue;
        }
        if (!answer) co_return answer.error();
        Failure failure = answer_failure(*answer, "PATCH", text_);
        if (status == 413)
            failure.message =
                "a proxy in front of the server takes no request of " + human_bytes(rest.size());
        co_return failure;
    }
    co_return Sent::all;
}

// Servers with /api/requests before 2.54.1 answer 500 where later ones answer 404 (read in their source).
bool ImportFlow::old_end_of_upload(Offset::Kind told) const {
    const auto version = parse_version(session_.about().version);
    const bool old = session_.about().family != Family::a && version && *version < Version{2, 54, 1};
    return old && told == Offset::Kind::unclear;
}

Awaitable<Result<ImportFlow::Offset>> ImportFlow::ask_offset() {
    Offset out;
    Call call = call_to(http::Method::head, upload_path_);
    const Result<http::Response> answer = co_await session_.call(std::move(call));
    if (!answer && answer.error().http_status != 500) co_return answer.error();
    if (!answer) co_return out;
    if (answer->head.status == 404) {
        out.kind = Offset::Kind::gone;
        co_return out;
    }
    if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "HEAD", text_);
    const auto at = number_of(answer->head.headers, "Upload-Offset");
    if (!at) co_return bad_answer("HEAD", text_, "the answer tells no Upload-Offset", std::string_view());
    out.kind = Offset::Kind::known;
    out.at = *at;
    co_return out;
}

}  // namespace autobackup::cvat
