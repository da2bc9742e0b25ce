// SPDX-License-Identifier: MIT
#include "lib/http/retry.hpp"

#include <algorithm>

#include "lib/async/run.hpp"

namespace autobackup::http {

std::optional<Milliseconds> retry_wait(const Failure& failure, int tries_done, int attempts,
                                       Milliseconds base, Milliseconds max, double random, Milliseconds granted) {
    if (!failure.transient || tries_done >= attempts) return std::nullopt;
    const Milliseconds own = async::backoff(tries_done, base, max, random);
    if (!failure.retry_after) return own;
    const Milliseconds asked = std::chrono::duration_cast<Milliseconds>(*failure.retry_after);
    if (asked > std::max(max, granted)) return std::nullopt;
    return std::max(own, asked);
}

}  // namespace autobackup::http
