// SPDX-License-Identifier: MIT
// What a run of a GitHub job needs, built from its configuration and secrets. Loop thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/runner/copy_check.hpp"
#include "daemon/runner/outlet_services.hpp"
#include "daemon/runner/runner.hpp"
#include "lib/github/client.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::runner {

struct GithubServices {
    std::unique_ptr<http::Client> client;  ///< API, git and large files: what the API was asked on carries git too where both are one server
    std::unique_ptr<github::Session> session;
    remote::Settings access;            ///< limits, and key and known hosts for ssh; no URL yet
    std::unique_ptr<mirror::Outlets> outlets;  ///< copies and bundles

    void account(model::Run& run) const;
    void close() const;
};

/// Reads the secrets and builds the services. Failures: secret_missing, config_invalid (certificate file, URL).
Awaitable<Result<std::unique_ptr<GithubServices>>> make_github_services(Shared& shared, const config::Job& job,
                                                                        const config::GithubSource& source);

/// What `check-config --online` tells of a job: how many repositories its owners have, and of the places of its copies.
struct GithubAnswer {
    Result<std::string> source;
    std::vector<CopyAnswer> copies{};
};
Awaitable<GithubAnswer> ask_github(Shared& shared, const config::Job& job, const config::GithubSource& source);

}  // namespace autobackup::runner
