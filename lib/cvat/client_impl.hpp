// SPDX-License-Identifier: MIT
#pragma once

#include "lib/cvat/client.hpp"
#include "lib/cvat/session.hpp"

namespace autobackup::cvat {

struct Client::Impl {
    Impl(http::Client& http, Settings settings) : session(http, std::move(settings)) {}

    /// Asks without starting anything: GET /api/requests, and the old route of a task that does not exist
    /// when the version is odd.
    Awaitable<Result<Family>> probe_family(std::string version);
    Awaitable<void> newest_of(std::string kind, Context context, Result<Newest::One>& out);
    Awaitable<Result<void>> patch(std::string path, std::string body, std::string object);

    Session session;
};

}  // namespace autobackup::cvat
