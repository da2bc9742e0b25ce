// SPDX-License-Identifier: MIT
// Whether a ref was moved on or moved elsewhere.
#include <algorithm>
#include <queue>
#include <unordered_map>

#include "lib/git/object_text.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {
namespace {

constexpr std::int64_t clock_slack = 24 * 3600;  // seconds by which a commit may be dated before its parents

class Ancestry {
public:
    explicit Ancestry(Repository::Impl& repository) : repository_(repository) {}

    Result<bool> is_ancestor(const Oid& old_tip, const Oid& new_tip) {
        if (old_tip == new_tip) return true;
        const Result<std::optional<Oid>> from = commit_of(new_tip);
        const Result<std::optional<Oid>> wanted = commit_of(old_tip);
        if (!from) return from.error();
        if (!wanted) return wanted.error();
        if (!*from || !*wanted) return false;  // trees and blobs have no history
        const Result<const Node*> goal = node(**wanted);
        if (!goal) return goal.error();
        return walk(**from, **wanted, (*goal)->time - clock_slack);
    }

private:
    struct Node {
        std::int64_t time = 0;
        std::vector<Oid> parents;
    };

    Result<std::optional<Oid>> commit_of(const Oid& oid) {
        const Result<Oid> peeled = repository_.peel(oid);
        if (!peeled) return peeled.error();
        const Result<ObjectHead> head = repository_.reader.head(*peeled);
        if (!head) return head.error();
        return head->type == ObjectType::commit ? std::optional<Oid>(*peeled) : std::nullopt;
    }

    Result<const Node*> node(const Oid& oid) {
        if (const auto found = nodes_.find(oid); found != nodes_.end()) return &found->second;
        const Result<LoadedObject> object = repository_.load(oid, ObjectType::commit);
        if (!object) return object.error();
        std::optional<Commit> commit = parse_commit(object->content);
        if (!commit) return fail(Errc::repository_invalid, "walk", repository_.path.string(), "the commit " + oid.hex() + " is damaged");
        Node& made = nodes_[oid];  // references into an unordered_map stay valid
        made.time = commit->unix_seconds;
        const bool cut = std::binary_search(repository_.shallow.begin(), repository_.shallow.end(), oid);
        if (!cut) made.parents = std::move(commit->parents);
        return &made;
    }

    // Newest first, down to `oldest`.
    Result<bool> walk(const Oid& from, const Oid& wanted, std::int64_t oldest) {
        std::priority_queue<std::pair<std::int64_t, Oid>> queue;
        OidSet seen{from};
        const Result<const Node*> first = node(from);
        if (!first) return first.error();
        queue.emplace((*first)->time, from);
        while (!queue.empty() && queue.top().first >= oldest) {
            const Oid at = queue.top().second;
            queue.pop();
            if (at == wanted) return true;
            for (const Oid& parent : nodes_.at(at).parents) {
                if (!seen.insert(parent).second) continue;
                const Result<const Node*> next = node(parent);
                if (!next) return next.error();
                queue.emplace((*next)->time, parent);
            }
        }
        return false;
    }

    Repository::Impl& repository_;
    std::unordered_map<Oid, Node, OidHash> nodes_;
};

}  // namespace

Result<std::vector<bool>> Repository::are_ancestors(const std::vector<std::pair<Oid, Oid>>& pairs) const {
    impl_->refresh();
    Ancestry ancestry(*impl_);
    std::vector<bool> answers;
    answers.reserve(pairs.size());
    for (const auto& [old_tip, new_tip] : pairs) {
        const Result<bool> answer = ancestry.is_ancestor(old_tip, new_tip);
        if (!answer) return answer.error();
        answers.push_back(*answer);
    }
    return answers;
}

}  // namespace autobackup::git
