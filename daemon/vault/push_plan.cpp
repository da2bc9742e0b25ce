// SPDX-License-Identifier: MIT
#include "daemon/vault/push_plan.hpp"

#include <algorithm>

#include "daemon/vault/history.hpp"
#include "lib/git/commit_parts.hpp"

namespace autobackup::vault {
namespace {

using Oids = std::vector<git::Oid>;

class Planner {
public:
    Planner(git::Repository& vault, std::string branch_ref, std::uint64_t limit, const git::OidSet& there)
        : vault_(vault), branch_ref_(std::move(branch_ref)), limit_(limit), there_(there) {}

    Result<std::vector<PushStep>> run(const git::Oid& tip, const std::optional<git::Oid>& base) {
        Result<Oids> all = objects_between(tip, base);
        if (!all) return all.error();
        const Result<std::uint64_t> size = git::pack_size(vault_, *all);
        if (!size) return size.error();
        if (*size <= limit_) {
            move_branch(tip, base, std::move(*all));
            return std::move(steps_);
        }
        const Result<void> cut = cut_along_commits(tip, base);
        if (!cut) return cut.error();
        return std::move(steps_);
    }

private:
    Result<Oids> objects_between(const git::Oid& tip, const std::optional<git::Oid>& base) const {
        Oids known;
        if (base) known.push_back(*base);
        Result<Oids> objects = vault_.missing_objects({tip}, known);
        if (objects && !there_.empty()) std::erase_if(*objects, [this](const git::Oid& oid) { return there_.contains(oid); });
        return objects;
    }

    void move_branch(const git::Oid& to, const std::optional<git::Oid>& from, Oids objects) {
        PushStep step;
        step.ref = branch_ref_;
        step.target = to;
        step.from = from;
        step.objects = std::move(objects);
        steps_.push_back(std::move(step));
    }

    Result<void> cut_along_commits(const git::Oid& tip, const std::optional<git::Oid>& base) {
        Result<Oids> commits = commits_since(vault_, tip, base);
        if (!commits) return commits.error();
        std::reverse(commits->begin(), commits->end());
        std::optional<git::Oid> sent = base;  // where the branch stands after the steps so far
        std::optional<git::Oid> last = base;  // the newest commit of the group being filled
        std::uint64_t group = 0;
        for (const git::Oid& commit : *commits) {
            Result<Oids> objects = objects_between(commit, last);
            if (!objects) return objects.error();
            const Result<std::uint64_t> size = git::pack_size(vault_, *objects);
            if (!size) return size.error();
            if (group > 0 && group + *size > limit_) {
                const Result<void> done = end_group(*last, sent);
                if (!done) return done;
                sent = last;
                group = 0;
            }
            if (*size > limit_) {
                const Result<void> done = cut_commit(commit, sent, std::move(*objects));
                if (!done) return done;
                sent = commit;
            } else {
                group += *size;
            }
            last = commit;
        }
        if (group == 0) return {};
        return end_group(*last, sent);
    }

    Result<void> end_group(const git::Oid& to, const std::optional<git::Oid>& from) {
        Result<Oids> objects = objects_between(to, from);
        if (!objects) return objects.error();
        move_branch(to, from, std::move(*objects));
        return {};
    }

    // Blobs go ahead, part by part, until what is left of the commit fits.
    Result<void> cut_commit(const git::Oid& commit, const std::optional<git::Oid>& from, Oids objects) {
        Result<git::CommitParts> parts = git::cut_commit(vault_, commit, std::move(objects), limit_);
        if (!parts) return parts.error();
        for (git::CommitPart& part : parts->ahead) {
            PushStep step;
            step.ref = remote::part_ref(commit, ++parts_);
            step.target = part.tip;
            step.objects = std::move(part.objects);
            steps_.push_back(std::move(step));
        }
        parts_ = 0;
        move_branch(commit, from, std::move(parts->rest));
        return {};
    }

    git::Repository& vault_;
    std::string branch_ref_;
    std::uint64_t limit_;
    const git::OidSet& there_;
    std::vector<PushStep> steps_;
    std::size_t parts_ = 0;
};

}  // namespace

Result<std::vector<PushStep>> plan_push(git::Repository& vault, const std::string& branch_ref, const git::Oid& tip,
                                        const std::optional<git::Oid>& base, std::uint64_t limit, const git::OidSet& there) {
    Planner planner(vault, branch_ref, limit, there);
    return planner.run(tip, base);
}

}  // namespace autobackup::vault
