// SPDX-License-Identifier: MIT
#include "daemon/restore/verify_mirror.hpp"

#include "daemon/mirror/large.hpp"
#include "daemon/restore/verify_vault.hpp"
#include "lib/core/stop.hpp"
#include "lib/core/text.hpp"
#include "lib/git/repository.hpp"
#include "lib/lfs/store.hpp"

namespace autobackup::restore {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_shown = 120;

void problem(Checked& checked, const std::string& text) {
    if (checked.problems.size() < most_problems) checked.problems.push_back(text);
}

Result<void> check_tips(const git::Repository& repository, Checked& checked, std::vector<git::Oid>& tips) {
    // Of packed-refs every line, whatever it begins with: what was lost in the middle of a name leaves no name of a ref.
    const Result<std::vector<std::pair<std::string, git::Oid>>> refs = repository.refs("");
    if (!refs) return refs.error();
    for (const auto& [name, oid] : *refs) {
        if (!git::is_ref_name(name)) problem(checked, "a line of packed-refs is not a ref: \"" + cut_utf8(one_line(name), longest_shown) + "\"");
        if (!repository.has(oid)) problem(checked, name + " names " + oid.hex() + ", which is missing");
        tips.push_back(oid);
    }
    const Result<std::optional<git::Oid>> head = repository.resolve("HEAD");
    if (!head) return head.error();
    if (*head && !repository.has(**head)) problem(checked, "HEAD names " + (*head)->hex() + ", which is missing");
    checked.versions = refs->size();
    return {};
}

Result<void> check_connected(const git::Repository& repository, const std::vector<git::Oid>& tips, const std::stop_token& stop, Checked& checked) {
    const Result<std::vector<git::Oid>> objects = repository.missing_objects(tips, {});
    if (!objects) return objects.error();
    for (const git::Oid& oid : *objects) {
        if (stop.stop_requested()) return {};
        if (!repository.has(oid) && !repository.partial()) problem(checked, "object " + oid.hex() + " is missing");
    }
    return {};
}

// By their names: 64 hex digits.
Result<void> check_large(const fs::path& repository, const std::stop_token& stop, Checked& checked) {
    const lfs::Store store(repository / "lfs" / "objects");
    std::error_code ignored;
    for (fs::recursive_directory_iterator entry(store.root(), ignored), end; !ignored && entry != end; entry.increment(ignored)) {
        if (stop.stop_requested()) return {};
        const std::string name = entry->path().filename().string();
        if (!entry->is_regular_file() || name.size() != 64) continue;
        lfs::Pointer object;
        object.oid = name;
        object.size = entry->file_size();
        const Result<void> read = store.stream(object, [](std::span<const std::byte>) -> Result<void> { return {}; });
        if (!read) problem(checked, describe(read.error()));
        checked.bytes += object.size;
    }
    return {};
}

Result<void> check_large_names(const git::Repository& repository, Checked& checked) {
    const Result<std::vector<mirror::LargeFile>> lost = mirror::lost_large(repository);
    if (!lost) return lost.error();
    for (const mirror::LargeFile& file : *lost) {
        const lfs::Pointer& object = file.object;
        problem(checked, "the large file " + object.oid + " (" + std::to_string(object.size) + " bytes) is not in " + mirror::large_store(repository.path()).root().string());
    }
    return {};
}

}  // namespace

Result<void> check_mirror(const fs::path& path, Level level, const std::stop_token& stop, Checked& checked) {
    const Result<git::Repository> repository = git::Repository::open_any(path);
    if (!repository) return repository.error();
    std::vector<git::Oid> tips;
    const Result<void> looked = check_tips(*repository, checked, tips);
    if (!looked || level == Level::exists || !checked.good()) return looked;
    if (level == Level::structure) return check_connected(*repository, tips, stop, checked);
    const Result<git::Repository::CheckReport> report = repository->check(stop_asked_by(stop));
    if (!report) return report.error();
    for (const std::string& one : report->problems) problem(checked, one);
    const Result<void> named = check_large_names(*repository, checked);
    if (!named && report->problems.empty()) problem(checked, describe(named.error()));
    return check_large(path, stop, checked);
}

}  // namespace autobackup::restore
