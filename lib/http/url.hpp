// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::http {

/// An absolute http(s) URL without user-info and fragment. Value type; pure.
class Url {
public:
    Url() = default;
    /// Errors (config_invalid): no http/https scheme, no host, user-info, bad port, control characters.
    static Result<Url> parse(std::string_view text);

    [[nodiscard]] bool tls() const noexcept { return tls_; }
    [[nodiscard]] const std::string& host() const noexcept { return host_; }  ///< lower case, IPv6 without brackets
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] const std::string& target() const noexcept { return target_; }  ///< path and query as sent, starts with '/'
    [[nodiscard]] std::string path() const;                                      ///< target without the query
    [[nodiscard]] std::string origin() const;     ///< "https://host[:port]", port left out when it is the scheme's own
    [[nodiscard]] std::string authority() const;  ///< value of the Host header
    [[nodiscard]] std::string text() const { return origin() + target_; }
    [[nodiscard]] bool loopback() const;  ///< localhost, 127.0.0.0/8, ::1

    /// base "https://h/cvat" + "/api/x?y" → "https://h/cvat/api/x?y": appends to the base's path (no doubled slash).
    [[nodiscard]] Url with_appended(std::string_view path_and_query) const;
    /// The same origin, another target.
    [[nodiscard]] Url with_target(std::string target) const;
    /// Resolves a Location header (absolute, or relative to this).
    [[nodiscard]] Result<Url> resolve(std::string_view reference) const;

    friend bool same_origin(const Url& a, const Url& b) noexcept;
    friend bool operator==(const Url&, const Url&) = default;

private:
    bool tls_ = false;
    std::string host_;
    std::uint16_t port_ = 80;
    std::string target_ = "/";
};

bool same_origin(const Url& a, const Url& b) noexcept;

}  // namespace autobackup::http
