// SPDX-License-Identifier: MIT
// What a run of a GitHub job needs, built from its configuration and secrets. Loop thread.
#pragma once

#include <memory>
#include <string>

#include "daemon/runner/outlet_services.hpp"
#include "daemon/runner/runner.hpp"
#include "lib/github/client.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::runner {

struct GithubServices {
    std::unique_ptr<http::Client> api;  ///< towards the API
    std::unique_ptr<http::Client> git;  ///< for clones and large files
    std::unique_ptr<github::Session> session;
    remote::Settings access;            ///< limits, and key and known hosts for ssh; no URL yet
    std::unique_ptr<mirror::Outlets> outlets;  ///< copies and bundles

    void account(model::Run& run) const;
    void close() const;
};

/// Reads the secrets and builds the services. Failures: secret_missing, config_invalid (certificate file, URL).
Awaitable<Result<std::unique_ptr<GithubServices>>> make_github_services(Shared& shared, const config::Job& job,
                                                                        const config::GithubSource& source);

/// What `check-config --online` tells of a job: how many repositories its owners have.
Awaitable<Result<std::string>> ask_github(Shared& shared, const config::Job& job, const config::GithubSource& source);

}  // namespace autobackup::runner
