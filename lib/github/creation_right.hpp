// SPDX-License-Identifier: MIT
// Whether a forge would make a repository for these credentials. Asks only, nothing is made. Loop thread.
#pragma once

#include <string>

#include "lib/github/create_repository.hpp"

namespace autobackup::github {

/// Words for people: "repositories are made for alice"; or that the server does not tell. forbidden: it would refuse (a classic token without
/// `repo`, an organisation in which the account is no member or may not make any); unauthorized: wrong credentials. Facts: GitHub's REST
/// description 2022-11-28 (/user/memberships/orgs/{org}, members_can_create_* of /orgs/{org}), Gitea's API 1.20
/// (/users/{username}/orgs/{org}/permissions).
Awaitable<Result<std::string>> creation_right(http::Client& client, Forge forge, NewRepository repository);

}  // namespace autobackup::github
