// SPDX-License-Identifier: MIT
// What is asked for by REST.
#include "lib/github/client.hpp"

#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"
#include "lib/github/decode.hpp"

namespace autobackup::github {

namespace json = boost::json;

std::string text_of(const Owner& owner) {
    switch (owner.kind) {
        case Owner::Kind::organization:
            return "organisation " + owner.login;
        case Owner::Kind::user:
            return "user " + owner.login;
        case Owner::Kind::self:
            return "the account of the token";
        case Owner::Kind::any:
            break;
    }
    return "owner " + owner.login;
}

Awaitable<Result<std::vector<Repository>>> Client::rest_list(std::string path, std::string object, std::string list_key) {
    Result<json::array> all = co_await session_.get_all(std::move(path), object, std::move(list_key));
    if (!all) co_return all.error();
    std::vector<Repository> found;
    for (const json::value& value : *all) {
        Result<Repository> one = rest_repository(value, object);
        if (!one) co_return one.error();
        found.push_back(std::move(*one));
    }
    co_return found;
}

// Sorted by name, so that a repository that is pushed to does not change its page meanwhile.
Awaitable<Result<Listing>> Client::by_rest(const Owner& owner) {
    const std::string object = session_.object_text(text_of(owner));
    const std::string login = percent_encode(owner.login);
    const std::string order = "&sort=full_name&direction=asc&per_page=100";
    Result<std::vector<Repository>> all = fail(Errc::not_found, "GET", object, "nothing was asked");
    if (owner.kind == Owner::Kind::self) {
        all = co_await rest_list("/user/repos?affiliation=owner" + order, object, std::string());
    } else {
        // A user has no such list below /orgs: 404 tells them apart.
        if (owner.kind != Owner::Kind::user)
            all = co_await rest_list("/orgs/" + login + "/repos?type=all" + order, object, std::string());
        const bool not_there = !all && all.error().code == Errc::not_found;
        if (owner.kind != Owner::Kind::organization && not_there)
            all = co_await rest_list("/users/" + login + "/repos?type=owner" + order, object, std::string());
    }
    if (!all) co_return all.error();
    Listing listing;
    listing.login = owner.login;
    listing.repositories = std::move(*all);
    if (listing.login.empty() && !listing.repositories.empty()) listing.login = listing.repositories.front().owner;
    co_return listing;
}

Awaitable<Result<Repository>> Client::one(std::string path, std::string object) {
    const Result<json::value> value = co_await session_.get_json(std::move(path), object);
    if (!value) co_return value.error();
    co_return rest_repository(*value, object);
}

Awaitable<Result<Repository>> Client::repository(std::string full_name) {
    std::string path = "/repos";
    for (const std::string_view part : split(full_name, '/')) path += "/" + percent_encode(part);
    std::string object = session_.object_text("repository " + one_line(full_name));
    co_return co_await one(std::move(path), std::move(object));
}

Awaitable<Result<Repository>> Client::repository(std::int64_t database_id) {
    std::string object = session_.object_text("repository number " + std::to_string(database_id));
    co_return co_await one("/repositories/" + std::to_string(database_id), std::move(object));
}

Awaitable<Result<std::vector<Gist>>> Client::gist_list(std::string path, std::string object) {
    const Result<json::array> all = co_await session_.get_all(std::move(path), object);
    if (!all) co_return all.error();
    std::vector<Gist> found;
    for (const json::value& value : *all) {
        Result<Gist> one = gist(value, object);
        if (!one) co_return one.error();
        found.push_back(std::move(*one));
    }
    co_return found;
}

Awaitable<Result<std::vector<Gist>>> Client::gists(Owner owner) {
    std::string object = session_.object_text("gists of " + text_of(owner));
    std::string path = "/users/" + percent_encode(owner.login) + "/gists?per_page=100";
    if (owner.kind == Owner::Kind::self) path = "/gists?per_page=100";
    co_return co_await gist_list(std::move(path), std::move(object));
}

Awaitable<Result<std::vector<Gist>>> Client::starred_gists() {
    std::string object = session_.object_text("starred gists");
    co_return co_await gist_list("/gists/starred?per_page=100", std::move(object));
}

Awaitable<Result<std::vector<Repository>>> Client::starred(Owner owner) {
    std::string object = session_.object_text("what " + text_of(owner) + " has starred");
    std::string path = "/users/" + percent_encode(owner.login) + "/starred?per_page=100";
    if (owner.kind == Owner::Kind::self) path = "/user/starred?per_page=100";
    co_return co_await rest_list(std::move(path), std::move(object), std::string());
}

}  // namespace autobackup::github
