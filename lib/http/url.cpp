// SPDX-License-Identifier: MIT
#include "lib/http/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "lib/core/text.hpp"

namespace autobackup::http {

namespace {

Failure bad_url(std::string_view text, std::string why) {
    // What stands before the last '@' may be a password, in a broken URL wherever it stands; a query may hold one too.
    const std::size_t at = text.rfind('@');
    const std::size_t slashes = std::min(text.find("://"), text.size());
    std::string shown(text);
    if (at != std::string_view::npos) {
        shown = std::string(slashes < at ? text.substr(0, slashes + 3) : "") + std::string(text.substr(at + 1));
    }
    shown.resize(std::min(shown.find_first_of("?#"), shown.size()));
    return fail(Errc::config_invalid, "read URL", cut_utf8(one_line(shown), 200), std::move(why));
}

bool is_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

bool is_ipv6(const std::string& text) noexcept {
    in6_addr address{};
    return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_host_name(std::string_view text) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    return !text.empty() && text.size() <= 253 && text.front() != '.' && std::ranges::all_of(text, allowed);
}

// What a server may send raw in a Location (spaces, UTF-8) becomes the escape that a request line needs.
std::string escape_target(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f && c != '"' && c != '<' && c != '>') {
            escaped += c;
        } else {
            escaped += '%';
            escaped += digits[byte >> 4];
            escaped += digits[byte & 15];
        }
    }
    return escaped;
}

// RFC 3986 §5.2.4, on the path alone.
std::string remove_dot_segments(std::string_view path) {
    std::vector<std::string_view> kept;
    std::string_view rest = path.substr(1);  // a path starts with '/'
    bool directory = false;
    while (true) {
        const std::size_t slash = rest.find('/');
        const std::string_view segment = rest.substr(0, slash);
        const bool last = slash == std::string_view::npos;
        directory = last && (segment == "." || segment == "..");
        if (segment == "..") {
            if (!kept.empty()) kept.pop_back();
        } else if (segment != ".") {
            kept.push_back(segment);
        }
        if (last) break;
        rest.remove_prefix(slash + 1);
    }
    std::string result;
    for (const std::string_view segment : kept) (result += '/') += segment;
    if (directory || result.empty()) result += '/';
    return result;
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(port);
}

std::string_view without_fragment(std::string_view text) {
    return text.substr(0, text.find('#'));
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    const std::string_view whole = text;
    if (std::ranges::any_of(text, is_control))
        return bad_url(whole, "control characters are not allowed in a URL");
    Url url;
    const std::size_t colon = text.find("://");
    const std::string scheme = to_lower(text.substr(0, colon == std::string_view::npos ? 0 : colon));
    if (scheme != "http" && scheme != "https") return bad_url(whole, "a URL starts with http:// or https://");
    url.tls_ = scheme == "https";
    url.port_ = url.tls_ ? 443 : 80;
    text = without_fragment(text.substr(colon + 3));

    const std::size_t end = text.find_first_of("/?");
    std::string_view authority = text.substr(0, end);
    if (authority.find('@') != std::string_view::npos) {
        return bad_url(whole, "a user name or password in a URL is not allowed; give it as a secret");
    }
    std::string_view port;
    bool has_port = false;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return bad_url(whole, "']' is missing behind the IPv6 address");
        url.host_ = to_lower(authority.substr(1, close - 1));
        if (!is_ipv6(url.host_)) return bad_url(whole, "not an IPv6 address");
        const std::string_view behind = authority.substr(close + 1);
        if (!behind.empty() && behind.front() != ':') return bad_url(whole, "unexpected text behind ']'");
        has_port = behind.size() > 1;
        if (has_port) port = behind.substr(1);
    } else {
        const std::size_t at = authority.find(':');
        url.host_ = to_lower(authority.substr(0, at));
        if (!is_host_name(url.host_)) return bad_url(whole, "no valid host name");
        has_port = at != std::string_view::npos && at + 1 < authority.size();
        if (has_port) port = authority.substr(at + 1);
    }
    if (has_port) {
        const auto number = parse_port(port);
        if (!number) return bad_url(whole, "the port is a number from 1 to 65535");
        url.port_ = *number;
    }
    if (end != std::string_view::npos) {
        url.target_ = escape_target(text.substr(end));
        if (url.target_.front() == '?') url.target_.insert(0, 1, '/');
    }
    return url;
}

std::string Url::path() const {
    return target_.substr(0, target_.find('?'));
}

std::string Url::authority() const {
    std::string text = host_.find(':') == std::string::npos ? host_ : "[" + host_ + "]";
    if (port_ != (tls_ ? 443 : 80)) text += ":" + std::to_string(port_);
    return text;
}

std::string Url::origin() const {
    return (tls_ ? "https://" : "http://") + authority();
}

bool Url::loopback() const {
    if (host_ == "localhost" || host_.ends_with(".localhost") || host_ == "::1") return true;
    in_addr address{};
    return ::inet_pton(AF_INET, host_.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

Url Url::with_appended(std::string_view path_and_query) const {
    std::string base = path();
    while (base.ends_with('/')) base.pop_back();
    std::string target = base;
    if (!path_and_query.starts_with('/') && !path_and_query.starts_with('?')) target += '/';
    target += path_and_query;
    return with_target(std::move(target));
}

Url Url::with_target(std::string target) const {
    Url url = *this;
    url.target_ = escape_target(target);
    if (!url.target_.starts_with('/')) url.target_.insert(0, 1, '/');
    return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
    reference = trim(reference);
    if (std::ranges::any_of(reference, is_control)) {
        return bad_url(reference, "control characters are not allowed in a URL");
    }
    reference = without_fragment(reference);
    const std::size_t colon = reference.find(':');
    if (colon != std::string_view::npos && colon < reference.find_first_of("/?")) return parse(reference);
    if (reference.starts_with("//")) return parse((tls_ ? "https:" : "http:") + std::string(reference));
    if (reference.empty()) return *this;

    const std::string_view query = reference.substr(std::min(reference.find('?'), reference.size()));
    std::string path(reference.substr(0, reference.size() - query.size()));
    const std::string base = this->path();
    if (path.empty()) {
        path = base;
    } else if (path.front() != '/') {
        path.insert(0, base.substr(0, base.rfind('/') + 1));
    }
    return with_target(remove_dot_segments(path) + std::string(query));
}

bool same_origin(const Url& a, const Url& b) noexcept {
    return a.tls_ == b.tls_ && a.port_ == b.port_ && a.host_ == b.host_;
}

}  // namespace autobackup::http
