// SPDX-License-Identifier: MIT
#include "daemon/vault/carry.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "daemon/vault/history.hpp"
#include "daemon/vault/item_id.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::vault {
namespace {

using Entries = std::vector<git::TreeEntry>;
using MaybeOid = std::optional<git::Oid>;

Result<Entries> entries_of(const git::Repository& vault, const MaybeOid& commit) {
    if (!commit) return Entries();
    const Result<git::Commit> read = vault.read_commit(*commit);
    if (!read) return read.error();
    return vault.read_tree(read->tree);
}

// Commits whose parents are not here on purpose: git-shallow file, one name a line.
std::set<std::string> shallow_commits(const git::Repository& vault) {
    std::set<std::string> names;
    const Result<std::string> text = read_file(vault.path() / "shallow");
    if (!text) return names;
    for (const std::string_view line : split(*text, '\n')) {
        if (!trim(line).empty()) names.emplace(trim(line));
    }
    return names;
}

constexpr Errc missing = Errc::not_found;  // ends a walk early; never leaves this file

// Whether the entry and all below it is here.
Result<bool> complete(const git::Repository& vault, const git::TreeEntry& entry) {
    if (!vault.has(entry.oid)) return false;
    if (entry.mode != git::mode_tree) return true;
    const auto look = [&vault](const std::string& path, const git::TreeEntry& blob) -> Result<void> {
        if (vault.has(blob.oid)) return {};
        return fail(missing, "walk", path, "not here");
    };
    const Result<void> walked = vault.walk(entry.oid, look);
    if (walked) return true;
    if (walked.error().code == missing) return false;
    // A subtree that is not here reads as a damaged repository, unless it is a partial one.
    if (vault.partial()) return false;
    return walked.error();
}

// Whether what `commit` has and its first parent has not is here.
Result<bool> brings_all(const git::Repository& vault, const git::Commit& commit) {
    const Result<Entries> after = vault.read_tree(commit.tree);
    if (!after) return after.error();
    MaybeOid parent;
    if (!commit.parents.empty()) parent = commit.parents.front();
    if (parent && !vault.has(*parent)) return false;
    const Result<Entries> before = entries_of(vault, parent);
    if (!before) return before.error();
    for (const git::TreeEntry& entry : *after) {
        if (std::find(before->begin(), before->end(), entry) != before->end()) continue;
        const Result<bool> here = complete(vault, entry);
        if (!here || !*here) return here;
    }
    return true;
}

// The item's own entries, in the order of ItemId's names; absent ones are left out.
Entries entries_of_item(const Entries& root, const ItemId& item) {
    Entries found;
    for (const std::string& name : {item.folder(), item.manifest_name(), item.details_name()}) {
        const auto at = std::find_if(root.begin(), root.end(), [&](const git::TreeEntry& e) { return e.name == name; });
        if (at != root.end()) found.push_back(*at);
    }
    return found;
}

// Items that our program wrote: those with a manifest.
std::vector<ItemId> items_in(const Entries& root) {
    std::vector<ItemId> items;
    for (const git::TreeEntry& entry : root) {
        const std::optional<ItemId> item = item_of_entry(entry.name);
        if (item && entry.name == item->manifest_name()) items.push_back(*item);
    }
    return items;
}

struct Step {
    ItemId item;
    git::Commit last;     // that changed it
    std::size_t age = 0;  // commits since then
};

// For each item the first-parent commit that changed it last, oldest first.
Result<std::vector<Step>> last_changes(const git::Repository& vault, const git::Oid& from, std::set<ItemId> items) {
    const Result<std::vector<git::Oid>> commits = commits_since(vault, from, std::nullopt);
    if (!commits) return commits.error();
    std::vector<Step> steps;
    for (std::size_t age = 0; age < commits->size() && !items.empty(); ++age) {
        const git::Oid& oid = (*commits)[age];
        const Result<git::Commit> commit = vault.read_commit(oid);
        if (!commit) return commit.error();
        const Result<Entries> after = vault.read_tree(commit->tree);
        if (!after) return after.error();
        MaybeOid parent;
        if (age + 1 < commits->size()) parent = (*commits)[age + 1];
        const Result<Entries> before = entries_of(vault, parent);
        if (!before) return before.error();
        std::erase_if(items, [&](const ItemId& item) {
            if (entries_of_item(*after, item) == entries_of_item(*before, item)) return false;
            steps.push_back(Step{item, *commit, age});
            return true;
        });
    }
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.age > b.age; });
    return steps;
}

