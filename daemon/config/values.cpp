// SPDX-License-Identifier: MIT
#include "daemon/config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t bytes;
};

constexpr std::array<Unit, 9> units{{{"TiB", 1ULL << 40},
                                     {"GiB", 1ULL << 30},
                                     {"MiB", 1ULL << 20},
                                     {"KiB", 1ULL << 10},
                                     {"TB", 1'000'000'000'000},
                                     {"GB", 1'000'000'000},
                                     {"MB", 1'000'000},
                                     {"KB", 1000},
                                     {"B", 1}}};

Failure invalid(std::string reason) {
    return fail(Errc::config_invalid, "read", "configuration", std::move(reason));
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    const auto unit =
        std::find_if(units.begin(), units.end(), [name](const Unit& u) { return u.name == name; });
    if (error != std::errc() || unit == units.end()) {
        return invalid("given " + shown(text) +
                       ", allowed is a whole number with a unit, such as 512KiB, 2GiB, 100MB");
    }
    // Half the range, so that sums of two sizes cannot overflow and the value fits every signed field.
    if (number > (std::numeric_limits<std::uint64_t>::max() >> 1) / unit->bytes) {
        return invalid("given " + shown(text) + ", which is more than any disk holds");
    }
    return number * unit->bytes;
}

Result<int> parse_percent(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (error != std::errc() || unit != "%" || number < 0 || number > 100) {
        return invalid("given " + shown(text) + ", allowed is a percentage from 0% to 100%");
    }
    return number;
}

std::string size_text(std::uint64_t bytes) {
    for (const Unit& unit : units) {
        if (bytes != 0 && unit.name.size() != 2 && bytes % unit.bytes == 0) {
            return fmt::format("{}{}", bytes / unit.bytes, unit.name);
        }
    }
    return fmt::format("{}B", bytes);
}

bool looks_like_token(std::string_view text) {
    constexpr std::array<std::string_view, 9> prefixes{"ghp_", "gho_",        "ghu_",   "ghs_", "ghr_",
                                                       "eyJ",  "github_pat_", "glpat-", "gldt-"};
    if (std::any_of(prefixes.begin(), prefixes.end(),
                    [text](auto prefix) { return text.starts_with(prefix); }))
        return true;
    if (text.size() >= 32 && std::all_of(text.begin(), text.end(), is_hex)) return true;
    // CVAT's personal access tokens: 8 characters, a dot, 32 characters.
    return text.size() == 41 && text[8] == '.' &&
           std::all_of(text.begin(), text.begin() + 8, is_alphanumeric) &&
           std::all_of(text.begin() + 9, text.end(), is_alphanumeric);
}

Result<void> check_secret_name(std::string_view text) {
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
    const bool shaped = !text.empty() && text.size() <= 64 &&
                        std::all_of(text.begin(), text.end(), allowed) && text[0] != '.' && text[0] != '-';
    if (shaped && !looks_like_token(text)) return {};
    const char* what =
        text.empty() ? "given nothing" : "given (not shown), which is no name and may be the secret itself";
    return invalid(fmt::format(
        "{}; allowed is the NAME of a secret ([A-Za-z0-9._-], at most 64), {{file: PATH}}, {{env: NAME}} "
        "or {{command: [argv…]}}",
        what));
}

std::string shown(std::string_view text) {
    const bool url_with_more =
        text.find("://") != std::string_view::npos && text.find_first_of("@?#") != std::string_view::npos;
    const bool scp_with_more =
        text.find('@') != std::string_view::npos && text.find(':') != std::string_view::npos;
    if (looks_like_token(text) || url_with_more || scp_with_more) return "(not shown)";
    return "'" + cut_utf8(one_line(text), 100) + "'";
}

Result<void> check_organization(std::string_view text) {
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; };
    if (text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed)) return {};
    return invalid("given " + shown(text) +
                   ", allowed is the slug of an organization ([A-Za-z0-9_-]) or \"\"");
}

Result<void> check_branch(std::string_view text) {
    const auto bad = [](char c) {
        return is_control(c) || std::string_view(" ~^:?*[\\").find(c) != std::string_view::npos;
    };
    const bool parts_fine = [text] {
        for (const std::string_view part : split(text, '/')) {
            if (part.empty() || part.starts_with('.') || part.ends_with(".lock")) return false;
        }
        return true;
    }();
    const bool fine = !text.empty() && text.size() <= 200 && std::none_of(text.begin(), text.end(), bad) &&
                      parts_fine && !text.starts_with('-') && !text.ends_with('.') && text != "HEAD" &&
                      text != "@" && text.find("..") == std::string_view::npos &&
                      text.find("@{") == std::string_view::npos;
    if (fine && !text.starts_with("refs/")) return {};
    return invalid("given " + shown(text) + ", allowed is the name of a branch, such as main");
}

Result<void> check_email(std::string_view text) {
    const auto bad = [](char c) { return is_control(c) || c == '<' || c == '>' || c == ' '; };
    if (!text.empty() && text.size() <= 320 && std::none_of(text.begin(), text.end(), bad) &&
        text.find('@') != std::string_view::npos) {
        return {};
    }
    return invalid("given " + shown(text) + ", allowed is an address such as backup@example.org");
}

Result<void> check_text(std::string_view text) {
    if (trim(text).empty()) return invalid("given an empty text, something must stand here");
    if (text.size() > 1000) return invalid("given more than 1000 bytes");
    if (std::none_of(text.begin(), text.end(), is_control)) return {};
    return invalid("given a text with line breaks or control characters, allowed is one line");
}

}  // namespace autobackup::config
