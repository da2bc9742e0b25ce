// SPDX-License-Identifier: MIT
// Reading what others wrote: pointer files of any age, .lfsconfig.
#include <algorithm>
#include <array>
#include <charconv>

#include "lib/core/text.hpp"
#include "lib/lfs/pointer.hpp"

namespace autobackup::lfs {
namespace {

// The names that git-lfs itself takes for version 1 (docs/spec.md; the older two are those of its first releases).
constexpr std::array<std::string_view, 3> versions{"https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1",
                                                   "http://git-media.io/v/2"};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string unquoted(std::string_view value) {
    std::string out;
    bool quoted = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && (value[i] == '#' || value[i] == ';')) {
            break;
        } else if (value[i] == '\\' && i + 1 < value.size()) {
            out += value[++i];
        } else {
            out += value[i];
        }
    }
    return std::string(trim(out));
}

}  // namespace

std::optional<Pointer> read_pointer(std::string_view text) {
    if (text.size() >= longest_pointer || !text.starts_with("version ")) return std::nullopt;
    Pointer pointer;
    bool known = false;
    std::optional<std::uint64_t> size;
    for (const std::string_view raw : split(trim(text), '\n')) {
        const std::string_view line = trim(raw);
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) return std::nullopt;
        const std::string_view key = line.substr(0, space);
        const std::string_view value = line.substr(space + 1);
        if (key == "version") known = std::find(versions.begin(), versions.end(), value) != versions.end();
        if (key == "oid" && value.starts_with("sha256:")) pointer.oid = value.substr(std::string_view("sha256:").size());
        if (key == "size") size = number(value);
    }
    if (!known || !size || !is_oid(pointer.oid)) return std::nullopt;
    pointer.size = *size;
    return pointer;
}

std::optional<std::string> server_in_config(std::string_view text) {
    std::optional<std::string> url;
    bool fetch_url = false;
    bool in_lfs = false;
    for (const std::string_view raw : split(text, '\n')) {
        const std::string_view line = trim(raw);
        if (line.starts_with('[')) {
            in_lfs = to_lower(trim(line.substr(1, line.find(']') - 1))) == "lfs";
            continue;
        }
        const std::size_t equals = line.find('=');
        if (!in_lfs || equals == std::string_view::npos) continue;
        const std::string key = to_lower(trim(line.substr(0, equals)));
        if (key != "fetchurl" && (key != "url" || fetch_url)) continue;
        url = unquoted(line.substr(equals + 1));
        fetch_url = key == "fetchurl";
    }
    if (url && url->empty()) return std::nullopt;
    return url;
}

}  // namespace autobackup::lfs
