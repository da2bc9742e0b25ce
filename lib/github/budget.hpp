// SPDX-License-Identifier: MIT
// GitHub's limits for one token, over everything that uses it (docs.github.com, "Rate limits for the REST API"): the primary
// quota of each resource, the secondary limits (900 points a minute, concurrent requests), and the pauses that the server
// asks for. Loop thread only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/async/turnstile.hpp"
#include "lib/core/instant.hpp"
#include "lib/http/client.hpp"

namespace autobackup::github {

enum class Resource { rest, graphql };

class Budget {
public:
    using Clock = std::function<Instant()>;
    explicit Budget(Clock clock = now);

    /// Waits until a call may be made: for a place, for the pause that the server asked for, for the quota's reset, and so
    /// that no minute has more than 900 calls. Without a limit of its own: the run's timeout cancels it. `waits` (may be
    /// empty) hears of a wait of more than a second: until when, and why.
    Awaitable<async::Turnstile::Pass> enter(Resource resource, const std::function<void(Instant, std::string_view)>& waits);

    /// The headers of every answer: `x-ratelimit-remaining` and `-reset`.
    void saw(Resource resource, const http::Headers& headers);
    /// What a GraphQL answer tells of itself.
    void saw(Resource resource, std::int64_t remaining, Instant reset);
    /// The server refused a call because of a limit: primary (its quota is used up: until its reset), else secondary (what it
    /// asks for, at least a minute, doubling while it goes on). Calls of that token wait from now on.
    void limited(Resource resource, const Failure& failure);
    /// A call went through: the next secondary refusal begins at a minute again.
    void went_through() { secondary_in_row_ = 0; }

    /// When the next call of `resource` may be made, and why not before; nothing: now.
    [[nodiscard]] std::optional<std::pair<Instant, std::string_view>> blocked(Resource resource);

private:
    struct Quota {
        std::optional<std::int64_t> remaining;
        Instant reset{};
    };
    Clock clock_;
    async::Turnstile places_;
    std::map<Resource, Quota> quotas_;
    std::deque<Instant> last_minute_;  ///< when the calls of the last minute were made
    Instant pause_until_{};
    int secondary_in_row_ = 0;
};

}  // namespace autobackup::github
