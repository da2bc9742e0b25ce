// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/model/config.hpp"
#include "lib/github/types.hpp"

namespace autobackup::github_job {

/// As the client takes it.
inline github::Owner asked_owner(const config::GithubSource::Owner& owner) {
    using From = config::GithubSource::Owner::Kind;
    github::Owner out;
    out.login = owner.login;
    if (owner.kind == From::organization) out.kind = github::Owner::Kind::organization;
    if (owner.kind == From::user) out.kind = github::Owner::Kind::user;
    if (owner.kind == From::self) out.kind = github::Owner::Kind::self;
    return out;
}

}  // namespace autobackup::github_job
