// SPDX-License-Identifier: MIT
#include "lib/cvat/wire.hpp"

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

std::string unescape_once(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
        out += text[i];
    }
    return out;
}

/// What stands between the quotes; `from` is behind the opening one. Escapes are kept.
std::string_view quoted(std::string_view header, std::size_t from) {
    std::size_t end = from;
    while (end < header.size() && header[end] != '"') end += header[end] == '\\' ? 2 : 1;
    return header.substr(from, std::min(end, header.size()) - from);
}

}  // namespace

Failure answer_failure(const http::Response& response, std::string operation, std::string object) {
    Failure failure = http::failure_of(response, std::move(operation), std::move(object));
    failure.peer = cut_peer_words(peer_words(response.body));
    failure.http_status = response.head.status;
    const BodyForm form = form_of(response.body);
    if (response.head.status == 400 && form == BodyForm::html) {
        failure.hint =
            "the server refuses the host name of this URL: Django accepts no '_' in it, and only names it is "
            "configured for";
    } else if (response.head.status == 403 && failure.peer.find("CSRF") != std::string::npos) {
        failure.hint = "a proxy in front of the server adds cookies to our requests";
    } else if (response.head.status == 403) {
        failure.hint = "the account or token does not have this right (an access token may be read-only)";
    } else if (response.head.status == 401) {
        failure.hint =
            "check the credentials: a token is for `token`, a personal access token for `access_token`";
    } else if (response.head.status == 406) {
        failure.hint = "a proxy in front of the server changes the Accept header";
    }
    return failure;
}

std::optional<std::string> rebased(std::string_view url, std::string_view base_path) {
    for (const char c : url) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return std::nullopt;
    }
    if (const auto scheme = url.find("://");
        scheme != std::string_view::npos && scheme < url.find_first_of("/?#")) {
        const auto slash = url.find('/', scheme + 3);
        if (slash == std::string_view::npos) return std::nullopt;
        url.remove_prefix(slash);
    }
    url = url.substr(0, url.find('#'));
    if (url.empty() || url.front() != '/' || url.starts_with("//")) return std::nullopt;
    while (base_path.ends_with('/')) base_path.remove_suffix(1);
    if (!base_path.empty() && url.starts_with(base_path) && url.size() > base_path.size() &&
        url[base_path.size()] == '/') {
        url.remove_prefix(base_path.size());
    }
    return std::string(url);
}

std::string disposition_file_name(std::string_view header) {
    const std::string lower = to_lower(header);
    constexpr std::string_view extended = "filename*=utf-8''";
    if (const auto at = lower.find(extended); at != std::string::npos) {
        std::string_view value = header.substr(at + extended.size());
        value = trim(value.substr(0, value.find(';')));
        return unescape_once(percent_decode(value));
    }
    constexpr std::string_view plain = "filename=";
    const auto at = lower.find(plain);
    if (at == std::string::npos) return std::string();
    std::string_view value = header.substr(at + plain.size());
    if (value.starts_with('"')) return unescape_once(quoted(value, 1));
    return std::string(trim(value.substr(0, value.find(';'))));
}

}  // namespace autobackup::cvat
