// SPDX-License-Identifier: MIT
// What has to be sent so that a repository somewhere else holds refs of ours. Synchronous: on a worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/git/repository.hpp"
#include "lib/lfs/pointer.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::mirror {

using RefMap = std::map<std::string, git::Oid>;

/// What is to stand there.
struct PushOrder {
    std::filesystem::path repository;  ///< bare, or a clone; its refs stay as they are
    std::string url;                   ///< of the other side, as it may be shown
    RefMap refs;                       ///< as they are to stand there
    std::string first;                 ///< the default branch: it goes alone into an empty repository, so that a forge takes it for its default
    /// What was pushed there before. With it the other side follows: a ref may be forced or deleted there when what it loses is held here, or
    /// was ours. Without it nothing is ever forced or deleted.
    std::optional<RefMap> known{};
    bool all_large = false;            ///< large files of all history are looked for there, not only those of what is new
    /// Bytes; a larger pack goes in parts along the history, and a single commit by its blobs. GitHub takes 2 GB at once.
    std::uint64_t largest_push = 2'000'000'000;
};

/// A ref that could not be brought there, and why.
struct Refusal {
    std::string ref;
    Failure why;
};

/// One push: refs move together.
struct PushStep {
    std::vector<remote::RefUpdate> updates;
    std::vector<git::Oid> objects;  ///< what its pack holds; nothing but deletions: no pack
    /// Of a step that holds a part of the commit of a later step: without it that one cannot follow.
    struct Part {
        git::Oid commit;
        std::string branch;  ///< that was to get it
    };
    std::optional<Part> part{};
};

struct PushCounts {
    std::uint64_t created = 0, moved = 0, forced = 0, deleted = 0;
    [[nodiscard]] std::uint64_t all() const noexcept { return created + moved + forced + deleted; }
};

struct PushPlan {
    std::vector<PushStep> steps;
    PushCounts counts;
    std::vector<Refusal> refused;
    std::vector<lfs::Pointer> large;          ///< to be there before the refs are
    std::uint64_t large_missing = 0;          ///< that are not here either
    std::vector<std::string> parts;           ///< refs that hold parts of a commit until it is there (remote::part_ref); also those that are there already
};

/// Compares what the other side lists, and plans. A ref of theirs that nobody of ours knows stays as it is.
Result<PushPlan> plan_push(const PushOrder& order, const RefMap& listed);

/// Those of `refs` that stand at `commit` or at what is built on it.
Result<std::vector<std::string>> refs_upon(const std::filesystem::path& repository, const git::Oid& commit, const RefMap& refs);

}  // namespace autobackup::mirror
