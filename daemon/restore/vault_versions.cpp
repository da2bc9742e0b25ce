// SPDX-License-Identifier: MIT
#include "daemon/restore/vault_versions.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace autobackup::restore {
namespace {

constexpr const char* keep_prefix = "refs/autobackup/keep/";
constexpr const char* hold_prefix = "refs/autobackup/hold/";

// What a root tree says of one item.
struct Standing {
    std::optional<git::Oid> folder, manifest;
    friend bool operator==(const Standing&, const Standing&) = default;
};
using Root = std::map<vault::ItemId, Standing>;

Result<Root> root_of(const git::Repository& repository, const git::Oid& tree) {
    const Result<std::vector<git::TreeEntry>> entries = repository.read_tree(tree);
    if (!entries) return entries.error();
    Root root;
    for (const git::TreeEntry& entry : *entries) {
        const std::optional<vault::ItemId> item = vault::item_of_entry(entry.name);
        if (!item) continue;
        if (entry.name == item->folder() && entry.mode == git::mode_tree) root[*item].folder = entry.oid;
        if (entry.name == item->manifest_name()) root[*item].manifest = entry.oid;
    }
    return root;
}

Instant time_of(const git::Commit& commit, const vault::ItemId& item) {
    const std::string subject = commit.message.substr(0, commit.message.find('\n'));
    const std::size_t at = subject.rfind(" @ ");
    if (at != std::string::npos && subject.find("cvat " + item.words() + " ") != std::string::npos) {
        if (const auto time = parse_rfc3339(std::string_view(subject).substr(at + 3))) return *time;
    }
    return Instant(std::chrono::seconds(commit.unix_seconds));
}

}  // namespace

Result<std::vector<VaultVersion>> versions_of(const git::Repository& repository, const git::Oid& tip) {
    std::vector<VaultVersion> versions;
    Result<git::Commit> commit = repository.read_commit(tip);
    if (!commit) return commit.error();
    Result<Root> root = root_of(repository, commit->tree);
    for (git::Oid at = tip;;) {
        if (!root) return root.error();
        const bool has_parent = !commit->parents.empty() && repository.has(commit->parents.front());
        Result<git::Commit> parent = git::Commit();
        Result<Root> before = Root();
        if (has_parent) {
            parent = repository.read_commit(commit->parents.front());
            if (!parent) return parent.error();
            if (parent->tree == commit->tree) {
                before = *root;
            } else {
                before = root_of(repository, parent->tree);
                if (!before) return before.error();
            }
        }
        for (const auto& [item, standing] : *root) {
            if (!standing.folder) continue;
            const auto old = before->find(item);
            if (old != before->end() && old->second.folder == standing.folder) continue;
            versions.push_back(VaultVersion{item, at, *standing.folder, standing.manifest, time_of(*commit, item)});
        }
        if (!has_parent) break;
        at = commit->parents.front();
        commit = std::move(parent);
        root = std::move(before);
    }
    std::reverse(versions.begin(), versions.end());
    return versions;
}

Result<std::vector<VaultVersion>> all_versions(const git::Repository& repository, const git::Oid& tip) {
    Result<std::vector<VaultVersion>> versions = versions_of(repository, tip);
    if (!versions) return versions;
    Result<std::vector<std::pair<std::string, git::Oid>>> refs = repository.refs("refs/autobackup/");
    if (!refs) return refs.error();
    std::set<std::tuple<vault::ItemId, Instant, git::Oid>> known;
    for (const VaultVersion& one : *versions) known.emplace(one.item, one.time, one.folder);
    for (const auto& [name, oid] : *refs) {
        const bool kept = name.starts_with(keep_prefix) || name.starts_with(hold_prefix);
        if (!kept || !repository.has(oid)) continue;
        const Result<std::vector<VaultVersion>> more = versions_of(repository, oid);
        if (!more) return more.error();
        for (const VaultVersion& one : *more) {
            if (known.emplace(one.item, one.time, one.folder).second) versions->push_back(one);
        }
    }
    std::stable_sort(versions->begin(), versions->end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    return versions;
}

Result<std::vector<git::Oid>> Completeness::missing_below(const git::Oid& tree, std::size_t most) {
    std::vector<git::Oid> missing;
    if (!repository_.partial()) return missing;
    const Result<void> looked = look(tree, most, missing);
    if (!looked) return looked.error();
    return missing;
}

Result<void> Completeness::look(const git::Oid& tree, std::size_t most, std::vector<git::Oid>& missing) {
    if (whole_.contains(tree)) return {};
    const Result<std::vector<git::TreeEntry>> entries = repository_.read_tree(tree);
    if (!entries) return entries.error();
    const std::size_t before = missing.size();
    for (const git::TreeEntry& entry : *entries) {
        if (missing.size() >= most) return {};
        if (entry.mode == git::mode_tree) {
            const Result<void> looked = look(entry.oid, most, missing);
            if (!looked) return looked;
        } else if (!repository_.has(entry.oid)) {
            missing.push_back(entry.oid);
        }
    }
    if (missing.size() == before) whole_.insert(tree);
    return {};
}

}  // namespace autobackup::restore
