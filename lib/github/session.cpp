// SPDX-License-Identifier: MIT
#include "lib/github/session.hpp"

#include "lib/async/run.hpp"
#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"
#include "lib/hash/digest.hpp"
#include "lib/http/json_answer.hpp"
#include "lib/http/retry.hpp"

namespace autobackup::github {

namespace json = boost::json;

namespace {

constexpr int most_limit_waits = 50;  // with pauses of up to an hour the run's timeout comes long before

bool limited(const Result<http::Response>& answer) { return !answer && answer.error().code == Errc::rate_limited; }

}  // namespace

http::Url graphql_url(const http::Url& rest) {
    std::string path = rest.path();
    while (path.ends_with('/')) path.pop_back();
    if (path.ends_with("/v3")) path.resize(path.size() - 3);
    return rest.with_target(path + "/graphql");
}

std::string account_digest(const Settings& settings) {
    const auto* token = std::get_if<TokenAuth>(&settings.auth);
    const Secret& secret = token != nullptr ? token->token : std::get<AppAuth>(settings.auth).private_key;
    return hash::sha256_hex(settings.rest.origin() + " " + hash::sha256_hex(secret.reveal()));
}

Session::Session(http::Client& http, Account& account, Settings settings)
    : http_(http), account_(account), settings_(std::move(settings)), graphql_(graphql_url(settings_.rest)) {}

std::string Session::object_text(std::string_view what) const {
    return settings_.name.empty() ? std::string(what) : std::string(what) + " of " + settings_.name;
}

// A page that is held is asked for with its ETag. A 304 counts only while the very page is held: else it is asked for as a whole.
Awaitable<Result<http::Response>> Session::once(const Call& call) {
    const std::string url = call.url.text();
    const PageCache::Page* held = call.method == http::Method::get ? account_.pages.find(url) : nullptr;
    std::string etag = held != nullptr ? held->etag : std::string();
    const bool conditional = !etag.empty();
    const std::string sent = etag;
    Result<http::Response> answer = co_await once(call, std::move(etag));
    if (!answer || answer->head.status != 304) co_return answer;
    held = account_.pages.find(url);  // others may have come meanwhile
    if (conditional && held != nullptr && held->etag == sent) {
        answer->head.status = 200;
        answer->head.headers.set("Link", held->link);
        answer->body = held->body;
        co_return answer;
    }
    answer = co_await once(call, std::string());
    if (answer && answer->head.status == 304)
        co_return http::bad_answer("GET", call.object, "304 for a page that was asked for without a condition", std::string_view());
    co_return answer;
}

// One exchange with everything that belongs on it. Answers that mean "later" or "no credentials" are failures.
Awaitable<Result<http::Response>> Session::once(const Call& call, std::string etag) {
    http::Request request;
    request.method = call.method;
    request.url = call.url;
    request.object = call.object;
    request.body = call.body;
    request.authorization = call.authorization;
    if (request.authorization.empty()) {
        const Result<Secret> token = co_await this->token();
        if (!token) co_return token.error();
        request.authorization = Secret("Bearer " + token->reveal());
    }
    request.headers.set("Accept", "application/vnd.github+json");
    if (call.resource == Resource::rest) request.headers.set("X-GitHub-Api-Version", "2022-11-28");
    if (!call.body.empty()) request.headers.set("Content-Type", "application/json");
    if (!etag.empty()) request.headers.set("If-None-Match", etag);
    async::Turnstile::Pass pass = co_await account_.budget.enter(call.resource, settings_.waits);
    ++requests_;
    Result<http::Response> answer = co_await http_.exchange(std::move(request), settings_.limits);
    pass.release();
    if (!answer) co_return answer.error();
    account_.budget.saw(call.resource, answer->head.headers);
    const int status = answer->head.status;
    if (status < 400) account_.budget.went_through();
    if (status < 400) co_return answer;
    Failure failure = answer_failure(*answer, std::string(name(call.method)), call.object);
    if (status == 401 || status >= 500 || failure.code == Errc::rate_limited) co_return failure;
    co_return answer;
}

Awaitable<Result<http::Response>> Session::call(Call call) {
    int waits = 0;
    bool renewed = false;
    for (int tries = 1;;) {
        Result<http::Response> answer = co_await once(call);
        if (answer) co_return answer;
        if (limited(answer) && ++waits <= most_limit_waits) {
            account_.budget.limited(call.resource, answer.error());
            continue;
        }
        // An App's token may end (or be taken away) in the middle of a run: a new one is asked for once.
        if (answer.error().code == Errc::unauthorized && account_.minted && call.authorization.empty() && !renewed) {
            account_.minted.reset();
            renewed = true;
            continue;
        }
        const auto wait = http::retry_wait(answer.error(), tries++, settings_.attempts, settings_.retry_delay, settings_.retry_max_delay,
                                           async::random_fraction());
        if (!wait) co_return answer.error();
        co_await async::sleep_for(*wait);
    }
}

Awaitable<Result<Session::Page>> Session::get_page(http::Url url, std::string object) {
    Call get;
    get.url = url;
    get.object = object;
    const Result<http::Response> answer = co_await call(std::move(get));
    if (!answer) co_return answer.error();
    if (answer->head.status == 204) {  // an empty list of some kinds
        Page empty;
        empty.value = json::array();
        co_return empty;
    }
    if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "GET", object);
    Result<json::value> value = http::parse_json(answer->body, "GET", object);
    if (!value) co_return value.error();
    Page page;
    page.link = answer->head.headers.value_or("Link", "");
    page.value = std::move(*value);
    if (const std::string* etag = answer->head.headers.find("ETag"); etag != nullptr) {
        PageCache::Page kept;
        kept.etag = *etag;
        kept.body = answer->body;
        kept.link = page.link;
        account_.pages.put(url.text(), std::move(kept));
    }
    co_return page;
}

