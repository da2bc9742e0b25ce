// SPDX-License-Identifier: MIT
#include "daemon/mirror/push_cut.hpp"

#include <algorithm>

#include "lib/git/commit_parts.hpp"
#include "lib/remote/part_refs.hpp"

namespace autobackup::mirror {
namespace {

using git::Oid;
using Oids = std::vector<Oid>;

constexpr std::size_t most_updates = 1000;  // refs in one request

}  // namespace

PushCutter::PushCutter(git::Repository& repository, std::uint64_t limit, const RefMap& theirs, const RefMap& parts_there)
    : repository_(repository), limit_(limit), parts_there_(parts_there) {
    for (const auto& [name, oid] : theirs) known_.push_back(oid);
}

Result<void> PushCutter::add(const std::vector<remote::RefUpdate>& updates) {
    for (std::size_t at = 0; at < updates.size(); at += most_updates) {
        const std::size_t end = std::min(updates.size(), at + most_updates);
        const Result<void> added = add_some(std::vector<remote::RefUpdate>(updates.begin() + static_cast<std::ptrdiff_t>(at),
                                                                           updates.begin() + static_cast<std::ptrdiff_t>(end)));
        if (!added) return added;
    }
    return {};
}

Result<void> PushCutter::add_some(std::vector<remote::RefUpdate> updates) {
    Oids tips;
    for (const remote::RefUpdate& update : updates) tips.push_back(update.new_oid);
    Result<Oids> objects = repository_.missing_objects(tips, known_);
    if (!objects) return objects.error();
    const Result<std::uint64_t> size = git::pack_size(repository_, *objects);
    if (!size) return size.error();
    if (*size > limit_ && updates.size() > 1) {
        const auto middle = updates.begin() + static_cast<std::ptrdiff_t>(updates.size() / 2);
        const Result<void> front = add_some(std::vector<remote::RefUpdate>(updates.begin(), middle));
        if (!front) return front;
        return add_some(std::vector<remote::RefUpdate>(middle, updates.end()));
    }
    if (*size > limit_ && updates.front().name.starts_with(git::branch_prefix)) return cut(updates.front());
    take(std::move(updates), std::move(*objects));
    return {};
}

void PushCutter::take(std::vector<remote::RefUpdate> updates, Oids objects) {
    for (const remote::RefUpdate& update : updates) known_.push_back(update.new_oid);
    PushStep step;
    step.updates = std::move(updates);
    step.objects = std::move(objects);
    steps.push_back(std::move(step));
}

// Commits of the first-parent line that the peer lacks, oldest first; the last one is the tip.
Result<Oids> PushCutter::line_to(const Oid& tip) const {
    const git::OidSet known(known_.begin(), known_.end());
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

// The branch goes forward, as far at a time as fits.
Result<void> PushCutter::cut(remote::RefUpdate update) {
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
            const Result<std::uint64_t> size = git::pack_size(repository_, *more);
            if (!size) return size.error();
            (*size <= limit_ ? fits : beyond) = middle;
            if (*size <= limit_) objects = std::move(more);
        }
        remote::RefUpdate step = update;
        step.new_oid = (*line)[fits];
        const Result<void> taken = fits > done ? take_one(step, std::move(*objects)) : take_single(step, std::move(*objects));
        if (!taken) return taken;
        update.old_oid = step.new_oid;
        done = fits + 1;
    }
    return {};
}

Result<void> PushCutter::take_one(const remote::RefUpdate& update, Oids objects) {
    take(std::vector<remote::RefUpdate>(1, update), std::move(objects));
    return {};
}

// A single commit that does not fit goes by its blobs, which refs of their own hold until it follows.
Result<void> PushCutter::take_single(const remote::RefUpdate& update, Oids objects) {
    const Result<std::uint64_t> size = git::pack_size(repository_, objects);
    if (!size) return size.error();
    if (*size <= limit_) return take_one(update, std::move(objects));
    Result<git::CommitParts> cut = git::cut_commit(repository_, update.new_oid, std::move(objects), limit_);
    if (!cut) return cut.error();
    for (std::size_t i = 0; i < cut->ahead.size(); ++i) {
        remote::RefUpdate part;
        part.name = remote::part_ref(update.new_oid, i + 1);
        part.new_oid = cut->ahead[i].tip;
        parts.push_back(part.name);
        const auto there = parts_there_.find(part.name);
        if (there != parts_there_.end() && there->second == part.new_oid) continue;  // of a push that was interrupted
        if (there != parts_there_.end()) part.old_oid = there->second;
        PushStep step;
        step.updates.push_back(std::move(part));
        step.objects = std::move(cut->ahead[i].objects);
        step.part = PushStep::Part{update.new_oid, update.name};
        steps.push_back(std::move(step));
    }
    return take_one(update, std::move(cut->rest));
}

}  // namespace autobackup::mirror
