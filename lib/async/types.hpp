// SPDX-License-Identifier: MIT
// The coroutine vocabulary. Rule (g++ 12.2, tests/style/coroutine_lint.py): a statement with co_await holds no braces,
// no ?: and no lambda that owns captures; name the value first, then std::move it in.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace autobackup {

namespace asio = boost::asio;

template <class T>
using Awaitable = asio::awaitable<T>;

/// Completion token: errors come back as the first element of a tuple instead of an exception.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<>> as_tuple_awaitable{};

using Milliseconds = std::chrono::milliseconds;

}  // namespace autobackup
