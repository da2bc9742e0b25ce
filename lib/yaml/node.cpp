// SPDX-License-Identifier: MIT
#include "lib/yaml/node.hpp"

#include <charconv>

namespace autobackup::yaml {

std::string text(const Place& place) {
    if (place.line == 0) return place.file;
    return place.file + ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
}

const Entry* Node::find(std::string_view key) const noexcept {
    for (const Entry& entry : entries) {
        if (entry.key == key) return &entry;
    }
    return nullptr;
}

std::optional<bool> as_bool(const Node& node) {
    if (!node.is_scalar() || node.quoted) return std::nullopt;
    if (node.text == "true" || node.text == "True" || node.text == "TRUE") return true;
    if (node.text == "false" || node.text == "False" || node.text == "FALSE") return false;
    return std::nullopt;
}

std::optional<std::int64_t> as_integer(const Node& node) {
    if (!node.is_scalar() || node.quoted) return std::nullopt;
    std::string_view digits = node.text;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (digits.starts_with('-')) {
        if (node.text.starts_with('+')) return std::nullopt;
        digits.remove_prefix(1);
    }
    if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
    return value;
}

std::string_view describe_kind(const Node& node) {
    switch (node.kind) {
        case Kind::null:
            return "nothing";
        case Kind::sequence:
            return "a list";
        case Kind::mapping:
            return "a mapping";
        case Kind::scalar:
            break;
    }
    if (as_bool(node)) return "true/false";
    if (as_integer(node)) return "a number";
    return "text";
}

}  // namespace autobackup::yaml
