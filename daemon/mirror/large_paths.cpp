// SPDX-License-Identifier: MIT
#include "daemon/mirror/large_paths.hpp"

#include <queue>

namespace autobackup::mirror {
namespace {

constexpr std::size_t most_trees = 1'000'000;

using git::Oid;
class Search {
public:
    Search(const git::Repository& repository, const std::vector<LargeFile>& files) : repository_(repository) {
        for (const LargeFile& file : files) wanted_.insert(file.blob);
    }

    std::map<Oid, std::string> run() {
        const Result<std::vector<std::pair<std::string, Oid>>> refs = repository_.refs("refs/");
        if (!refs) return {};
        for (const auto& [name, oid] : *refs) add_commit(oid);
        while (!queue_.empty() && !wanted_.empty() && trees_.size() < most_trees) {
            const Oid oid = queue_.top().second;
            queue_.pop();
            const Result<git::Commit> commit = repository_.read_commit(oid);
            if (!commit) continue;
            for (const Oid& parent : commit->parents) add_commit(parent);
            look_into(commit->tree, {});
        }
        return std::move(found_);
    }

private:
    void add_commit(const Oid& oid) {
        if (!commits_.insert(oid).second) return;
        const Result<git::Commit> commit = repository_.read_commit(oid);
        if (commit) queue_.emplace(commit->unix_seconds, oid);
    }

    void look_into(const Oid& tree, const std::string& path) {
        if (!trees_.insert(tree).second || trees_.size() >= most_trees) return;
        const Result<std::vector<git::TreeEntry>> entries = repository_.read_tree(tree);
        if (!entries) return;
        for (const git::TreeEntry& entry : *entries) {
            const std::string name = path.empty() ? entry.name : path + "/" + entry.name;
            if (entry.mode == git::mode_tree) {
                look_into(entry.oid, name);
            } else if (wanted_.erase(entry.oid) > 0) {
                found_.emplace(entry.oid, name);
            }
        }
    }

    const git::Repository& repository_;
    git::OidSet wanted_;
    git::OidSet commits_;
    git::OidSet trees_;
    std::priority_queue<std::pair<std::int64_t, Oid>> queue_;
    std::map<Oid, std::string> found_;
};

}  // namespace

std::map<Oid, std::string> find_paths(const std::filesystem::path& repository, const std::vector<LargeFile>& files) {
    const Result<git::Repository> opened = git::Repository::open(repository);
    if (!opened) return {};
    return Search(*opened, files).run();
}

}  // namespace autobackup::mirror
