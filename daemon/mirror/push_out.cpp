// SPDX-License-Identifier: MIT
#include "daemon/mirror/push_out.hpp"

#include <algorithm>
#include <memory>

#include "daemon/mirror/retries.hpp"
#include "lib/async/run.hpp"
#include "lib/remote/pack_source.hpp"
#include "lib/remote/part_refs.hpp"

namespace autobackup::mirror {
namespace {

constexpr int most_requests = 4;  // of a request from which refused refs are left out

RefMap refs_of(const remote::Advertisement& listed) {
    RefMap refs;
    for (const remote::Ref& ref : listed.refs) {
        if (ref.name.starts_with("refs/")) refs.emplace(ref.name, ref.oid);
    }
    return refs;
}

// Git refuses the others of a request together with the one that it means.
bool is_consequence(const std::string& reason) {
    return reason.find("atomic") != std::string::npos || reason.find("transaction") != std::string::npos;
}

// Another push holds a lock there: one of ours that was killed, whose git still works, or somebody else's. A moment later it is gone
// (git's lockfile.c).
bool says_locked(const std::string& words) { return words.find(".lock': File exists") != std::string::npos; }

// What was asked of the other side, in all tries.
struct Asked {
    std::map<std::string, std::vector<git::Oid>> values;  ///< that each ref was to get
    RefMap taken;                                         ///< those that the server says it took
};

class Pushing {
public:
    /// `last_try`: a ref that is locked there is one that is refused.
    Pushing(PushOrder order, const PushPlace& place, async::Workers& workers, Asked& asked, bool last_try)
        : order_(std::move(order)), place_(place), workers_(workers), asked_(asked), last_try_(last_try) {}

    Awaitable<Result<PushedOut>> run();

private:
    Awaitable<Result<RefMap>> list();
    Awaitable<Result<PushPlan>> look();
    Awaitable<Result<void>> send_large(const PushPlan& plan);
    Awaitable<Result<bool>> send_all(std::vector<PushStep> steps);
    Awaitable<Result<void>> send(PushStep step);
    Awaitable<Result<bool>> send_once(PushStep& step, std::vector<Refusal>& refused);
    Awaitable<Result<void>> leave_out(PushStep::Part part, Refusal refused);
    Awaitable<Result<void>> prove();
    Awaitable<void> remove_parts(std::vector<std::string> ours);
    void refuse(Refusal one);
    void take(const remote::RefUpdate& update);

