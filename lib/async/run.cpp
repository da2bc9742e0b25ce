// SPDX-License-Identifier: MIT
#include "lib/async/run.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cmath>
#include <exception>
#include <random>

namespace autobackup::async {

Awaitable<void> sleep_for(Milliseconds duration) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, duration);
    co_await timer.async_wait(asio::use_awaitable);
}

Awaitable<bool> with_deadline(Milliseconds limit, Awaitable<void> work) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, limit);
    auto worker = asio::co_spawn(executor, std::move(work), asio::deferred);
    auto deadline = timer.async_wait(asio::deferred);
    auto group = asio::experimental::make_parallel_group(std::move(worker), std::move(deadline));
    auto [order, failure, timer_error] = co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    const bool expired = order[0] == 1 && !timer_error;
    // After its time the work ends with operation_aborted, or with what it was doing just then: the deadline is the cause.
    if (expired) co_return false;
    if (failure) std::rethrow_exception(failure);
    co_return true;
}

namespace {

using Spawned = decltype(asio::co_spawn(std::declval<asio::any_io_executor>(), std::declval<Awaitable<void>>(), asio::deferred));

bool is_abort(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

Awaitable<void> all_of(std::vector<Awaitable<void>> work) {
    if (work.empty()) co_return;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    std::vector<Spawned> spawned;
    spawned.reserve(work.size());
    for (Awaitable<void>& one : work) spawned.push_back(asio::co_spawn(executor, std::move(one), asio::deferred));
    auto group = asio::experimental::make_parallel_group(std::move(spawned));
    auto [order, failures] = co_await group.async_wait(asio::experimental::wait_for_one_error(), asio::use_awaitable);
    // The cause first: what the others threw because they were cancelled is only its echo.
    for (const std::size_t index : order) {
        if (failures[index] && !is_abort(failures[index])) std::rethrow_exception(failures[index]);
    }
    for (const std::size_t index : order) {
        if (failures[index]) std::rethrow_exception(failures[index]);
    }
}

namespace {

Awaitable<void> work_through(std::size_t& next, std::size_t count, const std::function<Awaitable<void>(std::size_t)>& body) {
    while (next < count) co_await body(next++);
}

}  // namespace

Awaitable<void> for_each_index(std::size_t count, std::size_t at_once, std::function<Awaitable<void>(std::size_t)> body) {
    std::size_t next = 0;
    std::vector<Awaitable<void>> lanes;
    for (std::size_t lane = 0; lane < std::min(count, std::max<std::size_t>(1, at_once)); ++lane) {
        lanes.push_back(work_through(next, count, body));
    }
    co_await all_of(std::move(lanes));
}

Milliseconds backoff(int attempt, Milliseconds base, Milliseconds max, double random) {
    const double doubled = static_cast<double>(base.count()) * std::exp2(std::clamp(attempt - 1, 0, 40));
    const double capped = std::min(doubled, static_cast<double>(max.count()));
    return Milliseconds(static_cast<std::int64_t>(capped * (0.75 + 0.5 * random)));
}

double random_fraction() {
    static thread_local std::mt19937_64 generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

}  // namespace autobackup::async
