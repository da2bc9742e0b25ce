// SPDX-License-Identifier: MIT
#include "daemon/vault/target.hpp"

#include "daemon/vault/history.hpp"
#include "daemon/vault/pack_source.hpp"
#include "lib/async/run.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::vault {
namespace {

constexpr int most_follows = 5;

// Words with which servers say that the ref is no longer where we saw it (git's receive-pack, GitHub, Gitea, GitLab).
bool says_moved(const std::string& reason) {
    for (const char* word : {"fetch first", "non-fast-forward", "stale", "cannot lock ref", "failed to update ref", "incorrect old value",
                             "reference already exists"}) {
        if (reason.find(word) != std::string::npos) return true;
    }
    return false;
}

std::string join_words(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty()) return a + b;
    return a + "\n" + b;
}

}  // namespace

Target::Target(Vault& vault, std::unique_ptr<remote::Remote> remote, TargetSettings settings, std::unique_ptr<lfs::Remote> large)
    : vault_(vault), remote_(std::move(remote)), settings_(std::move(settings)), large_(std::move(large)) {}

std::string Target::tracking_ref() const {
    return "refs/remotes/" + hash::sha256_hex(settings_.url).substr(0, 12) + "/" + settings_.branch;
}

Awaitable<Result<std::optional<git::Oid>>> Target::remote_tip(bool for_push) {
    const std::string ref = "refs/heads/" + settings_.branch;
    Result<remote::Advertisement> listed = fail(Errc::internal, "list refs", settings_.url, "not asked");
    if (for_push) {
        listed = co_await remote_->list_for_push();
    } else {
        std::vector<std::string> prefixes;
        prefixes.push_back(ref);
        listed = co_await remote_->ls_refs(std::move(prefixes));
    }
    if (!listed) co_return listed.error();
    if (for_push) note_parts(*listed);
    const remote::Ref* found = listed->find(ref);
    std::optional<git::Oid> tip;
    if (found != nullptr) tip = found->oid;
    looked_at_ = true;
    seen_ = tip;
    co_return tip;
}

Awaitable<Result<bool>> Target::branch_exists() {
    const Result<std::optional<git::Oid>> tip = co_await remote_tip(/*for_push=*/true);
    if (!tip) co_return tip.error();
    co_return tip->has_value();
}

Awaitable<Result<void>> Target::remember(git::Oid seen) {
    auto work = [ref = tracking_ref(), seen](git::Repository& repository) -> Result<void> {
        const Result<std::optional<git::Oid>> old = repository.resolve(ref);
        if (!old) return old.error();
        if (*old == seen || !repository.has(seen)) return {};
        return repository.set_ref(ref, seen, *old, "seen on the target");
    };
    co_return co_await vault_.held(std::move(work));
}

