// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/http/watchdog.hpp"

namespace autobackup::http {

/// A TCP connection to the first of `endpoints` (not empty) that answers. The next one is tried when the one
/// before failed or has been silent for 250 ms (RFC 8305 §5), so that an address that swallows packets does
/// not use up the connect limit. The socket has TCP_NODELAY. Failure: that of the first endpoint that failed
/// with a refusal, else of the last.
Awaitable<Result<asio::ip::tcp::socket>> connect(std::vector<asio::ip::tcp::endpoint> endpoints,
                                                 std::string where, Watchdog& watchdog);

}  // namespace autobackup::http
