// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/config/values.hpp"
#include "daemon/model/copy_url.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

// ".git" and ".lock" at the end are what others make of such names; a dot in front hides what is ours.
bool safe_part(std::string_view part) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    const std::string lower = to_lower(part);
    return !part.empty() && part.size() <= 200 && part.front() != '.' && part.front() != '-' && std::all_of(part.begin(), part.end(), allowed) &&
           !lower.ends_with(".git") && !lower.ends_with(".lock");
}

}  // namespace

Result<void> check_mirror_name(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, '/');
    if (text.size() <= 500 && std::all_of(parts.begin(), parts.end(), safe_part)) return {};
    return fail(Errc::config_invalid, "read", "configuration",
                "given " + shown(text) +
                    ", allowed are parts of [A-Za-z0-9._-] joined by '/', none of which begins with '.' or '-' or ends in .git or .lock");
}

Result<void> check_copy_url(std::string_view text) {
    const std::string filled = fill_copy_url(text, "name", "owner");
    if (text.find("{name}") == std::string_view::npos && text.find("{flat}") == std::string_view::npos) {
        return fail(Errc::config_invalid, "read", "configuration", "given " + shown(text) + ": {name} or {flat} must stand in it, for the name of each repository");
    }
    if (filled.find_first_of("{}") != std::string::npos) {
        return fail(Errc::config_invalid, "read", "configuration", "given " + shown(text) + ": allowed in braces are {name}, {flat}, {owner}");
    }
    return check_git_url(filled);
}

}  // namespace autobackup::config
