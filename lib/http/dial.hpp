// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/http/proxy.hpp"
#include "lib/http/tls.hpp"
#include "lib/http/transport.hpp"
#include "lib/http/url.hpp"
#include "lib/http/watchdog.hpp"

namespace autobackup::http {

/// Where a request goes and by which way. `proxy` is borrowed from the client's rules.
struct Route {
    Url url;
    const Proxy* proxy = nullptr;
    [[nodiscard]] bool tunnelled() const noexcept { return proxy != nullptr && url.tls(); }
    /// Requests of the same key may share a connection.
    [[nodiscard]] std::string key() const;
    /// "host:port" of the origin, for messages.
    [[nodiscard]] std::string where() const;
};

/// A new connection, ready for a request: name look-up, TCP, the proxy's tunnel and TLS, all within the
/// connect limit. `tls` is needed for an https URL. Failures: resolve_failed, connection_refused,
/// connect_timeout, proxy_failed (with the proxy's status), tls_failed, certificate_invalid.
Awaitable<Result<std::unique_ptr<Transport>>> dial(Route route, TlsContext* tls, std::string user_agent,
                                                   Watchdog& watchdog);

}  // namespace autobackup::http
