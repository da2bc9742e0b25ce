// SPDX-License-Identifier: MIT
#include "lib/cvat/session.hpp"

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/paging.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

Session::Session(http::Client& http, Settings settings)
    : http_(http), settings_(std::move(settings)), login_turn_(1) {
    if (const auto* token = std::get_if<TokenAuth>(&settings_.auth)) {
        authorization_ = Secret("Token " + token->token.reveal());
    } else if (const auto* access = std::get_if<AccessTokenAuth>(&settings_.auth)) {
        authorization_ = Secret("Bearer " + access->token.reveal());
    }
}

std::string Session::object_text(std::string_view what) const {
    return settings_.name.empty() ? std::string(what) : std::string(what) + " of " + settings_.name;
}

std::string Session::object_text(Object object) const {
    return object_text(std::string(name(object.kind)) + " " + std::to_string(object.id));
}

Awaitable<Result<void>> Session::ensure_authorization() {
    if (!authorization_.empty()) co_return Result<void>();
    const async::Turnstile::Pass turn = co_await login_turn_.enter();
    if (!authorization_.empty()) co_return Result<void>();
    co_return co_await log_in(std::get<PasswordAuth>(settings_.auth));
}

Awaitable<Result<void>> Session::log_in(const PasswordAuth& auth) {
    Call login;
    login.method = http::Method::post;
    login.path = "/api/auth/login";
    login.object = object_text("the account " + one_line(auth.username));
    login.anonymous = true;
    json::object credentials;
    credentials["username"] = auth.username;
    credentials["password"] = auth.password.reveal();
    login.body = json::serialize(credentials);
    const std::string object = login.object;
    Result<http::Response> answer = co_await call(std::move(login));
    const bool throttled = !answer && answer.error().code == Errc::rate_limited;
    if (!answer && !throttled) co_return answer.error();
    if (answer && answer->head.status == 200) {
        const Result<json::value> body = parse_json(answer->body, "log in", object);
        if (!body) co_return body.error();
        const json::value* key = body->is_object() ? body->get_object().if_contains("key") : nullptr;
        if (!key || !key->is_string())
            co_return bad_answer("log in", object, "the answer lacks the key `key`", std::string_view());
        authorization_ = Secret("Token " + std::string(key->get_string()));
        co_return Result<void>();
    }
    if (answer && answer->head.status == 400) {
        Failure refused = answer_failure(*answer, "log in", object);
        refused.code = Errc::unauthorized;
        refused.transient = false;
        refused.message = "the server refuses this user name and password";
        co_return refused;
    }
    // Login switched off, throttled or moved by a proxy: the password goes with every call then (slower: a
    // hash each time).
    authorization_ = Secret("Basic " + base64_encode(auth.username + ":" + auth.password.reveal()));
    co_return Result<void>();
}

Awaitable<Result<http::Request>> Session::request(Call call) {
    http::Request request;
    request.method = call.method;
    request.url = settings_.base.with_appended(call.path);
    request.headers.set("Accept", std::string(call.accept));
    for (const auto& [name, value] : call.headers) request.headers.set(name, value);
    request.object = std::move(call.object);
    if (!call.body.empty()) {
        request.headers.set("Content-Type", call.content_type);
        request.body = std::move(call.body);
    }
    if (!call.anonymous) {
        const Result<void> allowed = co_await ensure_authorization();
        if (!allowed) co_return allowed.error();
        request.authorization = authorization_;
    }
    co_return request;
}

Awaitable<Result<http::Response>> Session::once(const Call& call) {
    const std::string operation(name(call.method));
    const std::string object = call.object;
    const bool json_500_is_answer = call.json_500_is_answer;
    Call copy = call;
    Result<http::Request> request = co_await this->request(std::move(copy));
    if (!request) co_return request.error();
    Result<http::Response> answer = co_await http_.exchange(std::move(*request), settings_.limits);
    if (!answer) co_return answer.error();
    const int status = answer->head.status;
    if (status < 400) co_return answer;
    const BodyForm form = form_of(answer->body);
    const bool is_json = form != BodyForm::html && form != BodyForm::text && form != BodyForm::empty;
    if (status == 500 && is_json && json_500_is_answer) co_return answer;
    if (status == 401 || status == 429 || status >= 500) co_return answer_failure(*answer, operation, object);
    co_return answer;
}

Awaitable<Result<http::Response>> Session::call(Call call) {
    for (int tries = 1;; ++tries) {
        Result<http::Response> answer = co_await once(call);
        if (answer) co_return answer;
        const Result<void> again = co_await wait_before_retry(answer.error(), tries);
        if (!again) co_return again.error();
    }
}

Awaitable<Result<void>> Session::wait_before_retry(Failure failure, int tries_done) {
    const auto wait = retry_wait(failure, tries_done, settings_.attempts, settings_.retry_delay,
                                 settings_.retry_max_delay, async::random_fraction());
    if (!wait) co_return failure;
    co_await async::sleep_for(*wait);
    co_return Result<void>();
}

Awaitable<Result<json::value>> Session::get_json(std::string path, std::string object) {
    Call get;
    get.path = std::move(path);
    get.object = object;
    const Result<http::Response> answer = co_await call(std::move(get));
    if (!answer) co_return answer.error();
    if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "GET", object);
    co_return parse_json(answer->body, "GET", object);
}

/// Nothing: the list moved while it was read.
Awaitable<Result<std::optional<json::array>>> Session::read_pages(std::string path, std::string object) {
    PageCollector pages(base_path());
    for (bool first = true;; first = false) {
        Call get;
        get.path = path;
        get.object = object;
        const Result<http::Response> answer = co_await call(std::move(get));
        if (!answer) co_return answer.error();
        // "Invalid page.": the list has become shorter than the page that `next` named.
        if (answer->head.status == 404 && !first) co_return std::optional<json::array>();
        if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "GET", object);
        const Result<json::value> page = parse_json(answer->body, "GET", object);
        if (!page) co_return page.error();
        switch (pages.take(*page)) {
            case PageCollector::Next::more:
                path = pages.next_path();
                break;
            case PageCollector::Next::done:
                co_return std::optional<json::array>(std::move(pages.items()));
            case PageCollector::Next::moved:
                co_return std::optional<json::array>();
            case PageCollector::Next::broken:
                co_return bad_answer("GET", object, pages.problem(), std::string_view());
        }
    }
}

Awaitable<Result<json::array>> Session::get_all_pages(std::string path, std::string object) {
    constexpr int rounds = 4;
    for (int round = 1; round <= rounds; ++round) {
        // A list that moves under every reading is asked for in one piece at last: one answer is one moment.
        std::string start = with_page_size(path, round == rounds ? "all" : "500");
        Result<std::optional<json::array>> items = co_await read_pages(std::move(start), object);
        if (!items) co_return items.error();
        if (*items) co_return std::move(**items);
    }
    co_return fail(Errc::too_busy, "GET", object,
                   "the list changes all the time; it could not be read whole");
}

}  // namespace autobackup::cvat
