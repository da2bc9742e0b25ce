// SPDX-License-Identifier: MIT
// What is to be done so that a mirror stands as its source. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/mirror/mirror.hpp"
#include "lib/git/repository.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::mirror {

using git::Oid;

/// Everything below it is ours, in every mirror; what a source has there is left out.
inline constexpr std::string_view own_refs = "refs/autobackup/";
inline constexpr std::string_view kept_refs = "refs/autobackup/keep/";
/// Where a forge shows pull requests.
inline constexpr std::string_view forge_pulls = "refs/pull/";

/// Refs by name, each once. Flat: a forge has tens of thousands in a repository, and they are compared at each look at it.
using Refs = std::vector<std::pair<std::string, Oid>>;

/// The first whose name is not before `name`.
Refs::const_iterator first_from(const Refs& refs, std::string_view name);

/// Where HEAD stands or is to stand.
struct Head {
    std::string branch;          ///< "refs/heads/main", whether or not there is such a ref; empty: detached
    std::optional<Oid> detached;
    friend bool operator==(const Head&, const Head&) = default;
};

/// A mirror as it lies on the disk.
struct Local {
    bool exists = false;
    Refs refs;                    ///< all of them, ours too
    Head head;
    std::optional<Oid> head_tip;  ///< what HEAD resolves to
    std::string url;              ///< remote.origin.url; empty: none
    bool large_known = false;     ///< the list of wanted large objects is there (see large.hpp)
    bool large_wanted = false;    ///< and it is not empty
};

/// The refs of a source as they are to be in the mirror.
struct Wanted {
    Refs refs;
    Head head;
    std::vector<std::string> left_out;  ///< names that cannot be kept here (ours, or unsafe in a path)
};

/// Without HEAD and what `pull_refs` leaves out. HEAD: what the server tells; else the branch that has HEAD's commit (`default_branch`, main
/// and master before others); else `default_branch`; else where the mirror's HEAD stands. A HEAD without a branch is detached.
Wanted wanted_refs(remote::Advertisement listed, PullRefs pull_refs, const std::string& default_branch, const Head& now);

/// Whether a ref of the mirror follows the source.
bool follows(const std::string& ref, PullRefs pull_refs);

struct Move {
    std::string ref;
    std::optional<Oid> before;  ///< nothing: new
    std::optional<Oid> after;   ///< nothing: deleted at the source
    bool forced = false;        ///< `before` is not in the history of `after`; a tag that moved is forced always
};

struct Plan {
    std::vector<Move> moves;  ///< by name
    bool head_moves = false;
    [[nodiscard]] bool nothing() const noexcept { return moves.empty() && !head_moves; }
};

Plan make_plan(const Local& local, const Wanted& wanted, PullRefs pull_refs);

/// Objects to be asked for, each once: those of new and moved refs, and of a detached HEAD, that `has` does not know.
std::vector<Oid> wants(const Plan& plan, const Wanted& wanted, const std::function<bool(const Oid&)>& has);

/// Those of the objects that new and moved refs, and a detached HEAD, are to stand at, that a ref of the mirror names already; sorted.
std::vector<Oid> named_here(const Plan& plan, const Local& local, const Wanted& wanted);

/// The objects that the refs of a mirror name, each once; sorted.
std::vector<Oid> tips(const Local& local);

/// What our side has, for the server to leave out: the tips of all refs, each once, at most 50,000; first those that tell most: of the refs
/// that move, then branches.
std::vector<Oid> haves(const Local& local, const Plan& plan);

/// The refs as they are to be set. With `keep` the old tips of forced and deleted refs get names below `keep` ("refs/autobackup/keep/<UTC>/").
std::vector<git::RefChange> changes(const Plan& plan, const std::string& keep);

/// A prefix for changes() that no ref of the mirror has yet: "refs/autobackup/keep/20261121T013000Z/", "…Z-2/".
std::string keep_prefix(const Local& local, const std::string& utc);

/// What is told: counts, before and after (of HEAD, else of the first moved ref). `head_after`: what HEAD resolves to now.
void tell(const Plan& plan, const Local& before, const std::optional<Oid>& head_after, model::RepositoryFacts& facts);

}  // namespace autobackup::mirror
