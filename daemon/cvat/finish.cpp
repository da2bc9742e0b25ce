// SPDX-License-Identifier: MIT
#include "daemon/cvat/finish.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "daemon/cvat/archive.hpp"
#include "daemon/cvat/gathering.hpp"
#include "daemon/vault/history.hpp"
#include "daemon/vault/live_pack.hpp"
#include "lib/async/run.hpp"

namespace autobackup::cvat_job {
namespace {

using Clock = std::chrono::steady_clock;

model::Stage stage_named(const std::string& name, Clock::time_point begin) {
    model::Stage stage;
    stage.stage = name;
    stage.duration_s = seconds_since(begin);
    return stage;
}

void record_push(Context& context, std::size_t index, model::Stage stage, const Result<vault::PushOutcome>& pushed, model::Item& item) {
    const vault::Target& target = *context.targets[index];
    stage.target = target.settings().url;
    stage.branch = target.settings().branch;
    if (!pushed) {
        context.target_failures[index] = pushed.error();
        stage.outcome = model::StageOutcome::failed;
        stage.error = pushed.error();
        item.stages.push_back(std::move(stage));
        return;
    }
    stage.attempts = pushed->attempts;
    if (pushed->sent) stage.bytes = pushed->bytes;
    stage.commit = pushed->commit.hex();
    if (!pushed->warning.empty()) item.warnings.push_back(pushed->warning);
    item.stages.push_back(std::move(stage));
    model::Pushed done;
    done.target = target.settings().url;
    done.branch = target.settings().branch;
    done.verified = true;
    item.pushed.push_back(std::move(done));
}

// Following the branch of the target that leads may have made our commit anew; the tip may be a later item's.
Awaitable<void> follow_commit(Context& context, const git::Oid& tip, model::Item& item) {
    const std::optional<git::Oid> ours = git::Oid::parse(item.commit);
    const vault::ItemId id{item.kind == "cvat_task" ? vault::ItemId::Kind::task : vault::ItemId::Kind::project, item.id};
    if (!ours || *ours == tip) co_return;
    auto look = [ours = *ours, tip, id](git::Repository& repository) -> Result<std::optional<git::Oid>> {
        const Result<bool> stands = vault::is_ancestor(repository, ours, tip);
        if (!stands) return stands.error();
        if (*stands) return std::optional(ours);
        return vault::last_change(repository, tip, id);
    };
    const Result<std::optional<git::Oid>> now = co_await context.vault.with(std::move(look));
    if (now && *now) item.commit = (*now)->hex();
}

Awaitable<void> push_one(Context& context, std::size_t index, model::Item& item) {
    vault::Target& target = *context.targets[index];
    const auto begin = Clock::now();
    context.progress.phase("pushing to " + target.settings().url);
    context.target_failures.resize(context.targets.size());
    Result<vault::PushOutcome> pushed = vault::PushOutcome();
    if (context.target_failures[index]) {
        pushed = *context.target_failures[index];
    } else {
        pushed = co_await target.push();
    }
    record_push(context, index, stage_named("push", begin), pushed, item);
    if (pushed && target.settings().leads) co_await follow_commit(context, pushed->commit, item);
}

// What a commit is worth being sent while it is written: below that, the ordinary way costs no time worth saving.
constexpr std::uint64_t least_live = std::uint64_t{32} << 20;
// Servers commonly refuse files beyond; that is better heard before everything has been sent.
constexpr std::uint64_t largest_live_file = 100'000'000;

bool may_push_live(const Context& context, const vault::Version& version) {
    const bool one_target = context.targets.size() == 1 && context.options.push && context.push_live;
    if (!one_target || (!context.target_failures.empty() && context.target_failures.front())) return false;
    // Large files go to the LFS server before the branch does, and more than one push takes goes in parts: both are push()'s business.
    const bool none_large = version.large_files.mode == vault::LargeFilePolicy::Mode::plain;
    const std::uint64_t largest = none_large ? largest_live_file : std::min(largest_live_file, version.large_files.limit);
    std::uint64_t bytes = 0;
    for (const vault::VersionMember& member : version.members) {
        if (!member.produce) continue;
        if (member.entry.size > largest) return false;
        bytes += member.entry.size;
    }
    return bytes <= context.targets.front()->settings().largest_push;
}

// A commit, and its push when that went along with it.
struct Made {
    Result<vault::Committed> committed = fail(Errc::internal, "commit", "vault", "not made");
    std::optional<vault::PushOutcome> pushed;
    Clock::time_point committed_at{}, push_begin{};
};

Awaitable<void> make_commit(Context& context, std::shared_ptr<vault::Version> version, std::shared_ptr<vault::LivePack> live, Gathering* gathered, Made& made) {
    struct GiveUp {
        vault::LivePack& pack;
        ~GiveUp() { pack.give_up(); }
    };
    const GiveUp otherwise{*live};
    auto work = [version, live, gathered, branch = context.vault.branch()](git::Repository& repository) {
        return vault::commit_version(repository, branch, *version, live.get(), gathered == nullptr ? nullptr : gathered->pack());
    };
    made.committed = co_await context.vault.held(std::move(work));
    made.committed_at = Clock::now();
    if (made.committed && made.committed->changed) live->release();
}

Awaitable<void> push_along(Context& context, std::shared_ptr<vault::LivePack> live, Made& made) {
    const std::optional<vault::LivePack::Begun> begun = co_await live->begun();
    if (!begun) co_return;
    vault::Target& target = *context.targets.front();
    if (!target.takes_live(begun->parent)) co_return;
    made.push_begin = Clock::now();
    const Result<vault::PushOutcome> pushed = co_await target.push_live(live, begun->commit);
    context.push_live = pushed.has_value();
    if (pushed) made.pushed = *pushed;
}

// Sends the pack while it is written, where that may be; what does not come of it is left to the ordinary push.
Awaitable<void> commit_and_push(Context& context, std::shared_ptr<vault::Version> version, Gathering* gathered, Made& made) {
    const async::Turnstile::Pass pass = co_await context.vault.hold();
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    const std::uint64_t least = may_push_live(context, *version) ? least_live : std::numeric_limits<std::uint64_t>::max();
    auto live = std::make_shared<vault::LivePack>(loop, context.vault.workers(), least);
    std::vector<Awaitable<void>> both;
    both.push_back(make_commit(context, version, live, gathered, made));
    if (!context.targets.empty()) both.push_back(push_along(context, live, made));
    co_await async::all_of(std::move(both));
}

}  // namespace

Awaitable<void> prepare_targets(Context& context) {
    const async::Turnstile::Pass pass = co_await context.prepare_once.enter();
    if (context.targets_prepared || !context.options.push) co_return;
    context.targets_prepared = true;
    context.target_failures.resize(context.targets.size());
    for (std::size_t i = 0; i < context.targets.size(); ++i) {
        const Result<void> prepared = co_await context.targets[i]->prepare();
        if (!prepared && !prepared.error().transient) context.target_failures[i] = prepared.error();
    }
}

Awaitable<void> push_targets(Context& context, std::vector<std::size_t> which, model::Item& item) {
    if (context.targets.empty()) co_return;
    if (!context.options.push) {
        model::Stage skipped;
        skipped.stage = "push";
        skipped.outcome = model::StageOutcome::skipped;
        skipped.reason = "--no-push";
        item.stages.push_back(std::move(skipped));
        co_return;
    }
    for (const std::size_t i : which) co_await push_one(context, i, item);
}

Awaitable<Pending> pending_pushes(Context& context) {
    Pending pending;
    if (context.targets.empty() || !context.options.push) co_return pending;
    std::vector<std::string> refs;
    for (const auto& target : context.targets) refs.push_back(target->settled_ref());
    auto work = [branch = context.vault.branch_ref(), refs, all = context.options.adopt_remote](git::Repository& repository) -> Result<Pending> {
        Pending found;
        const Result<std::optional<git::Oid>> tip = repository.resolve(branch);
        if (!tip) return tip.error();
        for (std::size_t i = 0; i < refs.size() && *tip; ++i) {
            Result<std::optional<git::Oid>> settled = repository.resolve(refs[i]);
            if (!settled) return settled.error();
            if (*settled == *tip && !all) continue;
            if (all) settled = std::optional<git::Oid>();
            found.targets.push_back(i);
            const Result<std::vector<vault::ItemId>> items = vault::items_since(repository, **tip, *settled);
            if (items) found.items.insert(found.items.end(), items->begin(), items->end());
        }
        return found;
    };
    const Result<Pending> found = co_await context.vault.with(std::move(work));
    if (found) pending = *found;
    co_return pending;
}

Awaitable<Result<bool>> commit_version(Context& context, vault::Version version, model::Item& item, const FetchedZip* whole, Gathering* gathered) {
    co_await prepare_targets(context);
    const auto begin = Clock::now();
    context.progress.phase("committing " + version.manifest.item.words());
    version.large_files = vault::policy_of(context.job.git);
    auto shared = std::make_shared<vault::Version>(std::move(version));
    bool owed = false;
    if (context.job.archive) owed = co_await owe_zip(context, shared->manifest.item);
    Made made;
    co_await commit_and_push(context, shared, gathered, made);
    const Result<vault::Committed>& committed = made.committed;
    if (!committed) {
        fail_item(item, "commit", committed.error());
        co_return committed.error();
    }
    item.warnings.insert(item.warnings.end(), committed->warnings.begin(), committed->warnings.end());
    // Then this version brings no new one.
    if (context.job.archive && !owed && !committed->members_changed) co_await settle_zip(context, shared->manifest.item);
    if (!committed->changed) co_return false;
    model::Stage stage = stage_named("commit", begin);
    stage.duration_s = std::chrono::duration<double>(made.committed_at - begin).count();
    stage.commit = committed->commit.hex();
    stage.bytes = committed->pack_bytes;
    item.stages.push_back(std::move(stage));
    item.commit = committed->commit.hex();
    shared->manifest.commit = item.commit;
    if (context.job.archive && committed->members_changed) co_await archive_version(context, shared, item, whole);
    if (made.pushed) {
        context.target_failures.resize(context.targets.size());
        record_push(context, 0, stage_named("push", made.push_begin), *made.pushed, item);
    } else {
        if (gathered != nullptr) co_await gathered->sent();
        std::vector<std::size_t> all(context.targets.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        co_await push_targets(context, std::move(all), item);
    }
    co_return true;
}

Awaitable<void> remember_item(Context& context, state::ItemState state, model::Item& item) {
    auto save = [&context, state = std::move(state)] { return context.store.save_item(context.job.name, state); };
    const Result<void> saved = co_await context.workers.run(std::move(save));
    if (!saved) item.warnings.push_back("the state could not be saved: " + describe(saved.error()));
}

}  // namespace autobackup::cvat_job
