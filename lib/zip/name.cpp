// SPDX-License-Identifier: MIT
// Which member names may become paths. The rules for ".git" are those of git's own verify_path (NTFS and HFS+
// disguises, CVE-2014-9390).
#include <algorithm>
#include <array>

#include "lib/core/text.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::zip {
namespace {

// Code points that HFS+ ignores when it compares names, as UTF-8: U+200C..200F, U+202A..202E, U+206A..206F,
// U+FEFF.
bool is_ignored_by_hfs(std::string_view three) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(three[i]); };
    if (byte(0) == 0xEF) return byte(1) == 0xBB && byte(2) == 0xBF;
    if (byte(0) != 0xE2) return false;
    if (byte(1) == 0x80) return (byte(2) >= 0x8C && byte(2) <= 0x8F) || (byte(2) >= 0xAA && byte(2) <= 0xAE);
    return byte(1) == 0x81 && byte(2) >= 0xAA && byte(2) <= 0xAF;
}

std::string without_ignored(std::string_view part) {
    std::string kept;
    for (std::size_t i = 0; i < part.size();) {
        if (i + 3 <= part.size() && is_ignored_by_hfs(part.substr(i, 3))) {
            i += 3;
        } else {
            kept += part[i++];
        }
    }
    return kept;
}

bool is_dot_git(std::string_view part) {
    // ".git", and its NTFS short name, in any case, with what Windows drops (dots and spaces at the end, a
    // stream after ':').
    std::string plain = to_lower(without_ignored(part));
    plain.resize(std::min(plain.size(), plain.find(':')));
    while (!plain.empty() && (plain.back() == '.' || plain.back() == ' ')) plain.pop_back();
    return plain == ".git" || plain == "git~1";
}

bool has_drive_letter(std::string_view name) {
    if (name.size() < 2 || name[1] != ':') return false;
    return (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z');
}

std::optional<std::string> unsafe_part(std::string_view part) {
    if (part.empty()) return "it has an empty part";
    if (part == "." || part == "..") return "it has a part \"" + std::string(part) + "\"";
    if (is_dot_git(part)) return "a part of it means \".git\"";
    return std::nullopt;
}

}  // namespace

std::optional<std::string> unsafe_name(std::string_view name) {
    if (name.empty()) return "it is empty";
    if (name.front() == '/') return "it is absolute";
    if (has_drive_letter(name)) return "it begins with a drive letter";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) return "it holds a control character";
        if (c == '\\') return "it holds a backslash";
    }
    // The slash at the end of a directory's name is no empty part.
    const std::string_view path = name.back() == '/' ? name.substr(0, name.size() - 1) : name;
    for (const std::string_view part : split(path, '/')) {
        if (auto why = unsafe_part(part)) return why;
    }
    return std::nullopt;
}

bool long_part(std::string_view name) {
    const auto parts = split(name, '/');
    return std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return part.size() > 255; });
}

}  // namespace autobackup::zip
