// SPDX-License-Identifier: MIT
// Questions to a server of the batch API: where it is, who we are, and what it answers. Private to lib/lfs. Loop thread.
#pragma once

#include <map>

#include "lib/lfs/remote.hpp"

namespace autobackup::lfs {

/// What was allowed for a time is taken for expired so much earlier: a transfer takes a moment to begin.
inline constexpr std::chrono::seconds expiry_margin{5};

class BatchClient {
public:
    /// Everything is borrowed for the life of the object but the endpoint.
    BatchClient(http::Client& client, http::Url endpoint, const Settings& settings)
        : client_(client), endpoint_(std::move(endpoint)), settings_(settings) {}

    /// One question; an entry for each object, in order. Failures: see Remote.
    Awaitable<Result<std::vector<BatchObject>>> ask(Operation operation, std::vector<Pointer> objects);
    [[nodiscard]] http::Limits limits() const;
    /// The value of Authorization for a URL of the endpoint's own origin, "" for any other.
    [[nodiscard]] Secret own_credentials(const http::Url& url) const;

private:
    Awaitable<Result<http::Response>> post_batch(http::Url url, const Access* access, std::string body);
    struct Entry {
        Access access;
        bool fresh = false;  ///< asked for just now
    };
    Awaitable<Result<Entry>> access_for(Operation operation);
    Awaitable<Result<http::Response>> put_question(Operation operation, std::string question);

    http::Client& client_;
    http::Url endpoint_;
    const Settings& settings_;
    std::map<Operation, Access> access_;  // of an ssh server
};

}  // namespace autobackup::lfs
