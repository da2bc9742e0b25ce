// SPDX-License-Identifier: MIT
#include "daemon/mirror/bundle_shelf.hpp"

#include <algorithm>

#include "daemon/mirror/local.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/stop.hpp"
#include "lib/git/bundle.hpp"

namespace autobackup::mirror {
namespace {

constexpr std::string_view suffix = ".bundle";

// "20261121T013000Z.bundle", "20261121T013000Z-2.bundle".
std::optional<std::pair<std::string, int>> order_of(const std::string& file) {
    if (!file.ends_with(suffix)) return std::nullopt;
    const std::string stem = file.substr(0, file.size() - suffix.size());
    if (!parse_compact_utc(stem.substr(0, 16))) return std::nullopt;
    if (stem.size() == 16) return std::pair(stem, 1);
    const std::string number = stem.substr(16);
    const bool digits = number.size() > 1 && number.size() < 8 && number.front() == '-' && std::all_of(number.begin() + 1, number.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return std::nullopt;
    return std::pair(stem.substr(0, 16), std::stoi(number.substr(1)));
}

// Oldest first; what has another name is somebody else's.
std::vector<fs::path> bundles_in(const fs::path& folder) {
    std::vector<fs::path> all;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (order_of(entry.path().filename().string())) all.push_back(entry.path());
    }
    std::sort(all.begin(), all.end(), [](const fs::path& a, const fs::path& b) { return order_of(a.filename().string()) < order_of(b.filename().string()); });
    return all;
}

// Left by a process that was killed while it wrote one.
void remove_left_over(const fs::path& folder) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with('.') && name.ends_with(".part")) remove_quietly(entry.path());
    }
}

// The oldest go. `good` never does, whatever its date says.
void remove_old(std::vector<fs::path> held, const fs::path& good, int keep, std::vector<std::string>& warnings) {
    held.erase(std::remove(held.begin(), held.end(), good), held.end());
    const auto most = static_cast<std::size_t>(keep - 1);
    for (std::size_t i = 0; i + most < held.size(); ++i) {
        std::error_code error;
        fs::remove(held[i], error);
        if (error) warnings.push_back(held[i].string() + " could not be removed: " + error.message());
    }
}

fs::path free_name(const fs::path& folder, const std::string& utc) {
    std::error_code ignored;
    fs::path file = folder / (utc + std::string(suffix));
    for (int again = 2; fs::exists(file, ignored); ++again) file = folder / (utc + "-" + std::to_string(again) + std::string(suffix));
    return file;
}

Result<git::BundleRefs> refs_for(const git::Repository& repository) {
    Result<std::vector<std::pair<std::string, git::Oid>>> refs = repository.refs("refs/");
    if (!refs) return refs.error();
    const Result<std::optional<std::string>> head = repository.head_target();
    const Result<std::optional<git::Oid>> tip = repository.resolve("HEAD");
    if (!head || !tip) return head ? tip.error() : head.error();
    if (!refs->empty() && *head && *tip) refs->emplace_back("HEAD", **tip);
    return std::move(*refs);
}

}  // namespace

std::vector<fs::path> bundles_of(const config::Bundles& bundles, const std::string& name) {
    std::vector<fs::path> all = bundles_in(bundles.directory / name);
    std::reverse(all.begin(), all.end());
    return all;
}

Result<BundleKept> keep_bundle(const fs::path& repository, const config::Bundles& bundles, const std::string& name, bool again, std::uint64_t reserve,
                               const std::stop_token& stop) {
    const auto stopped = stop_asked_by(stop);
    const Result<git::Repository> opened = git::Repository::open(repository);
    if (!opened) return opened.error();
    const Result<git::BundleRefs> refs = refs_for(*opened);
    if (!refs) return refs.error();
    BundleKept kept;
    if (refs->empty()) return kept;
    const fs::path folder = bundles.directory / name;
    std::vector<fs::path> held = bundles_in(folder);
    // A run that was killed has written one and removed none; before an older one goes the new one is read back.
    const bool too_many = held.size() > static_cast<std::size_t>(bundles.keep);
    for (const fs::path& file : held) {  // not the newest alone: a clock that was wrong once has dated one into the future
        const Result<git::BundleRefs> its = git::read_bundle_refs(file);
        if (!its || *its != *refs || ((again || too_many) && !git::check_bundle(file, stopped))) continue;
        if (too_many) remove_old(held, file, bundles.keep, kept.warnings);
        return kept;
    }
    Result<void> done = make_directories(folder);
    if (!done) return done.error();
    remove_left_over(folder);
    done = check_room(folder, reserve);
    if (!done) return done.error();
    kept.file = free_name(folder, compact_utc(now()));
    const Result<git::BundleInfo> written = git::write_bundle(*opened, *refs, kept.file, stopped);
    if (!written) return written.error();
    done = git::check_bundle(kept.file, stopped);
    if (!done) {
        if (done.error().code != Errc::cancelled) remove_quietly(kept.file);
        return done.error();
    }
    kept.written = true;
    kept.bytes = written->bytes;
    remove_old(std::move(held), kept.file, bundles.keep, kept.warnings);
    return kept;
}

}  // namespace autobackup::mirror
