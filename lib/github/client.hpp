// SPDX-License-Identifier: MIT
// What a backup asks a GitHub server. Loop thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/github/session.hpp"
#include "lib/github/types.hpp"

namespace autobackup::github {

class Client {
public:
    /// `session` is borrowed for the life of the client.
    explicit Client(Session& session) : session_(session) {}

    /// Every repository of `owner` that the token may see: by GraphQL, a hundred a page (halved when the server finds that too
    /// much), or by REST where GraphQL is refused. not_found: no such owner. too_busy: it changes faster than it can be read.
    Awaitable<Result<Listing>> repositories(Owner owner);
    /// One repository by "owner/name" or by the number that survives renaming; follows a rename. Failures keep the HTTP status:
    /// 404 (not there, or not visible), 403, 451.
    Awaitable<Result<Repository>> repository(std::string full_name);
    Awaitable<Result<Repository>> repository(std::int64_t database_id);
    /// Gists of a user; of the account itself (also the secret ones) with Kind::self.
    Awaitable<Result<std::vector<Gist>>> gists(Owner owner);
    /// What the account of the token has starred.
    Awaitable<Result<std::vector<Gist>>> starred_gists();
    Awaitable<Result<std::vector<Repository>>> starred(Owner owner);

private:
    struct GraphPage;
    Awaitable<Result<Listing>> by_graphql(const Owner& owner);
    Awaitable<Result<GraphPage>> graph_page(const Owner& owner, int first, const std::string& after);
    Awaitable<Result<Listing>> by_rest(const Owner& owner);
    Awaitable<Result<std::vector<Repository>>> rest_list(std::string path, std::string object, std::string list_key);
    Awaitable<Result<std::vector<Gist>>> gist_list(std::string path, std::string object);
    Awaitable<Result<Repository>> one(std::string path, std::string object);

    Session& session_;
};

}  // namespace autobackup::github
