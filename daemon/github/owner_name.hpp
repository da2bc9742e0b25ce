// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

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

/// Where the mirrors of an owner lie (repositories/, gists/ and starred/). `general`: <storage>/github.
inline std::filesystem::path directory_of(const config::GithubSource& source, const config::GithubSource::Owner& owner, const std::filesystem::path& general) {
    const bool own = !source.directory.empty();
    const std::filesystem::path base = own ? source.directory : general;
    if (own && source.owners.size() == 1) return base;
    return base / (owner.login.empty() ? std::string("@me") : owner.login);
}

}  // namespace autobackup::github_job
