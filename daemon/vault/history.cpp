// SPDX-License-Identifier: MIT
#include "daemon/vault/history.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace autobackup::vault {
namespace {

using Entries = std::vector<git::TreeEntry>;

struct Change {
    std::string name;
    std::optional<git::TreeEntry> entry;  // nullopt: removed
};

Result<Entries> root_of(const git::Repository& vault, const git::Oid& commit) {
    const Result<git::Commit> read = vault.read_commit(commit);
    if (!read) return read.error();
    return vault.read_tree(read->tree);
}

// Entries of ours that the commit changed against its first parent. A parent that is not here (shallow) counts as equal: what
// the commit stands on was the peer's.
Result<std::vector<Change>> changes_of(const git::Repository& vault, const git::Oid& commit) {
    const Result<git::Commit> read = vault.read_commit(commit);
    if (!read) return read.error();
    const Result<Entries> after = vault.read_tree(read->tree);
    if (!after) return after.error();
    Entries before;
    if (!read->parents.empty()) {
        if (!vault.has(read->parents.front())) return std::vector<Change>();
        Result<Entries> parent = root_of(vault, read->parents.front());
        if (!parent) return parent.error();
        before = std::move(*parent);
    }
    std::vector<Change> changes;
    for (const git::TreeEntry& entry : *after) {
        const bool same = std::find(before.begin(), before.end(), entry) != before.end();
        if (!same && item_of_entry(entry.name)) changes.push_back(Change{entry.name, entry});
    }
    for (const git::TreeEntry& entry : before) {
        const bool still = std::any_of(after->begin(), after->end(), [&](const auto& e) { return e.name == entry.name; });
        if (!still && item_of_entry(entry.name)) changes.push_back(Change{entry.name, std::nullopt});
    }
    return changes;
}

void apply(Entries& root, const std::vector<Change>& changes) {
    for (const Change& change : changes) {
        std::erase_if(root, [&](const git::TreeEntry& e) { return e.name == change.name; });
        if (change.entry) root.push_back(*change.entry);
    }
}

}  // namespace

git::Signature signature_of(const std::string& line) {
    git::Signature signature;
    const std::size_t open = line.find('<');
    const std::size_t close = line.find('>', open == std::string::npos ? 0 : open);
    if (open == std::string::npos || close == std::string::npos) return signature;
    signature.name = line.substr(0, open == 0 ? 0 : open - 1);
    signature.email = line.substr(open + 1, close - open - 1);
    if (close + 2 < line.size()) std::from_chars(line.data() + close + 2, line.data() + line.size(), signature.unix_seconds);
    return signature;
}

Result<bool> is_ancestor(const git::Repository& vault, const git::Oid& ancestor, const git::Oid& tip) {
    std::vector<git::Oid> todo{tip};
    git::OidSet seen;
    while (!todo.empty()) {
        const git::Oid oid = todo.back();
        todo.pop_back();
        if (oid == ancestor) return true;
        if (!seen.insert(oid).second || !vault.has(oid)) continue;
        const Result<git::Commit> commit = vault.read_commit(oid);
        if (!commit) return commit.error();
        todo.insert(todo.end(), commit->parents.begin(), commit->parents.end());
    }
    return false;
}

Result<std::vector<git::Oid>> commits_since(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base) {
    std::vector<git::Oid> commits;
    git::Oid at = tip;
    while (vault.has(at) && (!base || at != *base)) {
        commits.push_back(at);
        const Result<git::Commit> commit = vault.read_commit(at);
        if (!commit) return commit.error();
        if (commit->parents.empty()) break;
        at = commit->parents.front();
    }
    return commits;
}

Result<std::vector<ItemId>> items_since(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base) {
    const Result<std::vector<git::Oid>> commits = commits_since(vault, tip, base);
    if (!commits) return commits.error();
    std::set<ItemId> items;
    for (const git::Oid& commit : *commits) {
        const Result<std::vector<Change>> changes = changes_of(vault, commit);
        if (!changes) return changes.error();
        for (const Change& change : *changes) items.insert(*item_of_entry(change.name));
    }
    return std::vector<ItemId>(items.begin(), items.end());
}

Result<std::optional<git::Oid>> last_change(const git::Repository& vault, const git::Oid& tip, const ItemId& item) {
    std::optional<git::Oid> at = tip;
    while (at && vault.has(*at)) {
        const Result<std::vector<Change>> changes = changes_of(vault, *at);
        if (!changes) return changes.error();
        if (std::any_of(changes->begin(), changes->end(), [&](const Change& change) { return item_of_entry(change.name) == item; })) return at;
        const Result<git::Commit> commit = vault.read_commit(*at);
        if (!commit) return commit.error();
        at = commit->parents.empty() ? std::nullopt : std::optional(commit->parents.front());
    }
    return std::optional<git::Oid>();
}

Result<std::optional<git::Oid>> replay(git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base,
                                       const std::optional<git::Oid>& onto) {
    Result<std::vector<git::Oid>> commits = commits_since(vault, tip, base);
    if (!commits) return commits.error();
    Entries root;
    std::optional<git::Oid> tree;
    std::optional<git::Oid> parent = onto;
    if (onto) {
        const Result<git::Commit> onto_commit = vault.read_commit(*onto);
        if (!onto_commit) return onto_commit.error();
        tree = onto_commit->tree;
        Result<Entries> read = vault.read_tree(*tree);
        if (!read) return read.error();
        root = std::move(*read);
    }
    std::vector<git::RawObject> objects;
    std::reverse(commits->begin(), commits->end());
    for (const git::Oid& old : *commits) {
        const Result<std::vector<Change>> changes = changes_of(vault, old);
        if (!changes) return changes.error();
        apply(root, *changes);
        git::RawObject next_tree = git::make_tree(root);
        if (next_tree.oid == tree || (!tree && root.empty())) continue;
        const Result<git::Commit> old_commit = vault.read_commit(old);
        if (!old_commit) return old_commit.error();
        tree = next_tree.oid;
        std::vector<git::Oid> parents;
        if (parent) parents.push_back(*parent);
        git::RawObject next = git::make_commit(*tree, parents, signature_of(old_commit->author_line), old_commit->message);
        parent = next.oid;
        objects.push_back(std::move(next_tree));
        objects.push_back(std::move(next));
    }
    const Result<std::optional<git::PackInfo>> pack = vault.write_pack({}, objects, nullptr);
    if (!pack) return pack.error();
    return parent;
}

}  // namespace autobackup::vault
