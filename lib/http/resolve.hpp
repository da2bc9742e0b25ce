// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/http/watchdog.hpp"

namespace autobackup::http {

/// The addresses of `host`, at least one, in the order in which to try them. Numbers and localhost (RFC 6761
/// §6.3) are answered at once; everything else is getaddrinfo(3) on a thread of its own: it cannot be
/// cancelled, but the caller stops waiting for it at once when cancelled or when `watchdog` fires, and
/// nothing of the loop is held by it. resolve_failed otherwise.
Awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                                Watchdog& watchdog);

/// Addresses of the two families in turn, beginning with the family of the first (RFC 8305 §4). Pure.
std::vector<asio::ip::tcp::endpoint> interleave(const std::vector<asio::ip::tcp::endpoint>& endpoints);

}  // namespace autobackup::http