Result<void> hold_content(const git::Repository& vault, const Entries& entries, const ItemId& item) {
    for (const git::TreeEntry& entry : entries) {
        const Result<bool> here = complete(vault, entry);
        if (!here) return here.error();
        if (*here) continue;
        Failure failure = fail(Errc::repository_invalid, "copy", item.words(),
                               "the vault was begun from the first target without its files, and lacks content of this item");
        failure.hint = "begin this target as a copy of the first one: git clone --bare, then git push";
        return failure;
    }
    return {};
}

}  // namespace

Result<bool> whole_since(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base) {
    const std::set<std::string> shallow = shallow_commits(vault);
    if (shallow.empty() && !vault.partial()) return true;
    std::vector<git::Oid> todo{tip};
    git::OidSet seen;
    while (!todo.empty()) {
        const git::Oid oid = todo.back();
        todo.pop_back();
        if ((base && oid == *base) || !seen.insert(oid).second) continue;
        if (!vault.has(oid) || shallow.contains(oid.hex())) return false;
        const Result<git::Commit> commit = vault.read_commit(oid);
        if (!commit) return commit.error();
        const Result<bool> all = brings_all(vault, *commit);
        if (!all || !*all) return all;
        todo.insert(todo.end(), commit->parents.begin(), commit->parents.end());
    }
    return true;
}

Result<std::optional<git::Oid>> common_ground(const git::Repository& vault, const git::Oid& tip, const git::Oid& other) {
    const Result<std::vector<git::Oid>> ours = commits_since(vault, tip, std::nullopt);
    if (!ours) return ours.error();
    for (const git::Oid& oid : *ours) {
        const Result<bool> shared = is_ancestor(vault, oid, other);
        if (!shared) return shared.error();
        if (*shared) return std::optional<git::Oid>(oid);
    }
    return std::optional<git::Oid>();
}

Result<std::optional<git::Oid>> carry_items(git::Repository& vault, const git::Oid& from, const std::optional<git::Oid>& onto) {
    const Result<Entries> ours = entries_of(vault, from);
    if (!ours) return ours.error();
    Result<Entries> root = entries_of(vault, onto);
    if (!root) return root.error();
    std::set<ItemId> differing;
    for (const ItemId& item : items_in(*ours)) {
        if (entries_of_item(*ours, item) != entries_of_item(*root, item)) differing.insert(item);
    }
    const Result<std::vector<Step>> steps = last_changes(vault, from, std::move(differing));
    if (!steps) return steps.error();
    std::vector<git::RawObject> objects;
    MaybeOid tip = onto;
    for (const Step& step : *steps) {
        const Entries wanted = entries_of_item(*ours, step.item);
        const Result<void> here = hold_content(vault, wanted, step.item);
        if (!here) return here.error();
        std::erase_if(*root, [&](const git::TreeEntry& entry) { return item_of_entry(entry.name) == step.item; });
        root->insert(root->end(), wanted.begin(), wanted.end());
        git::RawObject tree = git::make_tree(*root);
        std::vector<git::Oid> parents;
        if (tip) parents.push_back(*tip);
        git::RawObject commit = git::make_commit(tree.oid, parents, signature_of(step.last.author_line), step.last.message);
        tip = commit.oid;
        objects.push_back(std::move(tree));
        objects.push_back(std::move(commit));
    }
    const Result<std::optional<git::PackInfo>> pack = vault.write_pack({}, objects, nullptr);
    if (!pack) return pack.error();
    return tip;
}

Result<std::optional<git::Oid>> line_onto(git::Repository& vault, const git::Oid& from, const std::optional<git::Oid>& settled,
                                          const std::optional<git::Oid>& onto) {
    MaybeOid base = settled;
    if (base) {
        const Result<bool> inside = is_ancestor(vault, *base, from);
        if (!inside) return inside.error();
        if (!*inside) base.reset();
    }
    const Result<bool> whole = whole_since(vault, from, base);
    if (!whole) return whole.error();
    // With a base that is no longer ours there is no telling which commits are new: the state counts.
    if (!*whole || (settled && !base)) return carry_items(vault, from, onto);
    const Result<MaybeOid> repeated = replay(vault, from, base, onto);
    if (!repeated) return repeated.error();
    return carry_items(vault, from, *repeated);
}

}  // namespace autobackup::vault
