// SPDX-License-Identifier: MIT
#include "lib/github/forge_request.hpp"

#include <boost/json.hpp>

#include "lib/core/text.hpp"

namespace autobackup::github {

namespace json = boost::json;

http::Request forge_request(const Forge& forge, http::Method method, http::Url url, const std::string& object) {
    http::Request request;
    request.method = method;
    request.url = std::move(url);
    request.object = object;
    request.headers.set("Accept", forge.kind == Forge::Kind::github ? "application/vnd.github+json" : "application/json");
    if (forge.kind == Forge::Kind::github) request.headers.set("X-GitHub-Api-Version", "2022-11-28");
    if (!forge.username.empty()) {
        request.authorization = Secret("Basic " + base64_encode(forge.username + ":" + forge.secret.reveal()));
    } else {
        request.authorization = Secret((forge.kind == Forge::Kind::github ? "Bearer " : "token ") + forge.secret.reveal());
    }
    return request;
}

Awaitable<Result<ForgeAccount>> forge_account(http::Client& client, const Forge& forge, http::Url api, std::string object) {
    http::Request request = forge_request(forge, http::Method::get, api.with_appended("/user"), object);
    const Result<http::Response> answer = co_await client.exchange(std::move(request), forge.limits);
    if (!answer) co_return answer.error();
    ForgeAccount account;
    if (answer->head.status == 403) co_return account;
    if (answer->head.status != 200) co_return http::failure_of(*answer, "GET", "the account of " + object);
    boost::system::error_code error;
    const json::value value = json::parse(answer->body, error);
    const json::value* login = !error && value.is_object() ? value.as_object().if_contains("login") : nullptr;
    if (login == nullptr || !login->is_string()) co_return fail(Errc::bad_response, "GET", "the account of " + object, "the answer names no login");
    account.login = std::string(login->as_string());
    account.scopes = answer->head.headers.value_or("X-OAuth-Scopes", "");
    co_return account;
}

}  // namespace autobackup::github