Awaitable<Result<void>> Target::fetch_tip(git::Oid tip) {
    auto local = [this](git::Repository& repository) -> Result<std::vector<git::Oid>> {
        std::vector<git::Oid> haves;
        for (const std::string& ref : {tracking_ref(), vault_.branch_ref()}) {
            const Result<std::optional<git::Oid>> oid = repository.resolve(ref);
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
    auto adopt = [this, pack = std::move(pack)](git::Repository& repository) {
        return repository.adopt_pack(pack, "origin", settings_.url);
    };
    co_return co_await vault_.held(std::move(adopt));
}

// The target's branch holds commits that we do not: they become the ground under ours.
Awaitable<Result<void>> Target::follow(git::Oid tip) {
    auto known = [tip](git::Repository& repository) -> Result<bool> { return repository.has(tip); };
    const Result<bool> have = co_await vault_.held(std::move(known));
    if (!have) co_return have.error();
    if (!*have) {
        const Result<void> fetched = co_await fetch_tip(tip);
        if (!fetched) co_return fetched.error();
    }
    auto rebuild = [this, tip](git::Repository& repository) -> Result<void> {
        const Result<std::optional<git::Oid>> ours = repository.resolve(vault_.branch_ref());
        if (!ours) return ours.error();
        const Result<std::optional<git::Oid>> base = repository.resolve(tracking_ref());
        if (!base) return base.error();
        git::Oid next = tip;
        if (*ours) {
            const Result<git::Oid> replayed = replay(repository, **ours, *base, tip);
            if (!replayed) return replayed.error();
            next = *replayed;
            const Result<bool> contained = is_ancestor(repository, **ours, next);
            if (!contained) return contained.error();
            // What was saved stays saved: the commits that are rebuilt stay reachable under their own names.
            const std::string keep = "refs/autobackup/keep/" + compact_utc(now()) + "/" + settings_.branch;
            if (!*contained) {
                const Result<void> kept = repository.set_ref(keep, **ours, std::nullopt, "before following the target");
                if (!kept) return kept;
            }
        }
        return repository.set_ref(vault_.branch_ref(), next, *ours, "followed the target's branch");
    };
    const Result<void> rebuilt = co_await vault_.held(std::move(rebuild));
    if (!rebuilt) co_return rebuilt.error();
    co_return co_await remember(tip);
}

namespace {

struct Standing {
    std::optional<git::Oid> ours;
    bool theirs_inside_ours = false;
};

Awaitable<Result<Standing>> compare(Vault& vault, std::optional<git::Oid> theirs) {
    auto work = [theirs, ref = vault.branch_ref()](git::Repository& repository) -> Result<Standing> {
        Standing standing;
        const Result<std::optional<git::Oid>> ours = repository.resolve(ref);
        if (!ours) return ours.error();
        standing.ours = *ours;
        if (!*ours || !theirs || !repository.has(*theirs)) return standing;
        const Result<bool> inside = is_ancestor(repository, *theirs, **ours);
        if (!inside) return inside.error();
        standing.theirs_inside_ours = *inside;
        return standing;
    };
    co_return co_await vault.held(std::move(work));
}

}  // namespace

Awaitable<Result<void>> Target::prepare() {
    const async::Turnstile::Pass pass = co_await vault_.hold();
    const Result<std::optional<git::Oid>> theirs = co_await remote_tip(/*for_push=*/true);
    if (!theirs) co_return theirs.error();
    if (!*theirs) co_return Result<void>();
    const Result<Standing> standing = co_await compare(vault_, *theirs);
    if (!standing) co_return standing.error();
    if (standing->theirs_inside_ours) co_return co_await remember(**theirs);
    co_return co_await follow(**theirs);
}

Awaitable<Result<void>> Target::judge(remote::PushReport report) {
    const std::string ref = "refs/heads/" + settings_.branch;
    if (report.unpack != "ok") {
        co_return fail(Errc::push_rejected, "push", settings_.url, "the server could not take the pack",
                       join_words(report.unpack, report.peer_words));
    }
    for (const remote::RefVerdict& verdict : report.verdicts) {
        if (verdict.name != ref) continue;
        if (verdict.ok) co_return Result<void>();
        const bool moved = says_moved(verdict.reason);
        Failure refused = fail(Errc::push_rejected, "push", settings_.url, "the server refused branch " + settings_.branch,
                               join_words(verdict.reason, report.peer_words));
        if (moved) refused.code = Errc::remote_moved;
        refused.transient = moved;
        co_return refused;
    }
    co_return fail(Errc::push_unverified, "push", settings_.url, "the server's report does not name the branch", report.peer_words);
}

Awaitable<Result<void>> Target::send(const PushStep& step, PushOutcome& outcome) {
    auto pack = [&step](git::Repository& repository) { return git::PackReader::make(repository, step.objects); };
    Result<git::PackReader> reader = co_await vault_.held(std::move(pack));
    if (!reader) co_return reader.error();
    const std::uint64_t bytes = reader->size();
    auto source = std::make_shared<PackSource>(vault_.workers(), std::move(*reader));
    remote::RefUpdate update;
    update.name = "refs/heads/" + settings_.branch;
    if (step.from) update.old_oid = *step.from;
    update.new_oid = step.target;
    std::vector<remote::RefUpdate> updates;
    updates.push_back(std::move(update));
    Result<remote::PushReport> report = co_await remote_->push(std::move(updates), source);
    if (report) {
        outcome.bytes += bytes;
        co_return co_await judge(std::move(*report));
    }
    // The answer was lost: whether the pack arrived is told by the branch itself.
    const Result<std::optional<git::Oid>> after = co_await remote_tip(/*for_push=*/false);
    if (after && *after == step.target) co_return Result<void>();
    co_return report.error();
}

Awaitable<Result<void>> Target::prove(git::Oid commit) {
    const Result<std::optional<git::Oid>> after = co_await remote_tip(/*for_push=*/false);
    if (!after) co_return after.error();
    if (*after == commit) co_return Result<void>();
    co_return fail(Errc::push_unverified, "push", settings_.url,
                   "the server took the push, but branch " + settings_.branch + " does not stand at our commit");
}

Awaitable<Result<PushOutcome>> Target::push_once() {
    const async::Turnstile::Pass pass = co_await vault_.hold();
    PushOutcome outcome;
    Failure last = fail(Errc::remote_moved, "push", settings_.url, "the branch moves faster than it can be followed");
    for (int round = 0; round < most_follows; ++round) {
        const Result<std::optional<git::Oid>> theirs = co_await remote_tip(/*for_push=*/true);
        if (!theirs) co_return theirs.error();
        const Result<Standing> standing = co_await compare(vault_, *theirs);
        if (!standing) co_return standing.error();
        if (!standing->ours) co_return outcome;  // an empty vault has nothing to push
        outcome.commit = *standing->ours;
        if (*theirs && !standing->theirs_inside_ours) {
            const Result<void> followed = co_await follow(**theirs);
            if (!followed) co_return followed.error();
            outcome.rebuilt = true;
            continue;
        }
        if (*theirs != outcome.commit) {
            outcome.sent = true;
            const Result<void> sent = co_await send_all(outcome.commit, *theirs, outcome);
            if (!sent && sent.error().code != Errc::remote_moved) co_return sent.error();
            if (!sent) {
                last = sent.error();
                continue;
            }
            const Result<void> proved = co_await prove(outcome.commit);
            if (!proved) co_return proved.error();
        }
        const Result<void> remembered = co_await remember(outcome.commit);
        if (!remembered) co_return remembered.error();
        co_await remove_parts(outcome);
        co_return outcome;
    }
    co_return last;
}

Awaitable<Result<PushOutcome>> Target::push() {
    for (int attempt = 1;; ++attempt) {
        Result<PushOutcome> outcome = co_await push_once();
        if (outcome) outcome->attempts = attempt;
        if (outcome || !outcome.error().transient || attempt >= settings_.attempts) co_return outcome;
        Milliseconds delay = async::backoff(attempt, settings_.retry_delay, settings_.retry_max_delay, async::random_fraction());
        const Milliseconds asked = outcome.error().retry_after.value_or(std::chrono::seconds(0));
        if (asked > settings_.retry_max_delay) co_return outcome;
        delay = std::max(delay, asked);
        co_await async::sleep_for(delay);
    }
}

}  // namespace autobackup::vault
