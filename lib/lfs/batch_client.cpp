// SPDX-License-Identifier: MIT
#include "lib/lfs/batch_client.hpp"

#include "lib/core/text.hpp"
#include "lib/lfs/http_remote.hpp"

namespace autobackup::lfs {
namespace {

constexpr int most_redirects = 5;

}  // namespace

http::Limits BatchClient::limits() const {
    http::Limits limits;
    limits.connect = settings_.connect;
    limits.no_progress = settings_.no_progress;
    return limits;
}

Secret BatchClient::own_credentials(const http::Url& url) const {
    if (settings_.password.empty() || !same_origin(url, endpoint_)) return Secret();
    const std::string user = settings_.username.empty() ? "x-access-token" : settings_.username;
    return Secret("Basic " + base64_encode(user + ":" + settings_.password.reveal()));
}

Awaitable<Result<BatchClient::Entry>> BatchClient::access_for(Operation operation) {
    Entry entry;
    const auto known = access_.find(operation);
    if (known != access_.end() && (!known->second.expires || *known->second.expires > now() + expiry_margin)) {
        entry.access = known->second;
        co_return entry;
    }
    Result<Access> access = co_await settings_.authenticate(operation);
    if (!access) co_return access.error();
    access_.insert_or_assign(operation, *access);
    entry.access = std::move(*access);
    entry.fresh = true;
    co_return entry;
}

// Forges answer the old address of a renamed repository with 301, which the HTTP client keeps to itself for a POST; git-lfs asks
// the new one the same question.
Awaitable<Result<http::Response>> BatchClient::post_batch(http::Url url, const Access* access, std::string body) {
    for (int round = 0;; ++round) {
        http::Request request;
        request.method = http::Method::post;
        request.url = url;
        request.object = settings_.url;
        request.body = body;
        if (access != nullptr && same_origin(url, access->href)) {
            request.headers = access->headers;
            request.authorization = access->authorization;
        }
        if (request.authorization.empty()) request.authorization = own_credentials(url);
        request.headers.set("Accept", std::string(media_type));
        request.headers.set("Content-Type", std::string(media_type));
        Result<http::Response> response = co_await client_.exchange(std::move(request), limits());
        const bool moved = response && (response->head.status == 301 || response->head.status == 302);
        if (!moved || round >= most_redirects) co_return response;
        const Result<http::Url> next = response->head.url.resolve(response->head.headers.value_or("Location", std::string()));
        if (!next || (url.tls() && !next->tls())) {
            co_return fail(Errc::redirect_refused, "ask", settings_.url, "the server redirects the question for large files to an address that is not used");
        }
        url = *next;
    }
}

// Of an ssh server with the access that it gave. One that is no longer good although its time is not over (the server was restarted, the key
// changed) is asked for anew, once.
Awaitable<Result<http::Response>> BatchClient::put_question(Operation operation, std::string question) {
    if (!settings_.authenticate) co_return co_await post_batch(endpoint_.with_appended("/objects/batch"), nullptr, question);
    for (;;) {
        const Result<Entry> entry = co_await access_for(operation);
        if (!entry) co_return entry.error();
        Result<http::Response> response = co_await post_batch(entry->access.href.with_appended("/objects/batch"), &entry->access, question);
        const int status = response ? response->head.status : 200;
        if (status != 200) access_.erase(operation);  // what was refused is not shown again
        if (entry->fresh || (status != 401 && status != 403)) co_return response;
    }
}

Awaitable<Result<std::vector<BatchObject>>> BatchClient::ask(Operation operation, std::vector<Pointer> objects) {
    const std::string question = batch_request(operation, settings_.ref, objects);
    const Result<http::Response> response = co_await put_question(operation, question);
    const std::string what = "ask for large files of";
    if (!response) {
        Failure failure = response.error();
        if (!failure.operation.starts_with("run ")) failure.operation = what;  // the way in was the trouble
        co_return failure;
    }
    if (response->head.status != 200) {
        Failure failure = failure_of_answer(*response, what, settings_.url);
        if (failure.code == Errc::not_found || response->head.status == 501) {
            failure.message += ": the server has no Git LFS at " + response->head.url.text();
            failure.hint = "turn Git LFS on for this repository on the server";
            failure.transient = false;
        }
        co_return failure;
    }
    Result<std::vector<BatchObject>> answer = parse_batch(response->body, objects, response->head.url, now());
    if (answer) co_return answer;
    Failure failure = answer.error();
    failure.operation = what;
    failure.object = settings_.url;
    co_return failure;
}

}  // namespace autobackup::lfs
