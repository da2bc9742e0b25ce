// SPDX-License-Identifier: MIT
#include "daemon/report/outgoing.hpp"

#include "lib/core/text.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::report {
namespace {

struct Lead {
    std::size_t length;  // of the sequence; 0: no lead byte
    unsigned char lowest =
        0x80;  // of the second byte (RFC 3629 §4: no overlong forms, no surrogates, at most U+10FFFF)
    unsigned char highest = 0xBF;
};

Lead lead_of(unsigned char byte) {
    if (byte < 0x80) return {1};
    if (byte < 0xC2) return {0};
    if (byte < 0xE0) return {2};
    if (byte == 0xE0) return {3, 0xA0, 0xBF};
    if (byte == 0xED) return {3, 0x80, 0x9F};
    if (byte < 0xF0) return {3};
    if (byte == 0xF0) return {4, 0x90, 0xBF};
    if (byte < 0xF4) return {4};
    if (byte == 0xF4) return {4, 0x80, 0x8F};
    return {0};
}

std::size_t sequence_at(std::string_view text) {
    const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
    if (lead.length > text.size()) return 0;
    for (std::size_t i = 1; i < lead.length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool second = i == 1;
        if (byte < (second ? lead.lowest : 0x80) || byte > (second ? lead.highest : 0xBF)) return 0;
    }
    return lead.length;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = sequence_at(text);
        out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string outgoing_name(std::string_view name) {
    return valid_utf8(journal::redacted(name));
}

std::string outgoing(std::string_view text) {
    return valid_utf8(journal::without_user_info(journal::redacted(text)));
}

std::string outgoing_line(std::string_view text) {
    return one_line(journal::without_user_info(journal::redacted(text)));
}

}  // namespace autobackup::report