Awaitable<Result<json::value>> Session::get_json(std::string path, std::string object) {
    http::Url url = settings_.rest.with_appended(path);
    Result<Page> page = co_await get_page(std::move(url), std::move(object));
    if (!page) co_return page.error();
    co_return std::move(page->value);
}

Awaitable<Result<json::array>> Session::get_all(std::string path, std::string object, std::string list_key) {
    json::array all;
    http::Url url = settings_.rest.with_appended(path);
    for (;;) {
        Result<Page> page = co_await get_page(url, object);
        if (!page) co_return page.error();
        json::value* list = &page->value;
        if (!list_key.empty() && list->is_object()) list = list->get_object().if_contains(list_key);
        if (list == nullptr || !list->is_array())
            co_return http::bad_answer("GET", object, "a list was expected", json::serialize(page->value));
        for (json::value& one : list->get_array()) all.push_back(std::move(one));
        const std::string next = next_link(page->link);
        if (next.empty()) co_return all;
        Result<http::Url> following = http::Url::parse(next);
        if (!following || !same_origin(*following, url))
            co_return http::bad_answer("GET", object, "the next page lies on another server: " + one_line(next), std::string_view());
        url = std::move(*following);
    }
}

Awaitable<Result<json::value>> Session::query(std::string text, json::object variables, std::string object) {
    json::object body;
    body["query"] = std::move(text);
    body["variables"] = std::move(variables);
    const std::string serialized = json::serialize(body);
    for (int waits = 0;; ++waits) {
        Call post;
        post.method = http::Method::post;
        post.url = graphql_;
        post.object = object;
        post.body = serialized;
        post.resource = Resource::graphql;
        const Result<http::Response> answer = co_await call(std::move(post));
        if (!answer) co_return answer.error();
        if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "POST", object);
        Result<json::value> value = http::parse_json(answer->body, "POST", object);
        if (!value) co_return value.error();
        bool again = false;
        for (const GraphError& error : errors_of(*value)) {
            const Failure failure = graph_failure(error, object);
            if (failure.code != Errc::rate_limited) continue;
            if (waits >= most_limit_waits) co_return failure;
            account_.budget.limited(Resource::graphql, failure);
            again = true;
        }
        if (!again) co_return value;
    }
}

}  // namespace autobackup::github
