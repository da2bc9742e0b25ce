// SPDX-License-Identifier: MIT
// Which requests go through a proxy, and which one. Pure, but for the one function that reads the environment
// (client.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"
#include "lib/core/secret.hpp"
#include "lib/http/client.hpp"
#include "lib/http/url.hpp"

namespace autobackup::http {

/// An HTTP proxy. `authorization` is the value of Proxy-Authorization, empty without a user name.
struct Proxy {
    std::string host;
    std::uint16_t port = 0;
    Secret authorization;
    [[nodiscard]] std::string name() const { return host + ":" + std::to_string(port); }
};

/// "http://[user:password@]host[:port]" or "host[:port]"; without a port 1080, as curl has it (curl(1),
/// --proxy). config_invalid for another scheme (SOCKS, https) or no host; the text itself is never repeated:
/// it may hold a password.
Result<Proxy> parse_proxy(std::string_view text);

/// Whether `rules` (client.hpp, ClientSettings::no_proxy) take host and port out of the proxy's hands. `host`
/// is lower case, an IPv6 address without brackets.
bool bypasses_proxy(std::string_view rules, std::string_view host, std::uint16_t port);

/// The proxies of a client, parsed once.
class ProxyRules {
public:
    static Result<ProxyRules> make(const ClientSettings& settings);
    /// The proxy for `url`, or nullptr for a direct connection. Valid as long as the rules.
    [[nodiscard]] const Proxy* proxy_for(const Url& url) const;

private:
    std::optional<Proxy> http_;
    std::optional<Proxy> https_;
    std::string exceptions_;
};

}  // namespace autobackup::http
