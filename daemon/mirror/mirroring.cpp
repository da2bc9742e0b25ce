// SPDX-License-Identifier: MIT
#include "daemon/mirror/mirroring.hpp"

#include <algorithm>

#include "daemon/mirror/retries.hpp"
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::mirror {
namespace {

constexpr int most_rounds = 3;  // of a source that moves while it is fetched

// Thrown where what lies here cannot be used: the question to the server is given up then.
struct NothingToCompare {};

}  // namespace

Mirroring::Mirroring(Context& context, Repository what, model::Item& item) : context_(context), what_(std::move(what)), item_(item) {
    what_.source.object = plain_url(what_.source.url);
    if (remote::is_ssh_url(what_.source.url)) what_.source.object = remote::without_user(what_.source.url);
}

// Also when it was cancelled: what was moved was moved.
Mirroring::~Mirroring() {
    if (!remote_) return;
    const remote::Traffic traffic = remote_->traffic();
    context_.over_ssh.bytes_received += traffic.bytes_received;
    context_.over_ssh.bytes_sent += traffic.bytes_sent;
}

bool Mirroring::over_http() const {
    return to_lower(what_.source.url.substr(0, 4)) == "http";
}

void Mirroring::add_stage(const char* name, Clock::time_point begin, std::optional<std::uint64_t> bytes, std::optional<int> attempts) {
    model::Stage stage;
    stage.stage = name;
    stage.duration_s = std::chrono::duration<double>(Clock::now() - begin).count();
    stage.bytes = bytes;
    if (attempts && *attempts > 1) stage.attempts = attempts;
    item_.stages.push_back(std::move(stage));
}

void Mirroring::begin_step(const char* name) {
    step_ = name;
    item_.in_work.assign(1, step_);
}

Awaitable<void> Mirroring::run() {
    const auto begin = Clock::now();
    context_.progress.item(context_.job, what_.name);
    Result<void> done = co_await inspect();
    const bool asked = context_.options.force;
    const bool idle = done && is_up_to_date();
    if (done && context_.options.dry_run) {
        dry_run();
    } else if (done && (!idle || asked)) {
        done = co_await bring();
        if (done && what_.lfs) co_await large();
    }
    if (!done) {
        model::fail_item(item_, step_, done.error());
    } else if (!context_.options.dry_run) {
        finish();
    }
    item_.bytes += fetched_bytes_;
    item_.duration_s = std::chrono::duration<double>(Clock::now() - begin).count();
    model::end_item(item_);
}

Awaitable<Result<void>> Mirroring::inspect() {
    const auto begin = Clock::now();
    Result<std::unique_ptr<remote::Remote>> made = remote::make_remote(*what_.client, context_.workers, what_.source);
    if (!made) co_return made.error();
    remote_ = std::move(*made);
    Result<void> here;
    Result<remote::Advertisement> there = fail(Errc::internal, "list", what_.name, "not asked");
    std::vector<Awaitable<void>> both;
    both.push_back(look_here(here));
    both.push_back(async::into(list_once(), there));
    try {
        co_await async::all_of(std::move(both));
    } catch (const NothingToCompare&) {
    }
    if (!here) co_return here;
    const Result<void> listed = co_await compare(std::move(there));
    if (listed) add_stage("inspect", begin, std::nullopt, attempts_);
    co_return listed;
}

// What lies here is read while the server makes up its answer.
Awaitable<void> Mirroring::look_here(Result<void>& done) {
    auto read = [path = what_.path] { return read_local(path); };
    Result<Local> local = co_await context_.workers.run(std::move(read));
    if (!local) {
        done = local.error();
        throw NothingToCompare();
    }
    local_ = std::move(*local);
    head_after_ = local_.head_tip;
}

// Asks for the refs again until there is an answer, and plans.
Awaitable<Result<void>> Mirroring::compare(Result<remote::Advertisement> listed) {
    for (attempts_ = 1; !listed; ++attempts_) {
        const std::optional<Milliseconds> pause = pause_after(listed.error(), attempts_, context_.retry);
        if (!pause) co_return listed.error();
        co_await async::sleep_for(*pause);
        listed = co_await list_once();
    }
    wanted_ = wanted_refs(std::move(*listed), what_.pull_refs, what_.default_branch, local_.head);
    const auto had = [this](const auto& ref) { return follows(ref.first, what_.pull_refs); };
    if (wanted_.refs.empty() && std::any_of(local_.refs.begin(), local_.refs.end(), had)) {
        Failure failure = fail(Errc::source_empty, "list refs of", what_.source.object, "the repository has no refs any more, the mirror has " +
                                                                                           std::to_string(local_.refs.size()));
        failure.hint = "nothing is taken for deleted; when it was emptied on purpose, move the mirror away";
        co_return failure;
    }
    plan_ = make_plan(local_, wanted_, what_.pull_refs);
    auto check = [this] { return check_same(what_, local_, wanted_); };
    if (!local_.exists || same_place(local_.url, what_.source.url)) co_return Result<void>();
    co_return co_await context_.workers.run(std::move(check));
}

Awaitable<Result<remote::Advertisement>> Mirroring::list_once() {
    async::Turnstile::Pass pass;  // a child process on each side is more than a question
    if (!over_http() && what_.gate != nullptr) pass = co_await what_.gate->enter();
    co_return co_await remote_->ls_refs(std::vector<std::string>());
}

bool Mirroring::is_up_to_date() const {
    const bool large_done = !what_.lfs || (local_.large_known && !local_.large_wanted);
    return local_.exists && plan_.nothing() && large_done && local_.url == plain_url(what_.source.url);
}

Awaitable<Result<void>> Mirroring::bring() {
    for (int round = 1;; ++round) {
        Result<void> done = co_await bring_once();
        if (done || done.error().code != Errc::remote_moved || step_ != "fetch" || round >= most_rounds) {
            if (!done && !local_.exists) {
                auto clean = [place = growing_place(what_.path)] {
                    std::error_code ignored;
                    fs::remove_all(place, ignored);
                };
                co_await context_.workers.run(std::move(clean));
            }
            co_return done;
        }
        Result<remote::Advertisement> there = co_await list_once();
        const Result<void> compared = co_await compare(std::move(there));
        if (!compared) co_return compared;
    }
}

Awaitable<Result<void>> Mirroring::bring_once() {
    begin_step("fetch");
    const Result<Order> order = co_await prepare();
    if (!order) co_return order.error();
    const auto begin = Clock::now();
    fs::path index_file;
    if (!order->wants.empty()) {
        const Result<void> fetched = co_await fetch(*order);
        if (!fetched) co_return fetched;
        add_stage("fetch", begin, fetched_bytes_, attempts_);
        Result<fs::path> indexed = co_await index(*order);
        if (indexed) index_file = std::move(*indexed);  // what it refuses is looked at, and told, by take_in
    }
    begin_step("verify");
    co_return co_await take_in(*order, std::move(index_file));
}

Awaitable<Result<Mirroring::Order>> Mirroring::prepare() {
    auto work = [this] { return prepare_now(); };
    co_return co_await context_.workers.run(std::move(work));
}

void Mirroring::dry_run() {
    item_.outcome = model::ItemOutcome::skipped;
    if (is_up_to_date()) {
        item_.outcome = model::ItemOutcome::unchanged;
        finish();
    } else if (!local_.exists) {
        item_.reason = "dry run: would clone " + std::to_string(wanted_.refs.size()) + " refs";
    } else if (plan_.moves.empty()) {
        item_.reason = "dry run: would look for what is not here yet";
    } else {
        item_.reason = "dry run: would update " + std::to_string(plan_.moves.size()) + " refs";
    }
}

// Outcome and figures of what was done; a partial item stays so.
void Mirroring::finish() {
    model::RepositoryFacts& facts = *item_.repository;
    tell(plan_, local_, head_after_, facts);
    if (item_.outcome == model::ItemOutcome::partial) return;
    const bool saved = facts.cloned || facts.refs.all() > 0 || plan_.head_moves || broken_ || item_.outcome == model::ItemOutcome::saved;
    item_.outcome = saved ? model::ItemOutcome::saved : model::ItemOutcome::unchanged;
}

model::Item make_item(const Repository& what) {
    model::Item item;
    item.kind = what.kind;
    item.name = what.name;
    item.repository.emplace();
    item.repository->id = what.id;
    item.repository->renamed_from = what.renamed_from;
    model::begin_item(item);
    return item;
}

Awaitable<void> mirror_repository(Context& context, Repository what, model::Item& item) {
    const Repository done = what;
    {
        Mirroring one(context, std::move(what), item);
        co_await one.run();
    }
    co_await send_on(context, done, item);
}

Awaitable<void> mirror_all(Context& context, std::vector<Repository> what, std::size_t at_once, model::Run& run) {
    const std::size_t first = run.items.size();
    for (const Repository& one : what) run.items.push_back(make_item(one));
    std::function<Awaitable<void>(std::size_t)> each = [&](std::size_t i) -> Awaitable<void> {
        model::Item& item = run.items[first + i];
        co_await mirror_repository(context, what[i], item);
        if (context.item_done) context.item_done(item);
    };
    co_await async::for_each_index(what.size(), at_once, each);
}

}  // namespace autobackup::mirror
