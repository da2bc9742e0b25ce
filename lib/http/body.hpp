// SPDX-License-Identifier: MIT
// The ways in which the body of an answer is taken in. Loop thread only.
#pragma once

#include <cstddef>
#include <string>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/http/client.hpp"
#include "lib/http/exchange.hpp"

namespace autobackup::http {

/// At most this much of a body that is not wanted is read: for its words, or to keep the connection.
inline constexpr std::size_t unwanted_limit = std::size_t{64} << 10;

/// The whole body, at most `limit` bytes (longer: response_too_large).
Awaitable<Result<std::string>> collect(Exchange& exchange, std::size_t limit);

/// At most unwanted_limit bytes of the body; the rest is not read. A body that was cut is taken as far as it
/// came when `forgiving`: what counts is the status.
Awaitable<Result<std::string>> collect_beginning(Exchange& exchange, bool forgiving);

/// The body to `sink`. While write() runs, the socket is read on into a buffer of 1 MiB.
Awaitable<Result<void>> pour(Exchange& exchange, BodySink& sink);

}  // namespace autobackup::http
