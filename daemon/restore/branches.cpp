// SPDX-License-Identifier: MIT
#include "daemon/restore/branches.hpp"

#include <algorithm>

#include "daemon/vault/item_id.hpp"
#include "lib/core/text.hpp"

namespace autobackup::restore {
namespace {

constexpr std::string_view remotes = "refs/remotes/";
constexpr std::string_view origin = "refs/remotes/origin/";

using Refs = std::vector<std::pair<std::string, git::Oid>>;

// Local, then remote-tracking; of origin first.
Result<Refs> all_branches(const git::Repository& repository) {
    Result<Refs> all = repository.refs(std::string(git::branch_prefix));
    if (!all) return all;
    Result<Refs> tracked = repository.refs(std::string(remotes));
    if (!tracked) return tracked;
    std::erase_if(*tracked, [](const auto& ref) { return ref.first.ends_with("/HEAD"); });
    std::stable_partition(tracked->begin(), tracked->end(), [](const auto& ref) { return ref.first.starts_with(origin); });
    all->insert(all->end(), tracked->begin(), tracked->end());
    return all;
}

void point(Place& place, const std::string& ref) {
    place.branch = branch_name(ref);
    place.ref = ref;
}

Failure no_branch(const Place& place, const std::string& wanted, const Refs& all) {
    std::vector<std::string> refs;
    for (const auto& [name, oid] : all) {
        const bool twice = std::any_of(refs.begin(), refs.end(), [&](const std::string& one) { return branch_name(one) == branch_name(name); });
        if (!twice) refs.push_back(name);
    }
    Failure failure = fail(Errc::not_found, "read", place.vault.string(), "there is no branch " + one_line(wanted));
    failure.hint = refs.empty() ? "it has no branch at all" : "it has: " + names_of(refs);
    return failure;
}

}  // namespace

bool holds_items(const git::Repository& repository, const git::Oid& oid) {
    if (!repository.has(oid)) return false;
    const Result<git::Commit> commit = repository.read_commit(oid);
    const Result<std::vector<git::TreeEntry>> root = commit ? repository.read_tree(commit->tree) : Result<std::vector<git::TreeEntry>>(commit.error());
    if (!root) return false;
    return std::any_of(root->begin(), root->end(), [](const git::TreeEntry& entry) { return vault::item_of_entry(entry.name).has_value(); });
}

std::string branch_name(const std::string& ref) {
    if (ref.starts_with(git::branch_prefix)) return ref.substr(git::branch_prefix.size());
    if (!ref.starts_with(remotes)) return ref;
    const std::size_t slash = ref.find('/', remotes.size());
    return slash == std::string::npos ? ref.substr(remotes.size()) : ref.substr(slash + 1);
}

std::string names_of(const std::vector<std::string>& refs) {
    constexpr std::size_t most = 20;
    std::string names;
    for (std::size_t i = 0; i < refs.size() && i < most; ++i) names += (i == 0 ? "" : ", ") + one_line(branch_name(refs[i]));
    return refs.size() > most ? names + ", …" : names;
}

Result<std::vector<std::string>> branches_with_items(const git::Repository& repository) {
    const Result<Refs> all = all_branches(repository);
    if (!all) return all.error();
    std::vector<std::string> found;
    Refs known;
    for (const auto& [name, oid] : *all) {
        const bool local = name.starts_with(git::branch_prefix);
        if (!local && !found.empty() && found.front().starts_with(git::branch_prefix)) break;
        const auto same = [&, &name = name, &oid = oid](const auto& one) { return one.second == oid && branch_name(one.first) == branch_name(name); };
        if (std::any_of(known.begin(), known.end(), same) || !holds_items(repository, oid)) continue;
        known.emplace_back(name, oid);
        found.push_back(name);
    }
    return found;
}

Result<void> choose_branch(Place& place, const std::string& wanted) {
    const Result<git::Repository> repository = git::Repository::open_any(place.vault);
    if (!repository) return {};  // whoever reads it says what is wrong with it
    if (!wanted.empty()) {
        const Result<Refs> all = all_branches(*repository);
        if (!all) return all.error();
        const auto found = std::find_if(all->begin(), all->end(), [&](const auto& ref) { return ref.first == wanted || branch_name(ref.first) == wanted; });
        if (found == all->end()) return no_branch(place, wanted, *all);
        point(place, found->first);
        return {};
    }
    const Result<std::optional<git::Oid>> head = repository->resolve("HEAD");
    if (head && *head && holds_items(*repository, **head)) return {};
    const Result<std::vector<std::string>> others = branches_with_items(*repository);
    if (!others) return others.error();
    if (others->empty()) return {};
    if (others->size() == 1) {
        point(place, others->front());
        return {};
    }
    Failure failure = fail(Errc::bad_request, "read", place.vault.string(), "HEAD names no branch with versions, and several others have some: " + names_of(*others));
    failure.hint = "name one with --branch";
    return failure;
}

}  // namespace autobackup::restore
