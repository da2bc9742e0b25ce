// SPDX-License-Identifier: MIT
// What a target's branch stands on: what we expect there, fetching what we lack, and building our commits on it.
#include "daemon/vault/carry.hpp"
#include "daemon/vault/history.hpp"
#include "daemon/vault/target.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/stop.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::vault {
namespace {

using MaybeOid = std::optional<git::Oid>;

// What was saved stays saved: a commit that is about to lose its name keeps one here.
Result<void> keep(git::Repository& repository, const git::Oid& commit, const std::string& branch, const std::string& why) {
    const std::string first = "refs/autobackup/keep/" + compact_utc(now()) + "/" + branch;
    std::string name = first;
    for (int i = 2;; ++i) {
        const Result<MaybeOid> held = repository.resolve(name);
        if (!held) return held.error();
        if (*held == commit) return {};
        if (!*held) return repository.set_ref(name, commit, std::nullopt, why);
        name = first + "-" + std::to_string(i);
    }
}

std::string target_ref(const char* folder, const std::string& address, const std::string& branch) {
    return folder + hash::sha256_hex(address).substr(0, 12) + "/" + branch;
}

Result<void> point(git::Repository& repository, const std::string& ref, const git::Oid& commit, const std::string& why) {
    const Result<MaybeOid> old = repository.resolve(ref);
    if (!old) return old.error();
    if (*old == commit) return {};
    return repository.set_ref(ref, commit, *old, why);
}

}  // namespace

std::string tracking_ref(const std::string& address, const std::string& branch) { return target_ref("refs/remotes/", address, branch); }

std::string settled_ref(const std::string& address, const std::string& branch, bool leads) {
    return leads ? tracking_ref(address, branch) : target_ref("refs/autobackup/settled/", address, branch);
}

std::string Target::tracking_ref() const { return vault::tracking_ref(address(), settings_.branch); }

std::string Target::settled_ref() const { return vault::settled_ref(address(), settings_.branch, settings_.leads); }

// Asked only of a target that leads, or after a verified push: then the vault's branch is all there.
Awaitable<Result<void>> Target::remember(git::Oid seen) {
    auto work = [this, seen](git::Repository& repository) -> Result<void> {
        if (!repository.has(seen)) return {};
        const Result<void> tracked = point(repository, tracking_ref(), seen, "seen on the target");
        if (!tracked || settings_.leads) return tracked;
        const Result<MaybeOid> ours = repository.resolve(vault_.branch_ref());
        if (!ours) return ours.error();
        if (!*ours) return {};
        return point(repository, settled_ref(), **ours, "pushed to the target");
    };
    co_return co_await vault_.held(std::move(work));
}

Awaitable<Result<void>> Target::fetch_tip(git::Oid tip) {
    auto local = [this](git::Repository& repository) -> Result<std::vector<git::Oid>> {
        std::vector<git::Oid> haves;
        std::vector<std::string> refs{tracking_ref()};
        if (settings_.leads) refs.push_back(vault_.branch_ref());
        for (const std::string& ref : refs) {
            const Result<MaybeOid> oid = repository.resolve(ref);
            if (!oid) return oid.error();
            if (*oid) haves.push_back(**oid);
        }
        return haves;
    };
    Result<std::vector<git::Oid>> haves = co_await vault_.held(std::move(local));
    if (!haves) co_return haves.error();
    remote::FetchRequest request;
    request.wants.push_back(tip);
    request.haves = *haves;
    request.filter = "blob:none";
    if (request.haves.empty()) request.depth = 1;
    const std::filesystem::path file = settings_.spool / ("fetch-" + tip.hex() + ".pack");
    const Result<void> made = make_directories(settings_.spool, 0700);
    if (!made) co_return made.error();
    const Result<remote::FetchReport> fetched = co_await remote_->fetch(std::move(request), file);
    if (!fetched) {
        remove_quietly(file);
        co_return fetched.error();
    }
    git::Fetched pack;
    pack.pack = file;
    pack.promisor = fetched->filtered;
    pack.shallow = fetched->shallow;
    pack.stop = stop_asked_by(vault_.workers().stop_token());
    // The name under which a partial clone's remote stands in the vault's configuration.
    std::string name = "origin";
    if (!settings_.leads) name = "target-" + hash::sha256_hex(settings_.url).substr(0, 12);
    auto adopt = [this, name, pack = std::move(pack)](git::Repository& repository) {
        return repository.adopt_pack(pack, name, settings_.url);
    };
    co_return co_await vault_.held(std::move(adopt));
}

