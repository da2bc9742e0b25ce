// SPDX-License-Identifier: MIT
#include "daemon/mirror/push_plan.hpp"

#include <algorithm>
#include <set>

#include "daemon/mirror/large.hpp"
#include "daemon/mirror/push_cut.hpp"
#include "lib/remote/part_refs.hpp"

namespace autobackup::mirror {
namespace {

using git::Oid;
using Oids = std::vector<Oid>;

// What moves, without the question in how many requests.
class Comparison {
public:
    Comparison(const git::Repository& repository, const PushOrder& order, const RefMap& theirs, PushPlan& plan)
        : repository_(repository), order_(order), theirs_(theirs), plan_(plan) {}

    Result<void> run() {
        const Result<void> compared = compare_wanted();
        if (!compared || !order_.known) return compared;
        for (const auto& [name, oid] : theirs_) {
            if (order_.refs.contains(name) || !order_.known->contains(name)) continue;
            const Result<bool> ours = may_lose(name, oid);
            if (!ours) return ours.error();
            if (*ours) {
                add(deletions, name, oid, Oid());
                ++plan_.counts.deleted;
            } else {
                refuse(name, "somebody moved it there; it is deleted at the source, and stays");
            }
        }
        return {};
    }

    std::vector<remote::RefUpdate> updates, deletions;

private:
    Result<void> compare_wanted() {
        std::vector<std::pair<Oid, Oid>> pairs;
        std::vector<std::pair<std::string, Oid>> moved;
        for (const auto& [name, oid] : order_.refs) {
            const auto there = theirs_.find(name);
            if (there == theirs_.end()) {
                add(updates, name, Oid(), oid);
                ++plan_.counts.created;
            } else if (there->second != oid) {
                moved.emplace_back(name, there->second);
                const bool known = repository_.has(there->second) && !name.starts_with("refs/tags/");
                pairs.emplace_back(known ? there->second : oid, oid);
                on_.push_back(known);
            }
        }
        const Result<std::vector<bool>> ancestors = repository_.are_ancestors(pairs);
        if (!ancestors) return ancestors.error();
        for (std::size_t i = 0; i < moved.size(); ++i) {
            const auto& [name, theirs] = moved[i];
            const Result<void> judged = judge(name, theirs, on_[i] && (*ancestors)[i]);
            if (!judged) return judged;
        }
        return {};
    }

    Result<void> judge(const std::string& name, const Oid& theirs, bool moves_on) {
        if (!moves_on) {
            const Result<bool> ours = may_lose(name, theirs);
            if (!ours) return ours.error();
            if (!*ours) {
                refuse(name, "it holds commits there that this history does not hold; nothing is overwritten");
                return {};
            }
        }
        ++(moves_on ? plan_.counts.moved : plan_.counts.forced);
        add(updates, name, theirs, order_.refs.at(name));
        return {};
    }

    // Whether nothing is lost when the other side gives up `theirs`: we hold it under a name, or it was ours.
    Result<bool> may_lose(const std::string& name, const Oid& theirs) {
        if (!order_.known) return false;
        const auto before = order_.known->find(name);
        if (before != order_.known->end() && before->second == theirs) return true;
        if (!repository_.has(theirs)) return false;
        if (tips_.empty()) {
            const Result<std::vector<std::pair<std::string, Oid>>> all = repository_.refs("refs/");
            if (!all) return all.error();
            for (const auto& [ref, oid] : *all) tips_.push_back(oid);
        }
        const Result<Oids> beyond = repository_.missing_objects({theirs}, tips_);
        return beyond && beyond->empty();
    }

    void refuse(const std::string& name, std::string why) {
        Failure failure = fail(Errc::remote_moved, "push", order_.url, name + ": " + std::move(why));
        failure.transient = false;
        plan_.refused.push_back(Refusal{name, std::move(failure)});
    }

    static void add(std::vector<remote::RefUpdate>& to, const std::string& name, const Oid& from, const Oid& target) {
        remote::RefUpdate update;
        update.name = name;
        update.old_oid = from;
        update.new_oid = target;
        to.push_back(std::move(update));
    }

    const git::Repository& repository_;
    const PushOrder& order_;
    const RefMap& theirs_;
    PushPlan& plan_;
    std::vector<bool> on_;  // of each moved ref: whether it can be a step forward
    Oids tips_;
};

Result<void> find_large(const git::Repository& repository, const PushOrder& order, PushPlan& plan) {
    git::OidSet sent;
    for (const PushStep& step : plan.steps) sent.insert(step.objects.begin(), step.objects.end());
    if (sent.empty() && !order.all_large) return {};
    PointerCollector pointers;
    const auto take = [&](const Oid& oid, std::string_view content) {
        if (order.all_large || sent.contains(oid)) pointers.take(oid, content);
    };
    const Result<void> looked = repository.small_blobs(take);
    if (!looked) return looked;
    const lfs::Store store = large_store(repository.path());
    std::set<lfs::Pointer> objects;
    for (const LargeFile& file : pointers.found()) {
        if (file.object.size > 0) objects.insert(file.object);  // servers hold no empty objects
    }
    for (const lfs::Pointer& object : objects) {
        if (store.has(object)) {
            plan.large.push_back(object);
        } else {
            ++plan.large_missing;
        }
    }
    return {};
}

}  // namespace

Result<PushPlan> plan_push(const PushOrder& order, const RefMap& listed) {
    Result<git::Repository> repository = git::Repository::open_any(order.repository);
    if (!repository) return repository.error();
    RefMap theirs, parts_there;  // parts are no history of theirs: what they hold is cut in the same way again
    for (const auto& ref : listed) (ref.first.starts_with(remote::part_prefix) ? parts_there : theirs).insert(ref);
    PushPlan plan;
    Comparison comparison(*repository, order, theirs, plan);
    Result<void> done = comparison.run();
    if (!done) return done.error();
    std::vector<remote::RefUpdate>& updates = comparison.updates;
    PushCutter cutter(*repository, order.largest_push, theirs, parts_there);
    const auto first = std::find_if(updates.begin(), updates.end(), [&](const remote::RefUpdate& one) { return one.name == order.first; });
    if (theirs.empty() && first != updates.end()) {
        std::vector<remote::RefUpdate> alone(1, *first);
        updates.erase(first);
        done = cutter.add(alone);
    }
    if (done) done = cutter.add(updates);
    if (!done) return done.error();
    plan.steps = std::move(cutter.steps);
    plan.parts = std::move(cutter.parts);
    if (!comparison.deletions.empty()) {
        PushStep step;
        step.updates = std::move(comparison.deletions);
        plan.steps.push_back(std::move(step));
    }
    done = find_large(*repository, order, plan);
    if (!done) return done.error();
    return plan;
}

Result<std::vector<std::string>> refs_upon(const std::filesystem::path& repository, const Oid& commit, const RefMap& refs) {
    const Result<git::Repository> opened = git::Repository::open_any(repository);
    if (!opened) return opened.error();
    std::vector<std::pair<Oid, Oid>> pairs;
    for (const auto& [name, oid] : refs) pairs.emplace_back(commit, oid);
    const Result<std::vector<bool>> upon = opened->are_ancestors(pairs);
    if (!upon) return upon.error();
    std::vector<std::string> names;
    std::size_t at = 0;
    for (const auto& [name, oid] : refs) {
        if ((*upon)[at++]) names.push_back(name);
    }
    return names;
}

}  // namespace autobackup::mirror
