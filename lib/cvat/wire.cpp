// SPDX-License-Identifier: MIT
#include "lib/cvat/wire.hpp"

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

constexpr std::size_t logged_body = 1024;

std::string title_of(std::string_view page) {
    const std::string lower = to_lower(page.substr(0, 4096));
    const auto open = lower.find("<title>");
    if (open == std::string::npos) return std::string("an HTML page");
    const auto from = open + 7;
    const auto close = lower.find("</title>", from);
    if (close == std::string::npos) return std::string("an HTML page");
    return std::string(trim(page.substr(from, close - from)));
}

std::string words_of(const json::value& value) {
    if (value.is_string()) return std::string(trim(std::string_view(value.get_string())));
    if (value.is_object()) {
        if (const auto* detail = value.get_object().if_contains("detail"); detail && detail->is_string())
            return words_of(*detail);
    }
    if (value.is_array() && value.get_array().size() == 1 && value.get_array()[0].is_string())
        return words_of(value.get_array()[0]);
    return json::serialize(value);
}

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

BodyForm form_of(std::string_view body) noexcept {
    const auto first = body.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return BodyForm::empty;
    switch (body[first]) {
        case '{':
            return BodyForm::object;
        case '[':
            return BodyForm::array;
        case '"':
            return BodyForm::string;
        case '<':
            return BodyForm::html;
        default:
            return BodyForm::text;
    }
}

std::string peer_words(std::string_view body) {
    switch (form_of(body)) {
        case BodyForm::empty:
            return std::string();
        case BodyForm::html:
            return cut_utf8(title_of(trim(body)), logged_body);
        case BodyForm::text:
            return cut_utf8(trim(body), logged_body);
        case BodyForm::object:
        case BodyForm::array:
        case BodyForm::string:
            break;
    }
    boost::system::error_code error;
    const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
    if (error) return cut_utf8(trim(body), logged_body);
    return cut_utf8(words_of(value), logged_body);
}

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

Failure bad_answer(std::string operation, std::string object, std::string message, std::string_view body) {
    Failure failure = fail(Errc::bad_response, std::move(operation), std::move(object), std::move(message),
                           peer_words(body));
    if (form_of(body) == BodyForm::html) {
        failure.hint =
            "something in front of the server answers with a page of its own (a login page?), or the base "
            "URL is wrong";
    }
    return failure;
}

Result<json::value> parse_json(std::string_view body, std::string operation, std::string object) {
    const BodyForm form = form_of(body);
    if (form == BodyForm::html) {
        return bad_answer(std::move(operation), std::move(object),
                          "an HTML page came where JSON was expected", body);
    }
    if (form == BodyForm::empty) {
        return bad_answer(std::move(operation), std::move(object),
                          "an empty answer came where JSON was expected", body);
    }
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 128;
    json::value value =
        json::parse(json::string_view(body.data(), body.size()), error, json::storage_ptr(), options);
    if (error)
        return bad_answer(std::move(operation), std::move(object),
                          "the answer is not JSON: " + error.message(), body);
    return value;
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
