// SPDX-License-Identifier: MIT
#include "daemon/mirror/plan.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace autobackup::mirror {
namespace {

constexpr std::size_t most_haves = 50'000;

// Which of many objects have come before. Open addressing: a node for each of them would cost more than all the rest of a plan.
class Seen {
public:
    explicit Seen(std::size_t most) : slots_(std::bit_ceil(2 * most + 2)) { objects_.reserve(most); }
    /// False: it has come before. At most as many as were announced.
    bool add(const Oid& oid) {
        std::size_t at = git::OidHash()(oid);
        for (;; ++at) {
            std::uint32_t& slot = slots_[at & (slots_.size() - 1)];
            if (slot != 0 && objects_[slot - 1] == oid) return false;
            if (slot != 0) continue;
            objects_.push_back(oid);
            slot = static_cast<std::uint32_t>(objects_.size());
            return true;
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return objects_.size(); }
    /// As they came.
    [[nodiscard]] std::vector<Oid>& objects() noexcept { return objects_; }

private:
    std::vector<std::uint32_t> slots_;  // 0, or which one of the objects, counted from 1
    std::vector<Oid> objects_;
};

void sort_each_once(std::vector<Oid>& oids) {
    std::sort(oids.begin(), oids.end());
    oids.erase(std::unique(oids.begin(), oids.end()), oids.end());
}

// What new and moved refs, and a detached HEAD, are to stand at.
std::vector<Oid> ends(const Plan& plan, const Wanted& wanted) {
    std::vector<Oid> oids;
    for (const Move& move : plan.moves) {
        if (move.after) oids.push_back(*move.after);
    }
    if (wanted.head.detached) oids.push_back(*wanted.head.detached);
    sort_each_once(oids);
    return oids;
}

bool before_by_name(const Refs::value_type& one, const Refs::value_type& other) {
    return one.first < other.first;
}

// Of several of a name the first one counts.
void order_by_name(Refs& refs) {
    std::stable_sort(refs.begin(), refs.end(), before_by_name);
    const auto same = [](const Refs::value_type& one, const Refs::value_type& other) { return one.first == other.first; };
    refs.erase(std::unique(refs.begin(), refs.end(), same), refs.end());
}

std::string branch_at(const Refs& refs, const Oid& tip, const std::string& default_branch) {
    for (const std::string& name : {default_branch, std::string("main"), std::string("master")}) {
        const std::string branch = git::branch_ref(name);
        const auto found = first_from(refs, branch);
        if (!name.empty() && found != refs.end() && found->first == branch && found->second == tip) return branch;
    }
    for (const auto& [name, oid] : refs) {
        if (name.starts_with(git::branch_prefix) && oid == tip) return name;
    }
    return {};
}

// `told`: HEAD as the server tells it, or null.
Head wanted_head(const remote::Ref* told, const std::string& unborn, const Refs& refs, const std::string& default_branch, const Head& now) {
    Head head;
    if (told != nullptr) {
        head.branch = told->symref_target.empty() ? branch_at(refs, told->oid, default_branch) : told->symref_target;
        if (!head.branch.starts_with(git::branch_prefix)) {
            head.branch.clear();
            head.detached = told->oid;
        }
        return head;
    }
    if (unborn.starts_with(git::branch_prefix)) {
        head.branch = unborn;
        return head;
    }
    if (!default_branch.empty()) {
        head.branch = git::branch_ref(default_branch);
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
    if (!ref.starts_with(forge_pulls) || pull_refs == PullRefs::all) return true;
    return pull_refs == PullRefs::head && !ref.ends_with("/merge");
}

Refs::const_iterator first_from(const Refs& refs, std::string_view name) {
    return std::lower_bound(refs.begin(), refs.end(), name, [](const Refs::value_type& ref, std::string_view wanted) { return ref.first < wanted; });
}

Wanted wanted_refs(remote::Advertisement listed, PullRefs pull_refs, const std::string& default_branch, const Head& now) {
    Wanted wanted;
    const remote::Ref* head = listed.find("HEAD");  // before the names are taken over
    wanted.refs.reserve(listed.refs.size());
    bool ordered = true;
    for (remote::Ref& ref : listed.refs) {
        if (!ref.name.starts_with("refs/")) continue;
        const bool ours = ref.name.starts_with(own_refs);
        if (ours || !git::is_ref_name(ref.name)) {
            wanted.left_out.push_back(ref.name);
        } else if (follows(ref.name, pull_refs)) {
            ordered = ordered && (wanted.refs.empty() || wanted.refs.back().first < ref.name);
            wanted.refs.emplace_back(std::move(ref.name), ref.oid);
        }
    }
    if (!ordered) order_by_name(wanted.refs);  // a server that tells a name twice
    wanted.head = wanted_head(head, listed.unborn_head, wanted.refs, default_branch, now);
    return wanted;
}

Plan make_plan(const Local& local, const Wanted& wanted, PullRefs pull_refs) {
    Plan plan;
    auto here = local.refs.begin();
    auto there = wanted.refs.begin();
    while (here != local.refs.end() || there != wanted.refs.end()) {
        const bool both = here != local.refs.end() && there != wanted.refs.end();
        const int order = both ? here->first.compare(there->first) : there == wanted.refs.end() ? -1 : 1;
        const bool only_here = order < 0;
        const bool only_there = order > 0;
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
    std::vector<Oid> oids = ends(plan, wanted);
    std::erase_if(oids, has);
    return oids;
}

std::vector<Oid> named_here(const Plan& plan, const Local& local, const Wanted& wanted) {
    const std::vector<Oid> oids = ends(plan, wanted);
    std::vector<Oid> named;
    for (const auto& [name, oid] : local.refs) {
        if (std::binary_search(oids.begin(), oids.end(), oid)) named.push_back(oid);
    }
    sort_each_once(named);
    return named;
}

std::vector<Oid> tips(const Local& local) {
    std::vector<Oid> oids;
    oids.reserve(local.refs.size());
    for (const auto& [name, oid] : local.refs) oids.push_back(oid);
    sort_each_once(oids);
    return oids;
}

std::vector<Oid> haves(const Local& local, const Plan& plan) {
    Seen seen(std::min(most_haves, plan.moves.size() + local.refs.size()));
    const auto add = [&seen](const Oid& oid) {
        if (seen.size() < most_haves) seen.add(oid);
    };
    for (const Move& move : plan.moves) {
        if (move.before) add(*move.before);
    }
    for (const bool heads : {true, false}) {
        for (const auto& [name, oid] : local.refs) {
            if (name.starts_with(git::branch_prefix) == heads) add(oid);
        }
    }
    return std::move(seen.objects());
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
        const auto found = first_from(local.refs, prefix);
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
