// SPDX-License-Identifier: MIT
#include "lib/http/proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <span>

#include "lib/core/text.hpp"

namespace autobackup::http {

namespace {

constexpr std::uint16_t default_proxy_port = 1080;

struct Address {
    std::array<unsigned char, 16> bytes{};
    unsigned bits = 0;  // 32 or 128
};

std::optional<Address> parse_address(std::string_view text) {
    const std::string copy(text);
    Address address;
    if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
        address.bits = 32;
        return address;
    }
    if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) {
        address.bits = 128;
        return address;
    }
    return std::nullopt;
}

bool in_network(const Address& address, const Address& network, unsigned prefix) {
    if (address.bits != network.bits || prefix > network.bits) return false;
    const unsigned whole = prefix / 8;
    if (!std::equal(network.bytes.begin(), network.bytes.begin() + whole, address.bytes.begin()))
        return false;
    if (prefix % 8 == 0) return true;
    const unsigned mask = 0xffu << (8 - prefix % 8);
    return ((network.bytes[whole] ^ address.bytes[whole]) & mask) == 0;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned max) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
    return value;
}

// "host:port" → host; the port must be this one. "[v6]:port" too. Nothing when the rule is for another port.
std::optional<std::string_view> host_of_rule(std::string_view rule, std::uint16_t port) {
    std::size_t colon = rule.rfind(':');
    if (rule.starts_with('[')) {
        const std::size_t close = rule.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view host = rule.substr(1, close - 1);
        if (close + 1 == rule.size()) return host;
        return rule.substr(close + 1) == ":" + std::to_string(port) ? std::optional(host) : std::nullopt;
    }
    if (colon == std::string_view::npos || rule.find(':') != colon)
        return rule;  // none, or a bare IPv6 address
    if (parse_number(rule.substr(colon + 1), 65535) != port) return std::nullopt;
    return rule.substr(0, colon);
}

bool rule_matches(std::string_view rule, std::string_view host, std::uint16_t port) {
    if (rule == "*") return true;
    const auto address = parse_address(host);
    if (const std::size_t slash = rule.find('/'); slash != std::string_view::npos) {
        const auto network = parse_address(rule.substr(0, slash));
        const auto prefix = parse_number(rule.substr(slash + 1), 128);
        return address && network && prefix && in_network(*address, *network, *prefix);
    }
    const auto wanted = host_of_rule(rule, port);
    if (!wanted) return false;
    std::string_view name = *wanted;
    if (address) {
        const auto other = parse_address(name);
        return other && in_network(*address, *other, other->bits);
    }
    if (name.starts_with("*.")) name.remove_prefix(1);
    while (name.starts_with('.')) name.remove_prefix(1);
    while (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty()) return false;
    // "suffix" and ".suffix" both mean the domain and everything below it.
    return host == name ||
           (host.size() > name.size() && host.ends_with(name) && host[host.size() - name.size() - 1] == '.');
}

Failure bad_proxy(std::string why) {
    return fail(Errc::config_invalid, "read proxy", "proxy URL", std::move(why));
}

std::string from_environment(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return value;
    }
    return {};
}

}  // namespace

Result<Proxy> parse_proxy(std::string_view text) {
    text = trim(text);
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
        if (to_lower(text.substr(0, scheme)) != "http")
            return bad_proxy("only http:// proxies are supported");
        text.remove_prefix(scheme + 3);
    }
    text = text.substr(0, text.find_first_of("/?#"));
    Proxy proxy;
    if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
        const std::string_view user = text.substr(0, at);
        const std::size_t colon = std::min(user.find(':'), user.size());
        const std::string_view password = user.substr(std::min(colon + 1, user.size()));
        const std::string pair = percent_decode(user.substr(0, colon)) + ":" + percent_decode(password);
        proxy.authorization = Secret("Basic " + base64_encode(pair));
        text.remove_prefix(at + 1);
    }
    // The rules for host and port are those of any URL.
    const std::size_t behind_host = text.starts_with('[') ? text.find(']') : 0;
    const bool has_port =
        behind_host != std::string_view::npos && text.find(':', behind_host) != std::string_view::npos;
    const auto url = Url::parse("http://" + std::string(text));
    if (!url) return bad_proxy(url.error().message);
    proxy.host = url->host();
    proxy.port = has_port ? url->port() : default_proxy_port;
    return proxy;
}

bool bypasses_proxy(std::string_view rules, std::string_view host, std::uint16_t port) {
    while (host.ends_with('.')) host.remove_suffix(1);
    const std::string list = to_lower(rules);
    std::string_view rest = list;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
        const std::string_view rule = rest.substr(0, end);
        if (!rule.empty() && rule_matches(rule, host, port)) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

Result<ProxyRules> ProxyRules::make(const ClientSettings& settings) {
    ProxyRules rules;
    rules.exceptions_ = settings.no_proxy;
    if (!settings.http_proxy.empty()) {
        auto proxy = parse_proxy(settings.http_proxy);
        if (!proxy) return proxy.error();
        rules.http_ = std::move(*proxy);
    }
    if (!settings.https_proxy.empty()) {
        auto proxy = parse_proxy(settings.https_proxy);
        if (!proxy) return proxy.error();
        rules.https_ = std::move(*proxy);
    }
    return rules;
}

const Proxy* ProxyRules::proxy_for(const Url& url) const {
    const std::optional<Proxy>& proxy = url.tls() ? https_ : http_;
    if (!proxy || bypasses_proxy(exceptions_, url.host(), url.port())) return nullptr;
    return &*proxy;
}

// The lower case name goes first. HTTP_PROXY is not read: a CGI server sets it from a request's "Proxy:"
// header.
void read_proxies_from_environment(ClientSettings& settings) {
    settings.http_proxy = from_environment({"http_proxy", "all_proxy", "ALL_PROXY"});
    settings.https_proxy = from_environment({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    settings.no_proxy = from_environment({"no_proxy", "NO_PROXY"});
}

}  // namespace autobackup::http
