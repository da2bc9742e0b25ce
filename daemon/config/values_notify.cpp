// SPDX-License-Identifier: MIT
// The forms of values below metrics and notify.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "daemon/config/values.hpp"
#include "lib/core/text.hpp"
#include "lib/http/url.hpp"

namespace autobackup::config {
namespace {

// sun_path of unix(7) has 108 bytes, the last of them for NUL; the socket is made under a name with four more.
constexpr std::size_t longest_socket_path = 103;
constexpr std::string_view listener_forms = "allowed is unix:/PATH, 127.0.0.1:PORT, [::1]:PORT or localhost:PORT";

Failure invalid(std::string what, std::string reason) {
    return fail(Errc::config_invalid, "read", std::move(what), std::move(reason));
}

Result<MetricsListener> socket_listener(std::string_view path) {
    const bool plain = path.size() > 1 && path.starts_with('/') && !path.ends_with('/');
    if (!plain) return invalid("listener", "after 'unix:' an absolute path of a socket must stand");
    if (path.size() > longest_socket_path) {
        return invalid("listener", "the path of this socket may have at most " + std::to_string(longest_socket_path) +
                                       " bytes");
    }
    if (const auto fine = check_text(path); !fine) return fine.error();
    MetricsListener out;
    out.socket = path;
    return out;
}

bool is_loopback(const std::string& address) {
    in_addr four{};
    if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
    return address == "::1";
}

}  // namespace

Result<void> check_recipient(std::string_view text) {
    if (const auto fine = check_email(text); !fine) return fine.error();
    const auto plain = [](char c) {
        return c > ' ' && c < '\x7f' && std::string_view(",;:()<>[]\\\"|").find(c) == std::string_view::npos;
    };
    const std::size_t at = text.find('@');
    const bool one = std::all_of(text.begin(), text.end(), plain) && at > 0 && at + 1 < text.size() &&
                     text.find('@', at + 1) == std::string_view::npos;
    if (one && !text.starts_with('-')) return {};
    return invalid("address", "given " + shown(text) + ", allowed is one plain address such as admin@example.org");
}

Result<void> check_notice_url(std::string_view text) {
    const std::string lower = to_lower(text.substr(0, 8));
    if (!lower.starts_with("http://") && !lower.starts_with("https://"))
        return invalid("URL", "given a text (not shown) that is no URL, allowed is http:// or https://");
    if (text.find('@') != std::string_view::npos) {
        return invalid("URL", "a user name or password in a URL is refused (not shown); an '@' of the path is written %40");
    }
    if (text.find('#') != std::string_view::npos)
        return invalid("URL", "a fragment (#…) in a URL is refused (not shown)");
    if (http::Url::parse(text)) return {};
    return invalid("URL", "the URL (not shown) cannot be used: host, port or a character in it is not valid");
}

Result<MetricsListener> parse_listener(std::string_view text) {
    if (text.starts_with("unix:")) return socket_listener(text.substr(5));
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0)
        return invalid("listener", "given " + shown(text) + ", " + std::string(listener_forms));
    MetricsListener out;
    out.address = text.substr(0, colon);
    if (out.address == "[::1]") out.address = "::1";
    else if (out.address.find(':') != std::string::npos)
        return invalid("listener", "given " + shown(text) + ", " + std::string(listener_forms));
    if (out.address == "localhost") out.address = "127.0.0.1";
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (error != std::errc() || end != digits.data() + digits.size() || out.port == 0)
        return invalid("listener", "given " + shown(text) + ", the port must be 1 to 65535");
    if (!is_loopback(out.address)) {
        return invalid("listener", "given " + shown(text) +
                                       ": only a loopback address may be listened on, because everybody who reaches the "
                                       "port can read the metrics; " +
                                       std::string(listener_forms));
    }
    return out;
}

}  // namespace autobackup::config
