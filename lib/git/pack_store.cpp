// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>

#include "lib/git/pack_file.hpp"

namespace autobackup::git {

namespace {

bool same_time(const timespec& a, const timespec& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// File times advance in ticks of a few milliseconds: a directory that had changed just before we looked may
/// change once more within the same tick, unseen.
bool may_be_racy(const timespec& changed, const timespec& looked) {
    const double age = static_cast<double>(looked.tv_sec - changed.tv_sec) +
                       1e-9 * static_cast<double>(looked.tv_nsec - changed.tv_nsec);
    return age < 0.1;
}

}  // namespace

PackStore::Change PackStore::refresh() {
    struct stat status {};
    if (::stat(directory_.c_str(), &status) != 0) return Change::none;
    if (same_time(status.st_mtim, changed_) && !may_be_racy(changed_, looked_)) return Change::none;
    changed_ = status.st_mtim;
    ::clock_gettime(CLOCK_REALTIME, &looked_);
    return read_directory();
}

PackStore::Change PackStore::read_directory() {
    std::map<fs::path, std::unique_ptr<PackFile>> known;
    for (std::unique_ptr<PackFile>& pack : packs_) known.emplace(pack->index_path(), std::move(pack));
    packs_.clear();
    unusable_.clear();
    last_hit_ = 0;
    Change change = Change::none;
    std::error_code error;
    for (fs::directory_iterator entry(directory_, error), end; !error && entry != end;
         entry.increment(error)) {
        const fs::path& path = entry->path();
        if (path.extension() != ".idx" || !path.filename().native().starts_with("pack-")) continue;
        if (const auto found = known.find(path); found != known.end()) {
            packs_.push_back(std::move(found->second));
            known.erase(found);
            continue;
        }
        Result<std::unique_ptr<PackFile>> pack = PackFile::open(path);
        if (pack) {
            packs_.push_back(std::move(*pack));
            change = Change::added;
        } else {
            unusable_.push_back(pack.error());
        }
    }
    std::sort(packs_.begin(), packs_.end(),
              [](const auto& a, const auto& b) { return a->index_path() < b->index_path(); });
    return known.empty() ? change : Change::removed;
}

std::optional<PackLocation> PackStore::find(const Oid& oid) const {
    for (std::size_t i = 0; i < packs_.size(); ++i) {
        // Objects that are asked for one after another mostly lie in the same pack.
        const std::size_t index = (last_hit_ + i) % packs_.size();
        const std::optional<std::uint32_t> row = packs_[index]->find(oid);
        if (!row) continue;
        last_hit_ = index;
        PackLocation location;
        location.pack = packs_[index].get();
        location.row = *row;
        return location;
    }
    return std::nullopt;
}

}  // namespace autobackup::git
