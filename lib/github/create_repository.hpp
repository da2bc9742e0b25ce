// SPDX-License-Identifier: MIT
// Making a repository by a forge's API: GitHub's, and Gitea's (and Forgejo's), which was made after it. Loop thread.
#pragma once

#include <string>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/secret.hpp"
#include "lib/http/client.hpp"

namespace autobackup::github {

struct Forge {
    enum class Kind { github, gitea };
    Kind kind = Kind::github;
    std::string api;       ///< root; empty: derived from the repository's URL
    std::string username;  ///< with a password; empty: `secret` is a token
    Secret secret;
    http::Limits limits;
};

struct NewRepository {
    http::Url api;
    std::string owner, name;
    std::string default_branch;  ///< may be empty
};

/// From the repository's git URL, whose last two parts are owner and name: "https://forge.example.org/backup/app.git". `api` empty:
/// https://api.github.com for github.com, else /api/v3 (GitHub Enterprise Server) or /api/v1 (Gitea, also below a path) of the same host; of an
/// ssh URL over https. config_invalid: the URL does not end so. Pure.
Result<NewRepository> new_repository(Forge::Kind kind, const std::string& api, const std::string& git_url, const std::string& default_branch);

/// Makes it, private and empty: for the account itself when that is the owner, else for the organisation. One that is there already is an
/// error (bad_request): whoever asks did not see it. Failures keep the server's words.
Awaitable<Result<void>> create_repository(http::Client& client, Forge forge, NewRepository repository);

}  // namespace autobackup::github
