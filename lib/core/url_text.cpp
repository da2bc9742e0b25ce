// SPDX-License-Identifier: MIT
#include "lib/core/url_text.hpp"

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup {
namespace {

constexpr std::string_view ends_a_word = " \t\r\n\"'<>`";

// "bot:pa" of "https://bot:pa/ss@host": what should be a port is none.
bool is_torn(std::string_view authority) {
    const std::size_t colon = authority.find(':');
    if (colon == std::string_view::npos || authority.starts_with('[')) return false;
    const std::string_view port = authority.substr(colon + 1);
    return !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Behind the next "://", or "http:/" of somebody who left one out: where an authority begins.
std::size_t scheme_end(std::string_view text) {
    for (std::size_t colon = text.find(":/"); colon != std::string_view::npos; colon = text.find(":/", colon + 1)) {
        const bool whole = text.substr(colon).starts_with("://");
        const std::string before = to_lower(text.substr(0, colon));
        if (whole || before.ends_with("http") || before.ends_with("https")) return colon + (whole ? 3 : 2);
    }
    return std::string_view::npos;
}

}  // namespace

std::string without_user_info(std::string_view text) {
    std::string out;
    for (;;) {
        const std::size_t end = scheme_end(text);
        if (end == std::string_view::npos) break;
        out += text.substr(0, end);
        text.remove_prefix(end);
        // RFC 3986 §3.2: the authority ends at '/', '?' or '#'; in running text also at white space and quotes.
        const std::string_view word = text.substr(0, text.find_first_of(ends_a_word));
        const std::string_view authority = word.substr(0, word.find_first_of("/?#"));
        const std::size_t at = is_torn(authority) ? word.rfind('@') : authority.rfind('@');
        if (at != std::string_view::npos) text.remove_prefix(at + 1);
    }
    return out += text;
}

}  // namespace autobackup
