// SPDX-License-Identifier: MIT
#include "daemon/archive/shelf.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include "lib/core/file.hpp"

namespace autobackup::archive {
namespace {

int rank_of(const std::string& level) {
    constexpr std::array levels{"exists", "structure", "checksum"};
    return static_cast<int>(std::find(levels.begin(), levels.end(), level) - levels.begin());
}

DatedCopy read_copy(const fs::path& directory, const std::string& stem) {
    DatedCopy copy;
    copy.stem = stem;
    std::tie(copy.time, copy.number) = *parse_stem(stem);
    copy.zip = directory / (stem + ".zip");
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(copy.zip, error);
    if (!error) copy.bytes = bytes;
    copy.held = fs::exists(copy.beside(".hold"), error);
    const Result<std::string> text = read_file(copy.beside(".json"), std::size_t{1} << 30);
    if (!text) {
        copy.manifest_problem = describe(text.error());
        return copy;
    }
    Result<vault::Manifest> manifest = vault::parse_manifest(*text, copy.beside(".json").string());
    if (manifest) {
        copy.manifest = std::move(*manifest);
    } else {
        copy.manifest_problem = describe(manifest.error());
    }
    return copy;
}

}  // namespace

bool DatedCopy::verified() const {
    return manifest && bytes == manifest->zip_bytes && manifest->verified_level != failed_level;
}

std::optional<std::pair<Instant, int>> parse_stem(const std::string& stem) {
    const std::size_t dash = stem.find('-');
    const std::optional<Instant> time = parse_compact_utc(stem.substr(0, dash));
    if (!time) return std::nullopt;
    if (dash == std::string::npos) return std::pair(*time, 1);
    int number = 0;
    const char* const end = stem.data() + stem.size();
    const auto [behind, error] = std::from_chars(stem.data() + dash + 1, end, number);
    if (error != std::errc() || behind != end || number < 2) return std::nullopt;
    return std::pair(*time, number);
}

std::vector<DatedCopy> dated_copies(const fs::path& directory) {
    std::map<std::pair<Instant, int>, std::string> stems;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".zip" && extension != ".json") continue;
        const std::string stem = entry.path().stem().string();
        if (const auto place = parse_stem(stem)) stems.emplace(*place, stem);
    }
    std::vector<DatedCopy> copies;
    for (const auto& [place, stem] : stems) copies.push_back(read_copy(directory, stem));
    return copies;
}

std::string next_stem(const fs::path& directory, Instant time) {
    const std::string base = compact_utc(time);
    int highest = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        const std::string stem = entry.path().stem().string();
        const auto place = parse_stem(stem);
        if (place && stem.starts_with(base)) highest = std::max(highest, place->second);
    }
    return highest == 0 ? base : base + "-" + std::to_string(highest + 1);
}

Result<std::vector<retention::Decision>> plan_keep(const std::vector<DatedCopy>& copies, const config::Keep& keep, Instant now) {
    std::vector<retention::Snapshot> snapshots;
    for (const DatedCopy& copy : copies) {
        retention::Snapshot snapshot;
        snapshot.time = copy.time;
        snapshot.verified = copy.verified();
        snapshot.held = copy.held;
        snapshot.path = copy.zip.string();
        snapshots.push_back(std::move(snapshot));
    }
    return retention::plan(snapshots, keep, now);
}

Result<void> remove_copy(const DatedCopy& copy) {
    if (::unlink(copy.zip.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "remove", copy.zip.string());
    remove_quietly(copy.beside(".json"));
    return {};
}

bool replaces(const std::string& level, const std::string& recorded) {
    if (recorded == failed_level) return level == "checksum";
    return rank_of(recorded) > rank_of("checksum") || rank_of(level) >= rank_of(recorded);
}

Result<void> record_check(const DatedCopy& copy, const std::string& level, bool good, Instant at) {
    if (!copy.manifest) return {};
    const std::string& recorded = copy.manifest->verified_level;
    if (good ? !replaces(level, recorded) : recorded == failed_level) return {};
    const fs::path file = copy.beside(".json");
    const Result<std::string> text = read_file(file, std::size_t{1} << 30);
    if (!text) return text.error();
    const Result<std::string> changed = vault::with_check(*text, good ? level : failed_level, rfc3339_seconds(at), file.string());
    if (!changed) return changed.error();
    return write_file_durably(file, *changed);
}

}  // namespace autobackup::archive