// The commit is here, fetched when it was not.
Awaitable<Result<void>> Target::hold(git::Oid tip) {
    auto known = [tip](git::Repository& repository) -> Result<bool> { return repository.has(tip); };
    const Result<bool> have = co_await vault_.held(std::move(known));
    if (!have) co_return have.error();
    if (*have) co_return Result<void>();
    co_return co_await fetch_tip(tip);
}

// Commits that were seen on the branch must still be in it. Nobody is overruled: a branch that lost them is an error, until the owner says
// that it is meant.
Awaitable<Result<void>> Target::expect(std::optional<git::Oid> theirs) {
    auto read = [ref = tracking_ref()](git::Repository& repository) { return repository.resolve(ref); };
    const Result<MaybeOid> known = co_await vault_.held(std::move(read));
    if (!known) co_return known.error();
    if (!*known || *known == theirs) co_return Result<void>();
    if (theirs) {
        const Result<void> here = co_await hold(*theirs);
        if (!here) co_return here.error();
        auto look = [seen = **known, tip = *theirs](git::Repository& repository) { return is_ancestor(repository, seen, tip); };
        const Result<bool> kept = co_await vault_.held(std::move(look));
        if (!kept) co_return kept.error();
        if (*kept) co_return Result<void>();
    }
    if (settings_.adopt) co_return co_await give_up_known(**known);
    Failure failure = fail(Errc::remote_moved, "push", settings_.url, "branch " + settings_.branch + " was deleted on the target; it stood at " +
                                                                          (*known)->hex().substr(0, 12));
    failure.hint = "if that is meant, run the job once with --adopt-remote: the branch is pushed anew";
    if (theirs) {
        failure.message = "branch " + settings_.branch + " was rewritten on the target: it stands at " + theirs->hex().substr(0, 12) +
                          ", which does not hold " + (*known)->hex().substr(0, 12);
        failure.hint = "if that is meant, run the job once with --adopt-remote: our commits are built on what is there now; nothing is forced";
    }
    failure.transient = false;
    co_return failure;
}

Awaitable<Result<void>> Target::give_up_known(git::Oid known) {
    auto work = [this, known](git::Repository& repository) -> Result<void> {
        const Result<void> kept = keep(repository, known, settings_.branch, "what the target held before --adopt-remote");
        if (!kept) return kept;
        for (const std::string& ref : {settled_ref(), tracking_ref()}) {
            const Result<void> gone = repository.delete_ref(ref);
            if (!gone) return gone;
        }
        return {};
    };
    co_return co_await vault_.held(std::move(work));
}

// The vault's branch, built anew on `tip` (nullopt: on nothing).
Result<void> Target::rebuild_on(git::Repository& repository, std::optional<git::Oid> tip) const {
    const Result<MaybeOid> ours = repository.resolve(vault_.branch_ref());
    if (!ours) return ours.error();
    MaybeOid next = tip;
    if (*ours) {
        MaybeOid base;
        if (tip) {
            const Result<MaybeOid> shared = common_ground(repository, **ours, *tip);
            if (!shared) return shared.error();
            base = *shared;
        }
        // Commits of ours that never stood on this branch are repeated; after --adopt-remote on foreign ground, or on none, only
        // the state counts: repeating old versions on top of newer ones would tell the history wrongly.
        const bool repeat = base || (tip && !settings_.adopt);
        if (repeat) {
            const Result<MaybeOid> repeated = replay(repository, **ours, base, tip);
            if (!repeated) return repeated.error();
            next = *repeated;
        }
        if (!repeat || settings_.adopt) {
            const Result<MaybeOid> carried = carry_items(repository, **ours, next);
            if (!carried) return carried.error();
            next = *carried;
        }
        if (!next) return {};
        const Result<bool> contained = is_ancestor(repository, **ours, *next);
        if (!contained) return contained.error();
        if (!*contained) {
            const Result<void> kept = keep(repository, **ours, settings_.branch, "before following the target");
            if (!kept) return kept;
        }
    }
    return repository.set_ref(vault_.branch_ref(), *next, *ours, "followed the target's branch");
}