    PushOrder order_;  // without what was refused: that stays there as it is
    const PushPlace& place_;
    async::Workers& workers_;
    Asked& asked_;
    bool last_try_;
    PushedOut out_;
    remote::PartRefs parts_;  // of large commits, as the other side shows them in the end
};

void Pushing::refuse(Refusal one) {
    order_.refs.erase(one.ref);
    if (order_.known) order_.known->erase(one.ref);
    out_.refused.push_back(std::move(one));
}

void Pushing::take(const remote::RefUpdate& update) {
    ++out_.changed;
    if (update.new_oid.is_zero()) {
        asked_.taken.erase(update.name);
    } else {
        asked_.taken.insert_or_assign(update.name, update.new_oid);
    }
}

Awaitable<Result<RefMap>> Pushing::list() {
    Result<remote::Advertisement> listed = co_await place_.git.list_for_push();
    if (!listed && listed.error().code == Errc::not_found && place_.create && !out_.created) {
        const Result<void> made = co_await place_.create();
        if (!made) co_return made.error();
        out_.created = true;
        listed = co_await place_.git.list_for_push();
    }
    if (!listed) co_return listed.error();
    co_return refs_of(*listed);
}

Awaitable<Result<PushPlan>> Pushing::look() {
    const Result<RefMap> theirs = co_await list();
    if (!theirs) co_return theirs.error();
    auto plan = [this, &theirs] { return plan_push(order_, *theirs); };
    co_return co_await workers_.run(std::move(plan));
}

Awaitable<Result<void>> Pushing::send_large(const PushPlan& plan) {
    out_.large_missing = plan.large_missing;
    if (plan.large.empty() || place_.large == nullptr) co_return Result<void>();
    const Result<lfs::Moved> moved = co_await place_.large->upload(plan.large);
    if (!moved) co_return moved.error();
    out_.large_files += moved->objects;
    out_.bytes += moved->bytes;
    co_return Result<void>();
}

// False: some refs were refused (they are in `refused`), and with them, where the server does all or nothing, the others. What it took leaves
// the step.
Awaitable<Result<bool>> Pushing::send_once(PushStep& step, std::vector<Refusal>& refused) {
    std::shared_ptr<remote::PackSource> pack;
    const bool deletes = std::all_of(step.updates.begin(), step.updates.end(), [](const remote::RefUpdate& one) { return one.new_oid.is_zero(); });
    if (!deletes) {
        Result<std::shared_ptr<remote::PackSource>> made = co_await remote::make_pack_source(workers_, order_.repository, step.objects);
        if (!made) co_return made.error();
        pack = std::move(*made);
    }
    const std::uint64_t bytes = pack ? pack->size().value_or(0) : 0;
    if (!step.part) {
        for (const remote::RefUpdate& update : step.updates) asked_.values[update.name].push_back(update.new_oid);
    }
    const Result<remote::PushReport> report = co_await place_.git.push(step.updates, pack);
    if (!report) co_return report.error();
    out_.bytes += bytes;
    if (report->accepted()) co_return true;
    if (report->unpack != "ok") {
        co_return fail(Errc::push_rejected, "push", order_.url, "the server could not take the pack", report->unpack + "\n" + report->peer_words);
    }
    for (const remote::RefVerdict& verdict : report->verdicts) {
        const auto update = std::find_if(step.updates.begin(), step.updates.end(), [&](const remote::RefUpdate& one) { return one.name == verdict.name; });
        if (verdict.ok && update != step.updates.end()) {
            if (!step.part) take(*update);
            step.updates.erase(update);
        }
        if (verdict.ok || is_consequence(verdict.reason)) continue;
        Failure why = fail(Errc::push_rejected, "push", order_.url, "the server refused " + verdict.name, verdict.reason + "\n" + report->peer_words);
        refused.push_back(Refusal{verdict.name, std::move(why)});
    }
    const bool locked = !last_try_ && says_locked(report->peer_words);
    if (!refused.empty() && !locked) co_return false;
    Failure why = fail(Errc::push_rejected, "push", order_.url, "the server refused the refs", report->peer_words);
    why.transient = locked;
    co_return why;
}

Awaitable<Result<void>> Pushing::send(PushStep step) {
    for (int round = 0; round < most_requests && !step.updates.empty(); ++round) {
        std::vector<Refusal> refused;
        const Result<bool> done = co_await send_once(step, refused);
        if (!done) co_return done.error();
        if (*done) {
            for (const remote::RefUpdate& update : step.updates) {
                if (!step.part) take(update);
            }
            out_.objects += step.objects.size();
            co_return Result<void>();
        }
        if (step.part) co_return co_await leave_out(std::move(*step.part), std::move(refused.front()));
        for (Refusal& one : refused) {
            std::erase_if(step.updates, [&](const remote::RefUpdate& update) { return update.name == one.ref; });
            refuse(std::move(one));
        }
    }
    if (step.updates.empty()) co_return Result<void>();
    co_return fail(Errc::push_rejected, "push", order_.url, "the server refuses one ref after the other");
}

// Without the part its commit cannot come, nor what is built on that.
Awaitable<Result<void>> Pushing::leave_out(PushStep::Part part, Refusal refused) {
    auto look = [this, &part] { return refs_upon(order_.repository, part.commit, order_.refs); };
    const Result<std::vector<std::string>> upon = co_await workers_.run(std::move(look));
    if (!upon) co_return upon.error();
    Failure why = std::move(refused.why);
    why.message += ", which holds a part of a commit that is too large for one push (" + part.commit.hex() + " of " + part.branch + ")";
    refuse(Refusal{part.branch, why});
    for (const std::string& name : *upon) {
        if (name != part.branch) refuse(Refusal{name, why});
    }
    co_return Result<void>();
}

// False: what was refused carried objects, on which the steps after it count. They are not sent; what is left is to be planned anew.
Awaitable<Result<bool>> Pushing::send_all(std::vector<PushStep> steps) {
    for (std::size_t at = 0; at < steps.size(); ++at) {
        const bool last = at + 1 == steps.size(), carries = !steps[at].objects.empty(), part = steps[at].part.has_value();
        const std::size_t refused = out_.refused.size();
        const Result<void> sent = co_await send(std::move(steps[at]));
        if (!sent) co_return sent.error();
        if (last) break;
        if (place_.landed && !part) co_await place_.landed(asked_.taken);
        if (carries && out_.refused.size() > refused) co_return false;
    }
    co_return true;
}

// Whether the refs stand there is told by the server's listing, not by its answer to the push.
Awaitable<Result<void>> Pushing::prove() {
    const Result<remote::Advertisement> listed = co_await place_.git.ls_refs(std::vector<std::string>());
    if (!listed) co_return listed.error();
    const RefMap theirs = refs_of(*listed);
    parts_ = remote::part_refs(*listed);
    for (const auto& [name, oid] : order_.refs) {
        const auto found = theirs.find(name);
        if (found != theirs.end() && found->second == oid) {
            out_.there.emplace(name, oid);
            continue;
        }
        co_return fail(Errc::push_unverified, "push", order_.url, "the server took the push, but " + name + " does not stand where it should");
    }
    co_return Result<void>();
}

// Nobody needs them once the commit is there. Where the other side follows us they are all ours, also those of a push that was interrupted.
Awaitable<void> Pushing::remove_parts(std::vector<std::string> ours) {
    if (!out_.refused.empty()) co_return;  // a commit that was refused is tried again, and its parts need not be sent twice
    std::erase_if(parts_, [&](const auto& part) { return !order_.known && std::find(ours.begin(), ours.end(), part.first) == ours.end(); });
    out_.warning = co_await remote::remove_part_refs(std::move(parts_), place_.git, order_.url, "the next push tries again");
}

Awaitable<Result<PushedOut>> Pushing::run() {
    std::vector<std::string> parts;
    for (bool all = false; !all;) {  // ends: each round but the last leaves out a ref
        Result<PushPlan> plan = co_await look();
        if (!plan) co_return plan.error();
        parts.insert(parts.end(), plan->parts.begin(), plan->parts.end());
        for (Refusal& one : plan->refused) refuse(std::move(one));
        const Result<void> large = co_await send_large(*plan);
        if (!large) co_return large.error();
        const Result<bool> sent = co_await send_all(std::move(plan->steps));
        if (!sent) co_return sent.error();
        all = *sent;
    }
    const Result<void> proved = co_await prove();
    if (!proved) co_return proved.error();
    co_await remove_parts(std::move(parts));
    co_return std::move(out_);
}

// The step at work may have been taken too: its answer is what is missing.
Awaitable<void> tell_landed(const PushPlace& place, const Asked& asked) {
    if (!place.landed || asked.values.empty()) co_return;
    const Result<remote::Advertisement> listed = co_await place.git.ls_refs(std::vector<std::string>());
    RefMap landed = listed ? refs_of(*listed) : asked.taken;
    std::erase_if(landed, [&](const auto& ref) {
        const auto values = asked.values.find(ref.first);
        return values == asked.values.end() || std::find(values->second.begin(), values->second.end(), ref.second) == values->second.end();
    });
    if (!landed.empty()) co_await place.landed(std::move(landed));
}

}  // namespace

Awaitable<Result<PushedOut>> push_out(PushOrder order, PushPlace place, async::Workers& workers, config::Retry retry) {
    Asked asked;
    for (int attempt = 1;; ++attempt) {
        Pushing pushing(order, place, workers, asked, attempt >= retry.attempts);
        Result<PushedOut> done = co_await pushing.run();
        if (done) done->attempts = attempt;
        if (done) co_return done;
        const std::optional<Milliseconds> pause = pause_after(done.error(), attempt, retry);
        if (!pause) {
            co_await tell_landed(place, asked);
            co_return done.error();
        }
        co_await async::sleep_for(*pause);
    }
}

Awaitable<Result<void>> make_path_repository(async::Workers& workers, std::filesystem::path path, std::string head) {
    auto make = [path = std::move(path), head = std::move(head)]() -> Result<void> {
        const Result<git::Repository> made = git::Repository::open_or_init(path, head.starts_with(git::branch_prefix) ? head.substr(git::branch_prefix.size()) : "main");
        if (!made) return made.error();
        return {};
    };
    co_return co_await workers.run(std::move(make));
}

}  // namespace autobackup::mirror
