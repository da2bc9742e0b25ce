// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/config/values.hpp"
#include "lib/core/text.hpp"
#include "lib/http/url.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::config {
namespace {

constexpr std::string_view git_kinds =
    "allowed is https://, http://, ssh://, user@host:path, file:/// or an absolute path";

Failure invalid_url(std::string reason) {
    return fail(Errc::config_invalid, "read", "URL", std::move(reason));
}

// What both kinds of http URL have in common. The URL is repeated only when nothing in it can be a secret.
Result<http::Url> parse_http(std::string_view text) {
    // Anywhere: with an unescaped '/' in a password the '@' stands in what looks like the path.
    if (text.find('@') != std::string_view::npos) {
        return invalid_url(
            "a user name or password in a URL is refused (not shown): put it under auth; an '@' of the path "
            "is "
            "written %40");
    }
    if (text.find_first_of("?#") != std::string_view::npos) {
        return invalid_url("a query (?…) or fragment (#…) in a URL is refused (not shown)");
    }
    auto url = http::Url::parse(text);
    if (!url) return invalid_url("given " + shown(text) + ": " + url.error().message);
    return url;
}

bool is_http(std::string_view text) {
    const std::string lower = to_lower(text.substr(0, 8));
    return lower.starts_with("http://") || lower.starts_with("https://");
}

Result<void> check_ssh(std::string_view text) {
    const Result<remote::SshAddress> address = remote::parse_ssh_address(text);
    if (!address) return address.error();
    if (looks_like_token(address->user)) {
        return invalid_url("the user name looks like a token (not shown): ssh takes a key, under auth");
    }
    return check_text(text);
}

Result<void> check_local_path(std::string_view path) {
    if (path.size() > 1 && path.starts_with('/') && !path.starts_with("//")) return check_text(path);
    return invalid_url(std::string("no absolute path stands there; ") + std::string(git_kinds));
}

}  // namespace

Result<void> check_github_url(std::string_view text) {
    if (!is_http(text)) return invalid_url("given " + shown(text) + ", allowed is http:// or https:// with a host");
    const auto url = parse_http(text);
    if (!url) return url.error();
    return Result<void>();
}

Result<void> check_cvat_url(std::string_view text) {
    if (const auto fine = check_github_url(text); !fine) return fine;
    const auto url = parse_http(text);
    if (url->host().find('_') != std::string::npos) {
        return invalid_url("given " + shown(text) +
                       ": a host name with '_' is refused, because CVAT answers every request to such "
                       "a host with 400 Bad Request; use another name or the address");
    }
    return {};
}

Result<void> check_git_url(std::string_view text) {
    if (is_http(text)) {
        const auto url = parse_http(text);
        return url ? Result<void>() : Result<void>(url.error());
    }
    if (to_lower(text.substr(0, 7)) == "file://") return check_local_path(text.substr(7));
    if (text.starts_with('/')) return check_local_path(text);
    if (remote::is_ssh_url(text)) return check_ssh(text);
    return invalid_url("given " + shown(text) + ", " + std::string(git_kinds));
}

bool is_open_http(std::string_view url) {
    if (!to_lower(url.substr(0, 7)).starts_with("http://")) return false;
    const auto parsed = http::Url::parse(url);
    return parsed && !parsed->loopback();
}

}  // namespace autobackup::config
