// SPDX-License-Identifier: MIT
// The bytes of a request's head (RFC 9112 §3). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/secret.hpp"
#include "lib/http/client.hpp"
#include "lib/http/proxy.hpp"

namespace autobackup::http {

/// Bodies in memory up to this size are sent with the head in one write.
inline constexpr std::size_t small_body = std::size_t{16} << 10;

/// Head (and a small body) of `request`, ready for the wire. `proxy` is set when a proxy reads the request
/// itself (plain http through a proxy). config_invalid when a field holds a line end or NUL: it would be
/// taken for other fields.
Result<Secret> request_text(const Request& request, std::string_view user_agent, const Proxy* proxy);

/// The CONNECT request for a tunnel to `url` (RFC 9110 §9.3.6).
Secret connect_text(const Url& url, std::string_view user_agent, const Proxy& proxy);

/// Whether the request has a body that is streamed: a source, or a long text.
bool has_streamed_body(const Request& request);

}  // namespace autobackup::http
