// SPDX-License-Identifier: MIT
#include "daemon/mirror/push_plan.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "daemon/mirror/large.hpp"

namespace autobackup::mirror {
namespace {

using git::Oid;
using Oids = std::vector<Oid>;

constexpr std::size_t most_updates = 1000;  // refs in one request

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

// Puts updates into steps whose packs are small enough.
class Cutter {
public:
    Cutter(const git::Repository& repository, std::uint64_t limit, const RefMap& theirs) : repository_(repository), limit_(limit) {
        for (const auto& [name, oid] : theirs) known_.push_back(oid);
    }

    Result<void> add(const std::vector<remote::RefUpdate>& updates) {
        for (std::size_t at = 0; at < updates.size(); at += most_updates) {
            const std::size_t end = std::min(updates.size(), at + most_updates);
            const Result<void> added = add_some(std::vector<remote::RefUpdate>(updates.begin() + static_cast<std::ptrdiff_t>(at),
                                                                               updates.begin() + static_cast<std::ptrdiff_t>(end)));
            if (!added) return added;
        }
        return {};
    }

    std::vector<PushStep> steps;

private:
    Result<std::uint64_t> size_of(const Oids& objects) const {
        const Result<git::PackReader> reader = git::PackReader::make(repository_, objects);
        if (!reader) return reader.error();
        return reader->size();
    }

    Result<void> add_some(std::vector<remote::RefUpdate> updates) {
        Oids tips;
        for (const remote::RefUpdate& update : updates) tips.push_back(update.new_oid);
        Result<Oids> objects = repository_.missing_objects(tips, known_);
        if (!objects) return objects.error();
        const Result<std::uint64_t> size = size_of(*objects);
        if (!size) return size.error();
        if (*size > limit_ && updates.size() > 1) {
            const auto middle = updates.begin() + static_cast<std::ptrdiff_t>(updates.size() / 2);
            const Result<void> front = add_some(std::vector<remote::RefUpdate>(updates.begin(), middle));
            if (!front) return front;
            return add_some(std::vector<remote::RefUpdate>(middle, updates.end()));
        }
        if (*size > limit_ && updates.front().name.starts_with("refs/heads/")) return cut(updates.front());
        take(std::move(updates), std::move(*objects));
        return {};
    }

    void take(std::vector<remote::RefUpdate> updates, Oids objects) {
        for (const remote::RefUpdate& update : updates) known_.push_back(update.new_oid);
        PushStep step;
        step.updates = std::move(updates);
        step.objects = std::move(objects);
        steps.push_back(std::move(step));
    }

    // Commits of the first-parent line that the peer lacks, oldest first; the last one is the tip.
    Result<Oids> line_to(const Oid& tip) const {
        const std::unordered_set<Oid, git::OidHash> known(known_.begin(), known_.end());
        Oids line;
        for (Oid at = tip; !known.contains(at);) {
            const Result<git::Commit> commit = repository_.read_commit(at);
            if (!commit) return commit.error();
            line.push_back(at);
            if (commit->parents.empty()) break;
            at = commit->parents.front();
        }
        std::reverse(line.begin(), line.end());
        return line;
    }

    // The branch goes forward, as far at a time as fits; a single commit that does not fit goes as it is, for the server to judge.
    Result<void> cut(remote::RefUpdate update) {
        const Result<Oids> line = line_to(update.new_oid);
        if (!line) return line.error();
        for (std::size_t done = 0; done < line->size();) {
            std::size_t fits = done, beyond = line->size();  // the last one that is taken, the first one that is not
            Result<Oids> objects = repository_.missing_objects({(*line)[fits]}, known_);
            if (!objects) return objects.error();
            while (beyond - fits > 1) {
                const std::size_t middle = fits + (beyond - fits) / 2;
                Result<Oids> more = repository_.missing_objects({(*line)[middle]}, known_);
                if (!more) return more.error();
                const Result<std::uint64_t> size = size_of(*more);
                if (!size) return size.error();
                (*size <= limit_ ? fits : beyond) = middle;
                if (*size <= limit_) objects = std::move(more);
            }
            remote::RefUpdate part = update;
            part.new_oid = (*line)[fits];
            take(std::vector<remote::RefUpdate>(1, part), std::move(*objects));
            update.old_oid = part.new_oid;
            done = fits + 1;
        }
        return {};
    }

    const git::Repository& repository_;
    std::uint64_t limit_;
    Oids known_;  // tips that the peer has after the steps so far
};

Result<void> find_large(const git::Repository& repository, const PushOrder& order, PushPlan& plan) {
    std::unordered_set<Oid, git::OidHash> sent;
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

Result<PushPlan> plan_push(const PushOrder& order, const RefMap& theirs) {
    const Result<git::Repository> repository = git::Repository::open_any(order.repository);
    if (!repository) return repository.error();
    PushPlan plan;
    Comparison comparison(*repository, order, theirs, plan);
    Result<void> done = comparison.run();
    if (!done) return done.error();
    std::vector<remote::RefUpdate>& updates = comparison.updates;
    Cutter cutter(*repository, order.largest_push, theirs);
    const auto first = std::find_if(updates.begin(), updates.end(), [&](const remote::RefUpdate& one) { return one.name == order.first; });
    if (theirs.empty() && first != updates.end()) {
        std::vector<remote::RefUpdate> alone(1, *first);
        updates.erase(first);
        done = cutter.add(alone);
    }
    if (done) done = cutter.add(updates);
    if (!done) return done.error();
    plan.steps = std::move(cutter.steps);
    if (!comparison.deletions.empty()) {
        PushStep step;
        step.updates = std::move(comparison.deletions);
        plan.steps.push_back(std::move(step));
    }
    done = find_large(*repository, order, plan);
    if (!done) return done.error();
    return plan;
}

}  // namespace autobackup::mirror
