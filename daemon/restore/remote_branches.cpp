// SPDX-License-Identifier: MIT
#include "daemon/restore/remote_branches.hpp"

#include "daemon/restore/branches.hpp"
#include "lib/core/text.hpp"

namespace autobackup::restore {

Result<Candidates> candidates_of(const remote::Advertisement& listed, const std::string& wanted, const std::string& url) {
    std::string name = wanted.empty() ? std::string() : git::branch_ref(wanted);
    const remote::Ref* const head = listed.find("HEAD");
    if (name.empty() && head != nullptr && listed.find(head->symref_target) != nullptr) name = head->symref_target;
    Candidates candidates;
    candidates.named = !name.empty();
    for (const remote::Ref& ref : listed.refs) {
        if (!ref.name.starts_with(git::branch_prefix)) continue;
        (name.empty() || ref.name == name ? candidates.first : candidates.others).push_back(ref);
    }
    if (candidates.first.empty()) {
        Failure failure = fail(Errc::not_found, "fetch from", url, wanted.empty() ? "the repository has no branch" : "there is no branch " + one_line(wanted));
        std::vector<std::string> names;
        for (const remote::Ref& ref : candidates.others) names.push_back(ref.name);
        if (!names.empty()) failure.hint = "it has: " + names_of(names);
        return failure;
    }
    if (!wanted.empty()) candidates.others.clear();
    return candidates;
}

Result<std::string> set_branches(const std::filesystem::path& path, const std::vector<remote::Ref>& fetched, const std::string& url) {
    Result<git::Repository> repository = git::Repository::open(path);
    if (!repository) return repository.error();
    for (const remote::Ref& ref : fetched) {
        const Result<void> set = repository->set_ref(ref.name, ref.oid, std::nullopt, "fetched");
        if (!set) return set.error();
    }
    Place place;
    place.vault = path;
    const Result<void> chosen = choose_branch(place, {});
    if (!chosen) {
        Failure failure = chosen.error();
        failure.operation = "fetch from";
        failure.object = url;
        return failure;
    }
    if (!place.branch.empty()) return place.branch;
    return holds_items(*repository, fetched.front().oid) ? branch_name(fetched.front().name) : std::string();
}

}  // namespace autobackup::restore
