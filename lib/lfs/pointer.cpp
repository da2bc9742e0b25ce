// SPDX-License-Identifier: MIT
#include "lib/lfs/pointer.hpp"

#include <algorithm>
#include <charconv>

#include "lib/core/text.hpp"

namespace autobackup::lfs {
namespace {

constexpr std::string_view version_line = "version https://git-lfs.github.com/spec/v1\n";
constexpr std::string_view oid_start = "oid sha256:";
constexpr std::string_view size_start = "size ";
constexpr std::string_view attributes = " filter=lfs diff=lfs merge=lfs -text";
constexpr std::size_t longest_line = 2048;  // ATTR_MAX_LINE_LENGTH of git's attr.h: longer lines are ignored

bool take(std::string_view& text, std::string_view start) {
    if (!text.starts_with(start)) return false;
    text.remove_prefix(start.size());
    return true;
}

// '\\', '*', '?', '[' mean something in a pattern (gitignore(5)).
std::string escaped_pattern(std::string_view path) {
    std::string pattern = "/";
    for (const char c : path) {
        if (c == '\\' || c == '*' || c == '?' || c == '[') pattern += '\\';
        pattern += c;
    }
    return pattern;
}

std::string unescaped_pattern(std::string_view pattern) {
    std::string path;
    for (std::size_t i = 1; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
        path += pattern[i];
    }
    return path;
}

bool is_plain(char c) { return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != 0x7f; }

// As quote_c_style() of git.
std::string c_style_quoted(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == ' ' || is_plain(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '\\';
            for (const int shift : {6, 3, 0}) out += static_cast<char>('0' + ((byte >> shift) & 7));
        }
    }
    return out + "\"";
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The pattern at the front of a line, unquoted; nothing when the line is not one of ours.
std::optional<std::string> pattern_of(std::string_view line) {
    if (!line.ends_with(attributes)) return std::nullopt;
    line.remove_suffix(attributes.size());
    if (!line.starts_with('"')) return std::string(line);
    if (line.size() < 2 || !line.ends_with('"')) return std::nullopt;
    line = line.substr(1, line.size() - 2);
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] != '\\') {
            out += line[i];
        } else if (i + 3 < line.size() && is_octal(line[i + 1]) && is_octal(line[i + 2]) && is_octal(line[i + 3])) {
            out += static_cast<char>((line[i + 1] - '0') * 64 + (line[i + 2] - '0') * 8 + (line[i + 3] - '0'));
            i += 3;
        } else if (i + 1 < line.size()) {
            out += line[++i];
        }
    }
    return out;
}

}  // namespace

bool is_oid(std::string_view text) noexcept {
    constexpr std::size_t digits = 64;
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == digits && std::all_of(text.begin(), text.end(), is_digit);
}

std::string pointer_text(const Pointer& pointer) {
    return std::string(version_line) + std::string(oid_start) + pointer.oid + "\n" + std::string(size_start) +
           std::to_string(pointer.size) + "\n";
}

std::optional<Pointer> parse_pointer(std::string_view text) {
    if (text.size() > longest_pointer || !take(text, version_line) || !take(text, oid_start)) return std::nullopt;
    Pointer pointer;
    pointer.oid = text.substr(0, 64);
    if (!is_oid(pointer.oid)) return std::nullopt;
    text.remove_prefix(pointer.oid.size());
    if (!take(text, "\n") || !take(text, size_start) || !text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pointer.size);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return pointer;
}

std::optional<std::string> attributes_line(std::string_view path) {
    std::string line = c_style_quoted(escaped_pattern(path)) + std::string(attributes) + "\n";
    if (line.size() > longest_line) return std::nullopt;
    return line;
}

std::vector<std::string> attribute_paths(std::string_view text) {
    std::vector<std::string> paths;
    for (const std::string_view line : split(text, '\n')) {
        const std::optional<std::string> pattern = pattern_of(line);
        if (pattern && pattern->starts_with('/')) paths.push_back(unescaped_pattern(*pattern));
    }
    return paths;
}

}  // namespace autobackup::lfs
