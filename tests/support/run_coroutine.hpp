// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "lib/async/types.hpp"

namespace autobackup::test {

/// Runs `work()` (a callable that gives an Awaitable<T>, T may be void) on `context` and returns its value;
/// rethrows what it throws. Throws std::runtime_error when it has not ended after `limit`. With
/// `cancel_after` > 0 the coroutine is cancelled (terminal) then. Goes on until the loop has nothing to do,
/// so that what the coroutine left behind ends in order. SIGPIPE is ignored from the first call on, as the
/// program does.
template <class Work>
auto run_coroutine(asio::io_context& context, Work work, Milliseconds limit = Milliseconds{20'000},
                   Milliseconds cancel_after = Milliseconds{0}) {
    using T = typename std::invoke_result_t<Work&>::value_type;
    std::signal(SIGPIPE, SIG_IGN);
    asio::cancellation_signal signal;
    // The coroutine itself stores the value, so that a T without default constructor will do.
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
    std::exception_ptr failure;
    bool ended = false;
    asio::steady_timer timer(context);
    auto body = [&]() -> Awaitable<void> {
        if constexpr (std::is_void_v<T>) {
            co_await work();
        } else {
            value.emplace(co_await work());
        }
    };
    auto on_end = [&](std::exception_ptr thrown) {
        ended = true;
        failure = thrown;
        timer.cancel();
    };
    asio::co_spawn(context, body, asio::bind_cancellation_slot(signal.slot(), on_end));
    if (cancel_after > Milliseconds::zero()) {
        timer.expires_after(cancel_after);
        timer.async_wait([&](const boost::system::error_code& error) {
            if (!error && !ended) signal.emit(asio::cancellation_type::terminal);
        });
    }
    context.restart();
    context.run_for(limit);
    if (!ended) {
        // It refers to what lives here: it gets a chance to unwind.
        signal.emit(asio::cancellation_type::terminal);
        context.run_for(std::chrono::seconds(2));
        throw std::runtime_error("the coroutine did not end within its limit");
    }
    if (failure) std::rethrow_exception(failure);
    if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// The same on a loop of its own.
template <class Work>
auto run_coroutine(Work work, Milliseconds limit = Milliseconds{20'000},
                   Milliseconds cancel_after = Milliseconds{0}) {
    asio::io_context context(1);
    return run_coroutine(context, std::move(work), limit, cancel_after);
}

}  // namespace autobackup::test
