// SPDX-License-Identifier: MIT
// What all questions to the API of a forge that takes copies have in common. Private to this room. Loop thread.
#pragma once

#include <string>

#include "lib/github/create_repository.hpp"

namespace autobackup::github {

/// With the headers and credentials that the forge wants.
http::Request forge_request(const Forge& forge, http::Method method, http::Url url, const std::string& object);

/// Whom the credentials belong to.
struct ForgeAccount {
    std::string login;   ///< empty: an App, which has no account
    std::string scopes;  ///< of a classic GitHub token: "repo, read:org"; empty: the server tells none
};

/// GET /user. unauthorized: the credentials are wrong. `object` is the repository that is meant.
Awaitable<Result<ForgeAccount>> forge_account(http::Client& client, const Forge& forge, http::Url api, std::string object);

}  // namespace autobackup::github
