// SPDX-License-Identifier: MIT
// Structured concurrency: waits with an end, deadlines, and several coroutines at once. Loop thread only.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::async {

/// Sleeps; throws system_error(operation_aborted) when cancelled.
Awaitable<void> sleep_for(Milliseconds duration);

/// Runs `work`; when `limit` passes first, cancels it (terminal), waits until it has unwound and returns false. Returns
/// true when it ended by itself. Exceptions of `work` pass through; an outer cancellation reaches `work`.
/// `work` must honour cancellation: everything built on Asio does, Workers::run is waited for.
Awaitable<bool> with_deadline(Milliseconds limit, Awaitable<void> work);

/// Runs all of `work` at once and returns when every one has ended. The first exception is rethrown then; it cancels
/// (terminal) the others. An outer cancellation reaches all.
Awaitable<void> all_of(std::vector<Awaitable<void>> work);

/// Makes of a coroutine with a result one of all_of(): the result goes to `out`, which is borrowed.
template <class T>
Awaitable<void> into(Awaitable<T> work, T& out) {
    out = co_await std::move(work);
}

/// Calls `body(i)` for i in [0, count), at most `at_once` of them running. As all_of otherwise.
Awaitable<void> for_each_index(std::size_t count, std::size_t at_once, std::function<Awaitable<void>(std::size_t)> body);

/// Delay before try number `attempt` (1 = first retry): base · 2^(attempt-1), at most `max`, ±25 % jitter by `random` in [0,1).
Milliseconds backoff(int attempt, Milliseconds base, Milliseconds max, double random);
/// A number in [0,1) from a per-process generator.
double random_fraction();

}  // namespace autobackup::async
