// SPDX-License-Identifier: MIT
#include "lib/github/creation_right.hpp"

#include <boost/json.hpp>

#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"
#include "lib/github/forge_request.hpp"
#include "lib/http/json_answer.hpp"

namespace autobackup::github {
namespace {

namespace json = boost::json;

struct Question {
    http::Client& client;
    const Forge& forge;
    const NewRepository& repository;
    std::string object;
};

Failure refused(const Question& question, std::string message) {
    Failure failure = fail(Errc::forbidden, "ask", question.object, std::move(message));
    failure.hint = "the token must be allowed to make repositories for " + question.repository.owner;
    return failure;
}

// A GET: JSON where the status is 200; 403 and 404 are answers too.
struct Told {
    int status = 0;
    json::value value{};
};

Awaitable<Result<Told>> ask(const Question& question, std::string path) {
    http::Request request = forge_request(question.forge, http::Method::get, question.repository.api.with_appended(path), question.object);
    const Result<http::Response> answer = co_await question.client.exchange(std::move(request), question.forge.limits);
    if (!answer) co_return answer.error();
    Told told;
    told.status = answer->head.status;
    if (told.status == 404 || told.status == 403) co_return told;
    if (told.status != 200) co_return http::failure_of(*answer, "GET", question.object);
    Result<json::value> value = http::parse_json(answer->body, "GET", question.object);
    if (!value) co_return value.error();
    told.value = std::move(*value);
    co_return told;
}

bool says_no(const JsonFields& fields, std::string_view key) {
    const json::value* value = fields.find(key);
    return value != nullptr && value->is_bool() && !value->get_bool();
}

Awaitable<Result<std::string>> in_github_organisation(const Question& question) {
    const std::string& name = question.repository.owner;
    const Result<Told> membership = co_await ask(question, "/user/memberships/orgs/" + percent_encode(name));
    if (!membership) co_return membership.error();
    if (membership->status == 404) co_return refused(question, "the account is no member of an organisation " + name);
    const JsonFields member(membership->value, "the membership");
    const bool known = membership->status == 200;
    if (known && member.maybe_text("state") != "active") co_return refused(question, "the account has not joined " + name + " yet");
    if (known && member.maybe_text("role") == "admin") co_return "repositories are made for " + name + ", of which the account is an owner";
    const Result<Told> organisation = co_await ask(question, "/orgs/" + percent_encode(name));
    if (!organisation) co_return organisation.error();
    if (organisation->status != 200) co_return refused(question, "there is no organisation " + name + " that this token sees");
    const JsonFields rights(organisation->value, "the organisation");
    if (says_no(rights, "members_can_create_repositories") || says_no(rights, "members_can_create_private_repositories"))
        co_return refused(question, "members of " + name + " may not make private repositories");
    if (!known) co_return "whether repositories may be made for " + name + " is not told to this token";
    co_return "repositories are made for " + name;
}

Awaitable<Result<std::string>> in_gitea_organisation(const Question& question, std::string login) {
    const std::string path = "/users/" + percent_encode(login) + "/orgs/" + percent_encode(question.repository.owner) + "/permissions";
    const Result<Told> told = co_await ask(question, path);
    if (!told) co_return told.error();
    if (told->status != 200) co_return refused(question, "there is no organisation " + question.repository.owner + " that " + login + " belongs to");
    const JsonFields rights(told->value, "the permissions");
    if (!rights.flag("can_create_repository")) co_return refused(question, login + " may not make repositories for " + question.repository.owner);
    co_return "repositories are made for " + question.repository.owner;
}

// "repo, read:org" of a classic token; private repositories want `repo`.
bool lacks_repo(const std::string& scopes) {
    for (const std::string_view scope : split(scopes, ',')) {
        if (trim(scope) == "repo") return false;
    }
    return !scopes.empty();
}

}  // namespace

Awaitable<Result<std::string>> creation_right(http::Client& client, Forge forge, NewRepository repository) {
    const Question question{client, forge, repository, "repository " + repository.owner + "/" + repository.name + " at " + repository.api.origin()};
    const Result<ForgeAccount> account = co_await forge_account(client, forge, repository.api, question.object);
    if (!account) co_return account.error();
    if (lacks_repo(account->scopes)) co_return refused(question, "the token has the scopes " + one_line(account->scopes) + "; making private ones needs repo");
    if (!account->login.empty() && to_lower(account->login) == to_lower(repository.owner)) co_return "repositories are made for " + one_line(account->login);
    if (forge.kind == Forge::Kind::gitea && account->login.empty()) co_return refused(question, "the server does not say whose credentials these are");
    if (forge.kind == Forge::Kind::gitea) co_return co_await in_gitea_organisation(question, account->login);
    co_return co_await in_github_organisation(question);
}

}  // namespace autobackup::github
