// SPDX-License-Identifier: MIT
// Where a session's token comes from.
#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"
#include "lib/github/app_token.hpp"
#include "lib/github/session.hpp"
#include "lib/http/json_answer.hpp"

namespace autobackup::github {

namespace json = boost::json;

namespace {
constexpr std::chrono::minutes renew_before{10};
}

Awaitable<Result<Secret>> Session::token() {
    if (const auto* bare = std::get_if<TokenAuth>(&settings_.auth)) co_return bare->token;
    if (account_.minted && account_.minted->ends > now() + renew_before) co_return account_.minted->token;
    const async::Turnstile::Pass turn = co_await account_.mint_turn.enter();
    if (!account_.minted || account_.minted->ends <= now() + renew_before) {
        const Result<void> made = co_await mint();
        if (!made) co_return made.error();
    }
    co_return account_.minted->token;
}

// The App is installed on an organisation or on a user; which of them, only the server knows.
Awaitable<Result<std::int64_t>> Session::installation_id(const AppAuth& app, Secret proof) {
    const std::string object = object_text("the App's installation on " + one_line(app.installation));
    std::string missing;
    for (const std::string_view kind : {"/orgs/", "/users/"}) {
        Call get;
        get.url = settings_.rest.with_appended(std::string(kind) + percent_encode(app.installation) + "/installation");
        get.object = object;
        get.authorization = proof;
        const Result<http::Response> answer = co_await call(std::move(get));
        if (!answer) co_return answer.error();
        if (answer->head.status == 404) {
            missing = http::peer_words(answer->body);
            continue;
        }
        if (answer->head.status != 200) co_return answer_failure(*answer, "GET", object);
        const Result<json::value> value = http::parse_json(answer->body, "GET", object);
        if (!value) co_return value.error();
        JsonFields fields(*value, "the installation");
        const std::int64_t id = fields.integer("id");
        if (!fields.problem().empty()) co_return http::bad_answer("GET", object, fields.problem(), answer->body);
        co_return id;
    }
    Failure failure = fail(Errc::not_found, "GET", object, "the App is not installed there", missing);
    failure.hint = "install the App on that account, and check `app_id` and `installation`";
    co_return failure;
}

Awaitable<Result<void>> Session::mint() {
    const AppAuth& app = std::get<AppAuth>(settings_.auth);
    const Result<Secret> signed_token = app_token(app.app_id, app.private_key, now());
    if (!signed_token) co_return signed_token.error();
    const Secret proof("Bearer " + signed_token->reveal());
    const Result<std::int64_t> id = co_await installation_id(app, proof);
    if (!id) co_return id.error();
    Call post;
    post.method = http::Method::post;
    post.url = settings_.rest.with_appended("/app/installations/" + std::to_string(*id) + "/access_tokens");
    post.object = object_text("a token for the App's installation on " + one_line(app.installation));
    post.body = "{}";
    post.authorization = proof;
    const std::string object = post.object;
    const Result<http::Response> answer = co_await call(std::move(post));
    if (!answer) co_return answer.error();
    if (answer->head.status != 201) co_return answer_failure(*answer, "POST", object);
    const Result<json::value> value = http::parse_json(answer->body, "POST", object);
    if (!value) co_return value.error();
    JsonFields fields(*value, "the installation's token");
    Minted minted;
    minted.token = Secret(fields.text("token"));
    minted.ends = fields.time("expires_at");
    // The body is not repeated: the token stands in it.
    if (!fields.problem().empty()) co_return http::bad_answer("POST", object, fields.problem(), std::string_view());
    account_.minted = std::move(minted);
    co_return Result<void>();
}

}  // namespace autobackup::github
