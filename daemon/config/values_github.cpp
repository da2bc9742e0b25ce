// SPDX-License-Identifier: MIT
#include <algorithm>
#include <regex>

#include "daemon/config/values.hpp"

namespace autobackup::config {
namespace {

constexpr std::size_t longest_owner = 100;  // 39 on github.com; names of managed users are longer

Failure invalid_name(std::string reason) {
    return fail(Errc::config_invalid, "read", "text", std::move(reason));
}

}  // namespace

Result<void> check_owner(std::string_view text) {
    if (text == "@me") return Result<void>();
    const bool letters = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (letters && !text.empty() && text.size() <= longest_owner && text.front() != '-') return Result<void>();
    return invalid_name("given " + shown(text) + ", allowed is the name of an account (letters, digits, '-', '_'), or \"@me\"");
}

Result<void> check_pattern(std::string_view text) {
    if (const auto fine = check_text(text); !fine) return fine;
    if (text.size() < 3 || !text.starts_with('/') || !text.ends_with('/')) return Result<void>();
    try {
        const std::regex expression(std::string(text.substr(1, text.size() - 2)), std::regex::ECMAScript);
    } catch (const std::regex_error& error) {
        return invalid_name("given " + shown(text) + ": not a regular expression (" + error.what() + ")");
    }
    return Result<void>();
}

}  // namespace autobackup::config
