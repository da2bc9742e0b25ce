// SPDX-License-Identifier: MIT
#include "lib/github/create_repository.hpp"

#include <boost/json.hpp>

#include "lib/core/text.hpp"
#include "lib/github/forge_request.hpp"
#include "lib/http/url.hpp"

namespace autobackup::github {
namespace {

namespace json = boost::json;

// host and path of a git URL, whatever its form.
struct Place {
    std::string origin;  // "https://host[:port]"
    std::string path;    // "backup/app"
};

Result<Place> place_of(const std::string& url) {
    Place place;
    const Result<http::Url> parsed = http::Url::parse(url);
    if (parsed) {
        place.origin = parsed->origin();
        place.path = parsed->path();
    } else {
        std::string rest = url;
        const bool scheme = to_lower(rest.substr(0, 6)) == "ssh://";
        if (scheme) rest.erase(0, 6);
        if (const std::size_t at = rest.find('@'); at != std::string::npos) rest.erase(0, at + 1);
        const std::size_t end = rest.find_first_of(":/");
        if (end == std::string::npos) return fail(Errc::config_invalid, "read", "URL of a copy", "it names no repository");
        place.origin = "https://" + rest.substr(0, end);
        place.path = scheme && rest[end] == ':' ? rest.substr(std::min(rest.find('/', end), rest.size())) : rest.substr(end + 1);
    }
    while (place.path.starts_with('/')) place.path.erase(0, 1);
    while (place.path.ends_with('/')) place.path.pop_back();
    if (place.path.ends_with(".git")) place.path.resize(place.path.size() - 4);
    return place;
}

std::string api_of(Forge::Kind kind, const Place& place, const std::string& prefix) {
    if (kind == Forge::Kind::gitea) return place.origin + prefix + "/api/v1";
    return place.origin == "https://github.com" ? "https://api.github.com" : place.origin + "/api/v3";
}

std::string body_for(const Forge& forge, const NewRepository& repository) {
    json::object body{{"name", repository.name}, {"private", true}, {"auto_init", false}, {"description", "Copy, kept up to date by autobackupd"}};
    if (forge.kind == Forge::Kind::github) {
        for (const char* feature : {"has_issues", "has_projects", "has_wiki"}) body[feature] = false;
    } else if (!repository.default_branch.empty()) {
        body["default_branch"] = repository.default_branch;
    }
    return json::serialize(body);
}

// Whether the account is the owner. An App has no account: then it is an organisation's.
Awaitable<Result<bool>> is_own(http::Client& client, const Forge& forge, const NewRepository& repository, const std::string& object) {
    const Result<ForgeAccount> account = co_await forge_account(client, forge, repository.api, object);
    if (!account) co_return account.error();
    co_return to_lower(account->login) == to_lower(repository.owner);
}

}  // namespace

Result<NewRepository> new_repository(Forge::Kind kind, const std::string& api, const std::string& git_url, const std::string& default_branch) {
    const Result<Place> place = place_of(git_url);
    if (!place) return place.error();
    const std::size_t name = place->path.rfind('/');
    if (name == std::string::npos || name == 0) {
        return fail(Errc::config_invalid, "read", "URL of a copy", "it does not end in the owner and the name of a repository");
    }
    const std::size_t owner = place->path.rfind('/', name - 1);
    NewRepository repository;
    repository.name = place->path.substr(name + 1);
    repository.owner = place->path.substr(owner == std::string::npos ? 0 : owner + 1, name - (owner == std::string::npos ? 0 : owner + 1));
    repository.default_branch = default_branch;
    const std::string prefix = owner == std::string::npos ? std::string() : "/" + place->path.substr(0, owner);
    Result<http::Url> root = http::Url::parse(api.empty() ? api_of(kind, *place, prefix) : api);
    if (!root) return root.error();
    repository.api = std::move(*root);
    return repository;
}

Awaitable<Result<void>> create_repository(http::Client& client, Forge forge, NewRepository repository) {
    const std::string object = "repository " + repository.owner + "/" + repository.name + " at " + repository.api.origin();
    const Result<bool> own = co_await is_own(client, forge, repository, object);
    if (!own) co_return own.error();
    std::string path = "/user/repos";
    if (!*own) path = "/orgs/" + percent_encode(repository.owner) + "/repos";
    http::Request request = forge_request(forge, http::Method::post, repository.api.with_appended(path), object);
    request.headers.set("Content-Type", "application/json");
    request.body = body_for(forge, repository);
    const Result<http::Response> answer = co_await client.exchange(std::move(request), forge.limits);
    if (!answer) co_return answer.error();
    if (answer->head.status == 201) co_return Result<void>();
    Failure failure = http::failure_of(*answer, "make", object);
    if (failure.http_status == 409 || failure.http_status == 422) {
        failure.hint = "if it is there already, the credentials of the copy may not see it or push to it";
    } else if (failure.http_status == 403 || failure.http_status == 404) {
        failure.hint = "the token must be allowed to make repositories for " + repository.owner;
    }
    co_return failure;
}

}  // namespace autobackup::github
