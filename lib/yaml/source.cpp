// SPDX-License-Identifier: MIT
#include "lib/yaml/source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace autobackup::yaml {
namespace {

bool continues(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Length of the UTF-8 sequence at the front, 0 when it is none (RFC 3629).
std::size_t sequence_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), continues))
        return 0;
    const auto second = static_cast<unsigned char>(text[1]);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
    return length;
}

}  // namespace

Source::Source(std::string_view text, std::string file) : text_(text), file_(std::move(file)), starts_{0} {
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') starts_.push_back(i + 1);
    }
}

Place Source::place(int line, int byte_column) const {
    const auto row = static_cast<std::size_t>(std::max(line, 0));
    const std::size_t start = row < starts_.size() ? starts_[row] : text_.size();
    const std::size_t end =
        std::min(text_.size(), start + static_cast<std::size_t>(std::max(byte_column, 0)));
    const std::string_view before = text_.substr(start, end - start);
    const auto inner = std::count_if(before.begin(), before.end(), continues);
    return Place{file_, static_cast<int>(row) + 1, std::max(byte_column, 0) + 1 - static_cast<int>(inner)};
}

char Source::at(int line, int byte_column) const {
    const auto row = static_cast<std::size_t>(std::max(line, 0));
    if (row >= starts_.size()) return '\0';
    const std::size_t offset = starts_[row] + static_cast<std::size_t>(std::max(byte_column, 0));
    return offset < text_.size() ? text_[offset] : '\0';
}

Place Source::place_of_offset(std::size_t offset) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto row = static_cast<std::size_t>(next - starts_.begin()) - 1;
    return place(static_cast<int>(row), static_cast<int>(offset - starts_[row]));
}

std::optional<Source::BadByte> Source::first_bad_byte() const {
    for (std::size_t i = 0; i < text_.size();) {
        const auto c = static_cast<unsigned char>(text_[i]);
        const std::size_t length = sequence_length(text_.substr(i));
        if (length == 0) {
            return BadByte{place_of_offset(i), fmt::format("not UTF-8: byte 0x{:02x}", unsigned{c})};
        }
        // yaml-cpp takes byte 4 for the end of the file and would drop the rest without a word.
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
            return BadByte{place_of_offset(i), fmt::format("control character 0x{:02x}", unsigned{c})};
        }
        i += length;
    }
    return std::nullopt;
}

}  // namespace autobackup::yaml
