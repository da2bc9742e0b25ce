// SPDX-License-Identifier: MIT
#include "daemon/vault/target.hpp"

#include "lib/async/run.hpp"
#include "lib/http/retry.hpp"
#include "lib/remote/pack_source.hpp"

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

// git's receive-pack, when the new tip names what it does not have (builtin/receive-pack.c).
bool says_incomplete(const std::string& reason) { return reason.find("missing necessary objects") != std::string::npos; }

std::string join_words(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty()) return a + b;
    return a + "\n" + b;
}

}  // namespace

Target::Target(Vault& vault, std::unique_ptr<remote::Remote> remote, TargetSettings settings, std::unique_ptr<lfs::Remote> large)
    : vault_(vault), remote_(std::move(remote)), settings_(std::move(settings)), large_(std::move(large)) {}

Awaitable<Result<std::optional<git::Oid>>> Target::remote_tip(bool for_push) {
    const std::string ref = git::branch_ref(settings_.branch);
    Result<remote::Advertisement> listed = fail(Errc::internal, "list refs", settings_.url, "not asked");
    if (for_push) {
        listed = co_await remote_->list_for_push();
    } else {
        std::vector<std::string> prefixes;
        prefixes.push_back(ref);
        listed = co_await remote_->ls_refs(std::move(prefixes));
    }
    if (!listed) co_return listed.error();
    if (for_push) parts_ = remote::part_refs(*listed);
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

Awaitable<Result<void>> Target::judge(remote::PushReport report) {
    const std::string ref = git::branch_ref(settings_.branch);
    // What went ahead is not there after all (its ref was removed, and the server swept): the next try sends everything.
    const auto with_everything = [this](Failure refused) {
        refused.transient = refused.transient || !ahead_.empty();
        ahead_.clear();
        return refused;
    };
    if (report.unpack != "ok") {
        co_return with_everything(fail(Errc::push_rejected, "push", settings_.url, "the server could not take the pack",
                                       join_words(report.unpack, report.peer_words)));
    }
    for (const remote::RefVerdict& verdict : report.verdicts) {
        if (verdict.name != ref) continue;
        if (verdict.ok) co_return Result<void>();
        const bool moved = says_moved(verdict.reason);
        Failure refused = fail(Errc::push_rejected, "push", settings_.url, "the server refused branch " + settings_.branch,
                               join_words(verdict.reason, report.peer_words));
        if (moved) refused.code = Errc::remote_moved;
        refused.transient = moved;
        if (says_incomplete(verdict.reason)) co_return with_everything(refused);
        co_return refused;
    }
    co_return fail(Errc::push_unverified, "push", settings_.url, "the server's report does not name the branch", report.peer_words);
}

Awaitable<Result<void>> Target::send(const PushStep& step, PushOutcome& outcome) {
    auto pack = [&step](git::Repository& repository) { return git::PackReader::make(repository, step.objects); };
    Result<git::PackReader> reader = co_await vault_.held(std::move(pack));
    if (!reader) co_return reader.error();
    const std::uint64_t bytes = reader->size();
    auto source = std::make_shared<remote::PackSource>(vault_.workers(), std::move(*reader));
    remote::RefUpdate update;
    update.name = git::branch_ref(settings_.branch);
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
        const Result<std::optional<git::Oid>> wanted = co_await wanted_tip(*theirs, outcome);
        if (!wanted) co_return wanted.error();
        if (!*wanted) co_return outcome;  // an empty vault has nothing to push
        outcome.commit = **wanted;
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
        // Before it is remembered that nothing is owed: a later run that has nothing to push would not look for them.
        const std::string left = co_await remove_parts();
        if (!left.empty()) outcome.warning = left;
        const Result<void> remembered = co_await remember(outcome.commit);
        if (!remembered) co_return remembered.error();
        co_return outcome;
    }
    co_return last;
}

Awaitable<Result<PushOutcome>> Target::push() {
    for (int attempt = 1;; ++attempt) {
        Result<PushOutcome> outcome = co_await push_once();
        if (outcome) outcome->attempts = attempt;
        if (outcome) co_return outcome;
        const auto delay = http::retry_wait(outcome.error(), attempt, settings_.attempts, settings_.retry_delay, settings_.retry_max_delay,
                                            async::random_fraction(), Milliseconds(0));
        if (!delay) co_return outcome;
        co_await async::sleep_for(*delay);
    }
}

}  // namespace autobackup::vault
