// SPDX-License-Identifier: MIT
// Which objects a peer lacks: as `git rev-list --objects TIPS --not KNOWN`.
#include <algorithm>
#include <queue>
#include <unordered_map>

#include "lib/git/object_text.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

namespace {

// So many known tips have their trees looked at even when no new commit stands directly on them.
constexpr std::size_t few_tips = 16;

struct CommitNode {
    Oid tree;
    std::vector<Oid> parents;
    std::int64_t time = 0;
    bool known = false;  ///< reachable from what the peer has
    bool seen = false;   ///< was put into the queue
    bool taken = false;  ///< was taken out of it
};

class MissingObjects {
public:
    MissingObjects(Repository::Impl& repository, const std::vector<Oid>& known)
        : repository_(repository), known_tips_(known.begin(), known.end()) {}

    Result<std::vector<Oid>> run(const std::vector<Oid>& tips, const std::vector<Oid>& known) {
        for (const Oid& oid : known) {
            const Result<void> added = add_known(oid);
            if (!added) return added.error();
        }
        for (const Oid& oid : tips) {
            const Result<void> added = add_tip(oid);
            if (!added) return added.error();
        }
        Result<void> done = walk_commits();
        if (done) done = mark_border(known);
        if (done) done = collect_trees();
        if (!done) return done.error();
        std::vector<Oid> all = std::move(commits_);
        for (const std::vector<Oid>* more : {&tags_, &trees_, &blobs_})
            all.insert(all.end(), more->begin(), more->end());
        return all;
    }

private:
    Failure missing(const Oid& oid) const {
        return fail(Errc::repository_invalid, "walk", repository_.path.string(),
                    "the object " + oid.hex() + " is missing");
    }

    /// Null when the commit is not here.
    Result<CommitNode*> node(const Oid& oid) {
        if (const auto found = nodes_.find(oid); found != nodes_.end()) return &found->second;
        if (!repository_.has(oid)) return static_cast<CommitNode*>(nullptr);
        const Result<LoadedObject> object = repository_.load(oid, ObjectType::commit);
        if (!object) return object.error();
        std::optional<Commit> commit = parse_commit(object->content);
        if (!commit)
            return fail(Errc::repository_invalid, "walk", repository_.path.string(),
                        "the commit " + oid.hex() + " is damaged");
        CommitNode& made = nodes_[oid];
        made.tree = commit->tree;
        made.time = commit->unix_seconds;
        const bool cut = std::binary_search(repository_.shallow.begin(), repository_.shallow.end(), oid);
        if (!cut) made.parents = std::move(commit->parents);
        return &made;
    }

    void enqueue(const Oid& oid, CommitNode& commit) {
        if (commit.seen) return;
        commit.seen = true;
        queue_.emplace(commit.time, oid);
        if (!commit.known) ++new_in_queue_;
    }

    /// Peels tags, which are new objects themselves, and sorts the rest by type.
    Result<void> add_tip(Oid oid) {
        for (;;) {
            if (known_objects_.contains(oid)) return {};
            const Result<LoadedObject> object = repository_.load(oid);
            if (!object) return object.error();
            if (object->type == ObjectType::commit) {
                const Result<CommitNode*> commit = node(oid);
                if (!commit) return commit.error();
                enqueue(oid, **commit);
                return {};
            }
            if (object->type != ObjectType::tag) {
                (object->type == ObjectType::tree ? root_trees_ : loose_blobs_).push_back(oid);
                return {};
            }
            if (seen_.insert(oid).second) tags_.push_back(oid);
            const std::optional<TagTarget> target = parse_tag(object->content);
            if (!target)
                return fail(Errc::repository_invalid, "walk", repository_.path.string(),
                            "the tag " + oid.hex() + " is damaged");
            oid = target->oid;
        }
    }

    Result<void> add_known(Oid oid) {
        while (repository_.has(oid)) {
            const Result<LoadedObject> object = repository_.load(oid);
            if (!object) return object.error();
            if (object->type == ObjectType::commit) {
                const Result<CommitNode*> commit = node(oid);
                if (!commit) return commit.error();
                (*commit)->known = true;
                enqueue(oid, **commit);
                return {};
            }
            if (object->type == ObjectType::tree) return mark_tree_known(oid);
            known_objects_.insert(oid);
            const std::optional<TagTarget> target =
                object->type == ObjectType::tag ? parse_tag(object->content) : std::nullopt;
            if (!target) return {};
            oid = target->oid;
        }
        return {};
    }

    /// By date, newest first, until only known commits are left. A wrong clock can only make the list longer
    /// than need be.
    Result<void> walk_commits() {
        while (new_in_queue_ > 0) {
            const Oid oid = queue_.top().second;
            queue_.pop();
            CommitNode& commit = nodes_.at(oid);  // references into an unordered_map stay valid
            commit.taken = true;
            if (!commit.known) {
                --new_in_queue_;
                commits_.push_back(oid);
            }
            for (const Oid& parent_oid : commit.parents) {
                const Result<CommitNode*> parent = node(parent_oid);
                if (!parent) return parent.error();
                if (*parent == nullptr) {
                    if (commit.known || known_tips_.contains(parent_oid)) continue;
                    return missing(parent_oid);
                }
                if (commit.known) mark_known(parent_oid);
                enqueue(parent_oid, **parent);
            }
        }
        std::erase_if(commits_, [this](const Oid& oid) { return nodes_.at(oid).known; });
        return {};
    }

