// SPDX-License-Identifier: MIT
#include "daemon/mirror/plan.hpp"

#include <set>

namespace autobackup::mirror {
namespace {

constexpr std::string_view branches = "refs/heads/";
constexpr std::string_view pulls = "refs/pull/";
constexpr std::size_t most_haves = 50'000;

std::string branch_at(const std::map<std::string, Oid>& refs, const Oid& tip, const std::string& default_branch) {
    for (const std::string& name : {default_branch, std::string("main"), std::string("master")}) {
        const auto found = refs.find(std::string(branches) + name);
        if (!name.empty() && found != refs.end() && found->second == tip) return found->first;
    }
    for (const auto& [name, oid] : refs) {
        if (name.starts_with(branches) && oid == tip) return name;
    }
    return {};
}

Head wanted_head(const remote::Advertisement& listed, const Wanted& wanted, const std::string& default_branch, const Head& now) {
    Head head;
    const remote::Ref* told = listed.find("HEAD");
    if (told != nullptr) {
        head.branch = told->symref_target.empty() ? branch_at(wanted.refs, told->oid, default_branch) : told->symref_target;
        if (!head.branch.starts_with(branches)) {
            head.branch.clear();
            head.detached = told->oid;
        }
        return head;
    }
    if (listed.unborn_head.starts_with(branches)) {
        head.branch = listed.unborn_head;
        return head;
    }
    if (!default_branch.empty()) {
        head.branch = std::string(branches) + default_branch;
        return head;
    }
    return now;
}

bool is_lost(const Move& move) {
    return move.before && (!move.after || move.forced);
}

}  // namespace

bool follows(const std::string& ref, PullRefs pull_refs) {
    if (ref.starts_with(own_refs)) return false;
    if (!ref.starts_with(pulls) || pull_refs == PullRefs::all) return true;
    return pull_refs == PullRefs::head && !ref.ends_with("/merge");
}

Wanted wanted_refs(const remote::Advertisement& listed, PullRefs pull_refs, const std::string& default_branch, const Head& now) {
    Wanted wanted;
    for (const remote::Ref& ref : listed.refs) {
        if (!ref.name.starts_with("refs/")) continue;
        const bool ours = ref.name.starts_with(own_refs);
        if (ours || !git::is_ref_name(ref.name)) {
            wanted.left_out.push_back(ref.name);
        } else if (follows(ref.name, pull_refs)) {
            wanted.refs.emplace_hint(wanted.refs.end(), ref.name, ref.oid);  // they come by name
        }
    }
    wanted.head = wanted_head(listed, wanted, default_branch, now);
    return wanted;
}

Plan make_plan(const Local& local, const Wanted& wanted, PullRefs pull_refs) {
    Plan plan;
    auto here = local.refs.begin();
    auto there = wanted.refs.begin();
    while (here != local.refs.end() || there != wanted.refs.end()) {
        const bool only_here = there == wanted.refs.end() || (here != local.refs.end() && here->first < there->first);
        const bool only_there = here == local.refs.end() || (there != wanted.refs.end() && there->first < here->first);
        const std::string& name = only_here ? here->first : there->first;
        Move move;
        if (!only_there) move.before = (here++)->second;
        if (!only_here) move.after = (there++)->second;
        if (move.before == move.after || (only_here && !follows(name, pull_refs))) continue;
        move.ref = name;
        move.forced = move.before && move.after && move.ref.starts_with("refs/tags/");
        plan.moves.push_back(std::move(move));
    }
    plan.head_moves = !local.exists || local.head != wanted.head;
    return plan;
}

std::vector<Oid> wants(const Plan& plan, const Wanted& wanted, const std::function<bool(const Oid&)>& has) {
    std::set<Oid> unique;
    for (const Move& move : plan.moves) {
        if (move.after && !has(*move.after)) unique.insert(*move.after);
    }
    if (wanted.head.detached && !has(*wanted.head.detached)) unique.insert(*wanted.head.detached);
    return {unique.begin(), unique.end()};
}

std::vector<Oid> haves(const Local& local, const Plan& plan) {
    std::vector<Oid> out;
    std::set<Oid> seen;
    const auto add = [&](const Oid& oid) {
        if (out.size() < most_haves && seen.insert(oid).second) out.push_back(oid);
    };
    for (const Move& move : plan.moves) {
        if (move.before) add(*move.before);
    }
    for (const bool heads : {true, false}) {
        for (const auto& [name, oid] : local.refs) {
            if (name.starts_with(branches) == heads) add(oid);
        }
    }
    return out;
}

std::vector<git::RefChange> changes(const Plan& plan, const std::string& keep) {
    std::vector<git::RefChange> out;
    for (const Move& move : plan.moves) {
        git::RefChange change;
        change.ref = move.ref;
        change.expected = move.before;
        if (move.after) change.target = *move.after;
        out.push_back(std::move(change));
        if (keep.empty() || !is_lost(move)) continue;
        git::RefChange kept;
        kept.ref = keep + move.ref.substr(std::string_view("refs/").size());
        kept.target = *move.before;
        out.push_back(std::move(kept));
    }
    return out;
}

std::string keep_prefix(const Local& local, const std::string& utc) {
    for (int again = 1;; ++again) {
        const std::string prefix = std::string(kept_refs) + utc + (again == 1 ? "" : "-" + std::to_string(again)) + "/";
        const auto found = local.refs.lower_bound(prefix);
        if (found == local.refs.end() || !found->first.starts_with(prefix)) return prefix;
    }
}

void tell(const Plan& plan, const Local& before, const std::optional<Oid>& head_after, model::RepositoryFacts& facts) {
    const auto hex = [](const std::optional<Oid>& oid) { return oid ? oid->hex() : std::string(); };
    for (const Move& move : plan.moves) {
        std::uint64_t& count = !move.before ? facts.refs.created : !move.after ? facts.refs.deleted : move.forced ? facts.refs.forced : facts.refs.moved;
        ++count;
    }
    facts.before = hex(before.head_tip);
    facts.after = hex(head_after);
    const bool head_tells = facts.before != facts.after || plan.moves.empty();
    if (head_tells) return;
    const Move& first = plan.moves.front();
    facts.before = hex(first.before);
    facts.after = hex(first.after);
    facts.ref = first.ref;
}

}  // namespace autobackup::mirror