// The target's branch holds commits that we do not: they become the ground under ours.
Awaitable<Result<void>> Target::follow(std::optional<git::Oid> tip) {
    if (tip) {
        const Result<void> here = co_await hold(*tip);
        if (!here) co_return here.error();
    }
    auto rebuild = [this, tip](git::Repository& repository) { return rebuild_on(repository, tip); };
    const Result<void> rebuilt = co_await vault_.held(std::move(rebuild));
    if (!rebuilt || !tip) co_return rebuilt;
    co_return co_await remember(*tip);
}

namespace {

struct Standing {
    MaybeOid ours;
    bool fits = false;  // the branch can simply be moved on to ours
};

Awaitable<Result<Standing>> compare(Vault& vault, MaybeOid theirs) {
    auto work = [theirs, ref = vault.branch_ref()](git::Repository& repository) -> Result<Standing> {
        Standing standing;
        const Result<MaybeOid> ours = repository.resolve(ref);
        if (!ours) return ours.error();
        standing.ours = *ours;
        if (!*ours || (theirs && !repository.has(*theirs))) return standing;
        Result<bool> fits = whole_since(repository, **ours, std::nullopt);
        if (theirs) fits = is_ancestor(repository, *theirs, **ours);
        if (!fits) return fits.error();
        standing.fits = *fits;
        return standing;
    };
    co_return co_await vault.held(std::move(work));
}

}  // namespace

Awaitable<Result<void>> Target::prepare() {
    if (!settings_.leads) co_return Result<void>();
    const async::Turnstile::Pass pass = co_await vault_.hold();
    const Result<MaybeOid> theirs = co_await remote_tip(/*for_push=*/true);
    if (!theirs) co_return theirs.error();
    const Result<void> expected = co_await expect(*theirs);
    if (!expected || !*theirs) co_return expected;
    const Result<Standing> standing = co_await compare(vault_, *theirs);
    if (!standing) co_return standing.error();
    if (standing->fits) co_return co_await remember(**theirs);
    co_return co_await follow(*theirs);
}

Awaitable<Result<std::optional<git::Oid>>> Target::lead(std::optional<git::Oid> theirs, PushOutcome& outcome) {
    Result<Standing> standing = co_await compare(vault_, theirs);
    if (!standing) co_return standing.error();
    if (!standing->ours || standing->fits) co_return standing->ours;
    const Result<void> followed = co_await follow(theirs);
    if (!followed) co_return followed.error();
    outcome.rebuilt = true;
    standing = co_await compare(vault_, theirs);
    if (!standing) co_return standing.error();
    co_return standing->ours;
}

Awaitable<Result<std::optional<git::Oid>>> Target::own_line(std::optional<git::Oid> theirs, PushOutcome& outcome) {
    if (theirs) {
        const Result<void> here = co_await hold(*theirs);
        if (!here) co_return here.error();
    }
    auto work = [this, theirs](git::Repository& repository) -> Result<MaybeOid> {
        const Result<MaybeOid> ours = repository.resolve(vault_.branch_ref());
        if (!ours || !*ours) return ours;
        Result<bool> inside = true;
        if (theirs) inside = is_ancestor(repository, *theirs, **ours);
        if (inside && *inside) inside = whole_since(repository, **ours, theirs);
        if (!inside) return inside.error();
        if (*inside) return ours;
        const Result<MaybeOid> settled = repository.resolve(settled_ref());
        if (!settled) return settled.error();
        if (!*settled && settings_.adopt) return carry_items(repository, **ours, theirs);
        return line_onto(repository, **ours, *settled, theirs);
    };
    const Result<MaybeOid> line = co_await vault_.held(std::move(work));
    if (line && *line && theirs) outcome.rebuilt = **line != *theirs;
    co_return line;
}

Awaitable<Result<std::optional<git::Oid>>> Target::wanted_tip(std::optional<git::Oid> theirs, PushOutcome& outcome) {
    const Result<void> expected = co_await expect(theirs);
    if (!expected) co_return expected.error();
    Result<MaybeOid> wanted = MaybeOid();
    if (settings_.leads) {
        wanted = co_await lead(theirs, outcome);
    } else {
        wanted = co_await own_line(theirs, outcome);
    }
    co_return wanted;
}

}  // namespace autobackup::vault
