// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/mirror/large.hpp"

namespace autobackup::mirror {
namespace {

// What a run brought that was killed before its refs moved is no history yet: the next one looks for its large files.
Result<void> keep_reachable(const git::Repository& repository, std::vector<LargeFile>& files) {
    const Result<std::vector<std::pair<std::string, git::Oid>>> refs = repository.refs("refs/");
    if (!refs) return refs.error();
    std::vector<git::Oid> tips;
    for (const auto& [name, oid] : *refs) tips.push_back(oid);
    const Result<std::vector<git::Oid>> objects = repository.missing_objects(tips, {});
    if (!objects) return objects.error();
    const git::OidSet reachable(objects->begin(), objects->end());
    std::erase_if(files, [&](const LargeFile& file) { return !reachable.contains(file.blob); });
    return {};
}

}  // namespace

Result<std::vector<LargeFile>> lost_large(const git::Repository& repository) {
    std::vector<LargeFile> lost;
    const Result<std::optional<std::vector<LargeFile>>> listed = read_large(repository.path());
    if (!listed) return listed.error();
    if (!*listed) return lost;
    std::set<std::string> awaited;
    for (const LargeFile& file : **listed) awaited.insert(file.object.oid);
    PointerCollector pointers;
    const Result<void> looked = repository.small_blobs([&pointers](const git::Oid& blob, std::string_view content) { pointers.take(blob, content); });
    if (!looked) return looked.error();
    const lfs::Store store = large_store(repository.path());
    std::error_code ignored;
    for (const LargeFile& file : pointers.found()) {
        if (!awaited.contains(file.object.oid) && !std::filesystem::exists(store.path_of(file.object), ignored)) lost.push_back(file);
    }
    if (lost.empty()) return lost;
    const Result<void> kept = keep_reachable(repository, lost);
    if (!kept) return kept.error();
    return lost;
}

}  // namespace autobackup::mirror