    void mark_known(const Oid& first) {
        std::vector<Oid> stack{first};
        while (!stack.empty()) {
            const auto found = nodes_.find(stack.back());
            stack.pop_back();
            if (found == nodes_.end() || found->second.known) continue;
            CommitNode& commit = found->second;
            commit.known = true;
            if (commit.seen && !commit.taken) --new_in_queue_;
            if (commit.taken) stack.insert(stack.end(), commit.parents.begin(), commit.parents.end());
        }
    }

    /// The trees of the known commits on which the new ones stand: what is in them is not sent again,
    /// whatever its path now is.
    Result<void> mark_border(const std::vector<Oid>& known) {
        OidSet border;
        for (const Oid& oid : commits_) {
            for (const Oid& parent : nodes_.at(oid).parents) border.insert(parent);
        }
        if (known.size() <= few_tips) border.insert(known.begin(), known.end());
        for (const Oid& oid : border) {
            const auto found = nodes_.find(oid);
            if (found == nodes_.end() || !found->second.known) continue;
            const Result<void> marked = mark_tree_known(found->second.tree);
            if (!marked) return marked;
        }
        return {};
    }

    Result<void> mark_tree_known(const Oid& root) {
        std::vector<Oid> stack{root};
        while (!stack.empty()) {
            const Oid oid = stack.back();
            stack.pop_back();
            if (!known_objects_.insert(oid).second || !repository_.has(oid)) continue;
            const Result<void> read = for_each_entry(oid, [&](const TreeEntryView& entry) {
                if (is_tree_mode(entry.mode)) {
                    stack.push_back(entry.oid);
                } else {
                    known_objects_.insert(entry.oid);
                }
            });
            if (!read) return read;
        }
        return {};
    }

    template <class Visit>
    Result<void> for_each_entry(const Oid& tree, const Visit& visit) {
        const Result<LoadedObject> object = repository_.load(tree, ObjectType::tree);
        if (!object) return object.error();
        std::string_view content = object->content;
        while (!content.empty()) {
            const std::optional<TreeEntryView> entry = take_tree_entry(content);
            if (!entry)
                return fail(Errc::repository_invalid, "walk", repository_.path.string(),
                            "the tree " + tree.hex() + " is damaged");
            if (!is_submodule_mode(entry->mode)) visit(*entry);
        }
        return {};
    }

    Result<void> collect_trees() {
        for (const Oid& blob : loose_blobs_) {
            const Result<void> added = add_blob(blob);
            if (!added) return added;
        }
        std::vector<Oid> stack = root_trees_;
        for (const Oid& commit : commits_) stack.push_back(nodes_.at(commit).tree);
        while (!stack.empty()) {
            const Oid oid = stack.back();
            stack.pop_back();
            if (known_objects_.contains(oid) || !seen_.insert(oid).second) continue;
            if (!repository_.has(oid)) {
                if (repository_.partial) continue;
                return missing(oid);
            }
            trees_.push_back(oid);
            Result<void> blobs_added;
            const Result<void> read = for_each_entry(oid, [&](const TreeEntryView& entry) {
                if (is_tree_mode(entry.mode)) {
                    stack.push_back(entry.oid);
                } else if (blobs_added) {
                    blobs_added = add_blob(entry.oid);
                }
            });
            if (!read) return read;
            if (!blobs_added) return blobs_added;
        }
        return {};
    }

    Result<void> add_blob(const Oid& oid) {
        if (known_objects_.contains(oid) || !seen_.insert(oid).second) return {};
        if (repository_.has(oid)) {
            blobs_.push_back(oid);
        } else if (!repository_.partial) {
            return missing(oid);
        }
        return {};
    }

    Repository::Impl& repository_;
    OidSet known_tips_;
    std::unordered_map<Oid, CommitNode, OidHash> nodes_;
    std::priority_queue<std::pair<std::int64_t, Oid>> queue_;
    std::size_t new_in_queue_ = 0;
    OidSet known_objects_;  ///< trees, blobs and tags
    OidSet seen_;
    std::vector<Oid> root_trees_;
    std::vector<Oid> loose_blobs_;
    std::vector<Oid> commits_;
    std::vector<Oid> tags_;
    std::vector<Oid> trees_;
    std::vector<Oid> blobs_;
};

}  // namespace

Result<std::vector<Oid>> Repository::missing_objects(const std::vector<Oid>& tips,
                                                     const std::vector<Oid>& known) const {
    impl_->refresh();
    MissingObjects walk(*impl_, known);
    return walk.run(tips, known);
}

}  // namespace autobackup::git
