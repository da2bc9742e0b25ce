// SPDX-License-Identifier: MIT
#include "daemon/metrics/request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup::metrics {
namespace {

constexpr std::string_view line_end = "\r\n";

// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
    const auto allowed = [](char c) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool is_visible(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// A field value may hold tabs and bytes beyond ASCII, but no other control character (RFC 9110 §5.5).
bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

struct RequestLine {
    std::string_view method, target, version;
};

bool split_request_line(std::string_view line, RequestLine& out) {
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos) return false;
    out = {line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)};
    return is_token(out.method) && is_visible(out.target) && is_visible(out.version);
}

// Reads the fields up to the empty line; false: malformed.
bool read_fields(std::string_view rest, int& hosts) {
    while (!rest.starts_with(line_end)) {
        const std::size_t end = rest.find(line_end);
        if (end == std::string_view::npos) return false;
        const std::string_view field = rest.substr(0, end);
        const std::size_t colon = field.find(':');
        if (colon == std::string_view::npos || !is_token(field.substr(0, colon))) return false;
        if (!is_field_value(field.substr(colon + 1))) return false;
        if (to_lower(field.substr(0, colon)) == "host") ++hosts;
        rest.remove_prefix(end + line_end.size());
    }
    return rest.size() == line_end.size();
}

// The path of the origin form, or of the absolute form, which every server must take (RFC 9112 §3.2.2).
std::string_view path_of(std::string_view target) {
    if (to_lower(target.substr(0, 7)) == "http://") {
        const std::size_t slash = target.find('/', 7);
        target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
    return target.substr(0, target.find('?'));
}

const char* reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 431:
            return "Request Header Fields Too Large";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Bad Request";
    }
}

}  // namespace

Verdict judge(std::string_view head) {
    const std::size_t end = head.find(line_end);
    RequestLine line;
    int hosts = 0;
    if (end == std::string_view::npos || !split_request_line(head.substr(0, end), line)) return {400, true};
    if (!line.version.starts_with("HTTP/")) return {400, true};
    const bool newer = line.version == "HTTP/1.1";
    if (!newer && line.version != "HTTP/1.0") return {505, true};
    if (!read_fields(head.substr(end + line_end.size()), hosts)) return {400, true};
    if (hosts > 1 || (newer && hosts == 0)) return {400, true};
    const bool with_body = line.method != "HEAD";
    if (with_body && line.method != "GET") return {405, true};
    const std::string_view path = path_of(line.target);
    if (!path.starts_with('/')) return {400, with_body};
    return {path == "/metrics" ? 200 : 404, with_body};
}

std::string answer(const Verdict& verdict, std::string_view metrics) {
    const std::string words = fmt::format("{} {}\n", verdict.status, reason_of(verdict.status));
    const std::string_view body = verdict.status == 200 ? metrics : std::string_view(words);
    std::string out = fmt::format("HTTP/1.1 {} {}\r\n", verdict.status, reason_of(verdict.status));
    out += verdict.status == 200 ? "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                                 : "Content-Type: text/plain; charset=utf-8\r\n";
    if (verdict.status == 405) out += "Allow: GET, HEAD\r\n";
    out += fmt::format("Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n", body.size());
    if (verdict.with_body) out += body;
    return out;
}

}  // namespace autobackup::metrics
