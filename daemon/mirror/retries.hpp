// SPDX-License-Identifier: MIT
// Asking again, as a job's `retry` says. Loop thread.
#pragma once

#include <optional>

#include "daemon/model/config.hpp"
#include "lib/async/run.hpp"
#include "lib/http/retry.hpp"

namespace autobackup::mirror {

/// How long to wait after try `attempt` (from 1); nothing: not again, the failure is final or no try is left.
inline std::optional<Milliseconds> pause_after(const Failure& failure, int attempt, const config::Retry& retry) {
    return http::retry_wait(failure, attempt, retry.attempts, retry.delay, retry.max_delay, async::random_fraction(), Milliseconds(0));
}

/// What `ask`, a function that gives an Awaitable<Result<T>>, answers; asked again while that is a failure and a try is left.
template <class T, class Ask>
Awaitable<Result<T>> with_retries(config::Retry retry, Ask ask) {
    for (int attempt = 1;; ++attempt) {
        Result<T> answer = co_await ask();
        if (answer) co_return answer;
        const std::optional<Milliseconds> pause = pause_after(answer.error(), attempt, retry);
        if (!pause) co_return answer;
        co_await async::sleep_for(*pause);
    }
}

}  // namespace autobackup::mirror
