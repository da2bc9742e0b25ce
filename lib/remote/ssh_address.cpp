// SPDX-License-Identifier: MIT
#include "lib/remote/ssh_address.hpp"

#include <algorithm>
#include <charconv>

#include "lib/core/text.hpp"
#include "lib/core/url_text.hpp"

namespace autobackup::remote {
namespace {

constexpr std::string_view scheme = "ssh://";
constexpr int highest_port = 65'535;

Failure invalid(std::string message) {
    return fail(Errc::config_invalid, "read", "URL", std::move(message));
}

bool has_scheme(std::string_view url) {
    return to_lower(url.substr(0, scheme.size())) == scheme;
}

// ssh hands host and user on to shells (ProxyCommand %h, Match exec): what a shell could take for its own is
// refused.
bool only(std::string_view text, std::string_view extra) {
    return std::all_of(text.begin(), text.end(), [extra](char c) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return plain || extra.find(c) != std::string_view::npos;
    });
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<SshAddress> checked(SshAddress address) {
    if (address.host.empty()) return invalid("no host stands there");
    if (address.host.front() == '-' || !only(address.host, "._-:%+"))
        return invalid("this is no name of a host");
    if (!address.user.empty() && (address.user.front() == '-' || !only(address.user, "._-+@"))) {
        return invalid("this is no name of a user");
    }
    if (address.path.empty() || address.path == "/") return invalid("no path of a repository stands there");
    if (address.path.front() == '-') return invalid("a path that begins with '-' is refused");
    if (has_control(address.path)) return invalid("the path holds a control character");
    return address;
}

// "host", "host:22", "[::1]", "[::1]:22"
Result<void> take_host(std::string_view text, SshAddress& address) {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return invalid("a ']' is missing");
        address.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!port.empty() && port.front() != ':') return invalid("only a port may stand behind ']'");
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        address.host = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (port.size() < 2) return {};  // none, or a colon without one
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    const bool number = error == std::errc() && end == port.data() + port.size();
    if (!number || address.port < 1 || address.port > highest_port)
        return invalid("the port is no number up to 65535");
    return {};
}

Result<SshAddress> parse_url(std::string_view url) {
    if (url.find_first_of("?#") != std::string_view::npos)
        return invalid("a query or fragment in a URL is refused (not shown)");
    url.remove_prefix(scheme.size());
    const std::size_t slash = std::min(url.find('/'), url.size());
    std::string_view authority = url.substr(0, slash);
    SshAddress address;
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos) {
        const std::string_view user = authority.substr(0, at);
        if (user.find(':') != std::string_view::npos) {
            return invalid("a password in a URL is refused (not shown): ssh takes a key, under auth");
        }
        address.user = percent_decode(user);
        authority.remove_prefix(at + 1);
    } else if (url.find('@') != std::string_view::npos) {
        // With an unescaped '/' in a password the '@' stands in what looks like the path.
        return invalid("an '@' of the path is written %40");
    }
    const Result<void> host = take_host(authority, address);
    if (!host) return host.error();
    address.path = percent_decode(url.substr(slash));
    if (address.path.starts_with("/~")) address.path.erase(0, 1);
    return checked(std::move(address));
}

// user@host:path; an address of IPv6 stands in brackets.
Result<SshAddress> parse_short_form(std::string_view text) {
    SshAddress address;
    const std::size_t at = text.find('@');
    std::size_t colon = text.find(':');
    if (at != std::string_view::npos && at < colon) {
        address.user = text.substr(0, at);
        text.remove_prefix(at + 1);
        colon = text.find(':');
    }
    if (text.starts_with('[')) colon = text.find(':', std::min(text.find(']'), text.size()));
    if (colon == std::string_view::npos) return invalid("a ':' is missing between host and path");
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    address.host = host;
    address.path = text.substr(colon + 1);
    // "user:password@host:path" looks as if `user` were the host.
    if (address.user.empty() && address.path.find('@') != std::string::npos) {
        return invalid("a password is refused (not shown): ssh takes a key, under auth");
    }
    return checked(std::move(address));
}

}  // namespace

bool is_ssh_url(std::string_view url) {
    if (has_scheme(url)) return true;
    if (url.find("://") != std::string_view::npos || url.starts_with('/')) return false;
    // Colons of an address in brackets do not count.
    const std::size_t from = std::min(url.find('['), url.find('/')) < url.find(':') ? url.find(']') : 0;
    const std::size_t colon = from == std::string_view::npos ? from : url.find(':', from);
    return colon != std::string_view::npos && colon > 0 && colon < url.find('/');
}

Result<SshAddress> parse_ssh_address(std::string_view url) {
    if (has_scheme(url)) return parse_url(url);
    return parse_short_form(url);
}

std::string without_user(std::string_view url) { return without_user_info(url); }

}  // namespace autobackup::remote
