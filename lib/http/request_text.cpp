// SPDX-License-Identifier: MIT
#include "lib/http/request_text.hpp"

#include <algorithm>
#include <array>

#include "lib/core/text.hpp"

namespace autobackup::http {

namespace {

// Set by the client alone; Accept-Encoding is never sent, because nothing here decodes.
constexpr std::array<std::string_view, 7> own_fields = {
    "host",  "connection", "content-length", "transfer-encoding", "accept-encoding", "proxy-connection",
    "expect"};

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    const auto allowed = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != marks.npos;
    };
    return !text.empty() && std::ranges::all_of(text, allowed);
}

bool is_field_value(std::string_view text) {
    const auto allowed = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return c == '\t' || (byte >= 0x20 && byte != 0x7f);
    };
    return std::ranges::all_of(text, allowed);
}

bool wants_length(Method method) {
    return method == Method::post || method == Method::put || method == Method::patch;
}

// A value that grows moves, and leaves what it held in freed memory: so the room is taken at once.
std::string roomy_text(const Request& request, const Proxy* proxy) {
    std::size_t size = 512 + request.url.origin().size() + request.url.target().size();
    for (const auto& [field, value] : request.headers.all()) size += field.size() + value.size() + 4;
    size += request.authorization.reveal().size();
    if (proxy != nullptr) size += proxy->authorization.reveal().size();
    if (!has_streamed_body(request)) size += request.body.size();
    std::string text;
    text.reserve(size);
    return text;
}

void add_field(std::string& text, std::string_view name, std::string_view value) {
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
}

void add_length(std::string& text, const Request& request) {
    if (request.source) {
        const auto size = request.source->size();
        if (size) {
            add_field(text, "Content-Length", std::to_string(*size));
        } else {
            add_field(text, "Transfer-Encoding", "chunked");
        }
    } else if (!request.body.empty() || wants_length(request.method)) {
        add_field(text, "Content-Length", std::to_string(request.body.size()));
    }
}

}  // namespace

bool has_streamed_body(const Request& request) {
    return request.source != nullptr || request.body.size() > small_body;
}

Result<Secret> request_text(const Request& request, std::string_view user_agent, const Proxy* proxy) {
    const auto bad_field = [&](const std::string& field) {
        return fail(Errc::config_invalid, std::string(name(request.method)), request.object,
                    "the header field " + one_line(field) + " holds a character that is not allowed there");
    };
    std::string text = roomy_text(request, proxy);
    text += name(request.method);
    text += ' ';
    if (proxy != nullptr) text += request.url.origin();
    text += request.url.target();
    text += " HTTP/1.1\r\n";
    add_field(text, "Host", request.url.authority());
    if (request.headers.find("User-Agent") == nullptr && !user_agent.empty())
        add_field(text, "User-Agent", user_agent);
    if (request.headers.find("Accept") == nullptr) add_field(text, "Accept", "*/*");
    for (const auto& [field, value] : request.headers.all()) {
        if (!is_token(field) || !is_field_value(value)) return bad_field(field);
        if (std::ranges::find(own_fields, to_lower(field)) == own_fields.end()) add_field(text, field, value);
    }
    if (!request.authorization.empty()) {
        if (!is_field_value(request.authorization.reveal())) return bad_field("Authorization");
        add_field(text, "Authorization", request.authorization.reveal());
    }
    if (proxy != nullptr && !proxy->authorization.empty()) {
        add_field(text, "Proxy-Authorization", proxy->authorization.reveal());
    }
    add_length(text, request);
    text += "\r\n";
    if (!has_streamed_body(request)) text += request.body;
    return Secret(std::move(text));
}

Secret connect_text(const Url& url, std::string_view user_agent, const Proxy& proxy) {
    const std::string host = url.host().find(':') == std::string::npos ? url.host() : "[" + url.host() + "]";
    const std::string target = host + ":" + std::to_string(url.port());
    std::string text;
    text.reserve(512 + proxy.authorization.reveal().size());
    text += "CONNECT " + target + " HTTP/1.1\r\n";
    add_field(text, "Host", target);
    if (!user_agent.empty()) add_field(text, "User-Agent", user_agent);
    if (!proxy.authorization.empty()) add_field(text, "Proxy-Authorization", proxy.authorization.reveal());
    text += "\r\n";
    return Secret(std::move(text));
}

}  // namespace autobackup::http
