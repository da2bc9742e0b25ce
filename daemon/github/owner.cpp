// SPDX-License-Identifier: MIT
// What is listed, what is held, and what became of what is held and no longer listed.
#include "daemon/github/owner.hpp"

#include <fmt/format.h>

#include "daemon/github/filter.hpp"
#include "daemon/github/outcome.hpp"
#include "daemon/github/owner_name.hpp"
#include "daemon/mirror/only.hpp"
#include "lib/async/run.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::github_job {

namespace fs = std::filesystem;

namespace {

constexpr const char* repositories_folder = "repositories";

Failure shrunk(const Plan& plan, std::size_t listed, const std::string& object) {
    std::string message = "the server lists no repository at all";
    if (listed > 0)
        message = fmt::format("{} of the {} repositories held are missing from the listing, which has {}", plan.missing, plan.known, listed);
    Failure failure = fail(listed == 0 ? Errc::source_empty : Errc::shrunken, "list", object, std::move(message));
    failure.hint = "nothing was taken for deleted; look whether the token still sees them all; if it is meant, run the job once with --accept-shrink";
    return failure;
}

// Every move by an intermediate name: two repositories may have swapped theirs. After a crash the card tells whose folder it is.
Result<void> move_all(const fs::path& directory, const std::vector<Move>& moves) {
    const auto between = [&](const Move& move) { return directory / (".moving-" + move.id); };
    for (const Move& move : moves) {
        const Result<void> away = rename_durably(directory / move.from, between(move));
        if (!away) return away;
    }
    for (const Move& move : moves) {
        const Result<void> there = rename_durably(between(move), directory / move.to);
        if (!there) return there;
    }
    return Result<void>();
}

std::string words_for(const Result<github::Repository>& answer, const std::string& before) {
    if (answer && answer->full_name() != before) return "transferred to " + one_line(answer->full_name());
    if (answer) return "no longer in the listing";
    if (const std::string block = block_of(answer.error()); !block.empty()) return block;
    if (answer.error().code == Errc::not_found) return "deleted, or no longer visible to this token (404)";
    return "no longer in the listing";
}

}  // namespace

OwnerBackup::OwnerBackup(Context& context, config::GithubSource::Owner owner, fs::path directory, std::uint64_t turn, model::Run& run)
    : context_(context), owner_(std::move(owner)), directory_(std::move(directory)), turn_(turn), run_(run), client_(context.session),
      asked_(asked_owner(owner_)) {}

void OwnerBackup::tell(model::Item& item) {
    model::end_item(item);
    context_.mirrors.item_done(item);
}

void OwnerBackup::add_missing(const std::string& name, const Failure& why) {
    run_.items.push_back(mirror::missing_item("github_repository", name, why));
    context_.mirrors.item_done(run_.items.back());
}

// On a worker, while the server lists. What killed runs left goes first.
Result<std::vector<Held>> OwnerBackup::read_held() const {
    if (!context_.mirrors.options.dry_run) {
        // Not deeper: beside a mirror other tools may have left a file for each issue.
        for (const char* folder : {repositories_folder, "gists"}) mirror::sweep(directory_ / folder, 2);
        mirror::sweep(directory_ / "starred", 3);
    }
    return read_cards(directory_ / repositories_folder);
}

Awaitable<Result<Plan>> OwnerBackup::survey() {
    const std::string object = context_.session.object_text(github::text_of(asked_));
    context_.mirrors.progress.item(context_.job.name, "listing " + github::text_of(asked_));
    Result<github::Listing> listing = fail(Errc::internal, "list", object, "not asked");
    Result<std::vector<Held>> held = fail(Errc::internal, "read", directory_.string(), "not read");
    auto read = [this] { return read_held(); };
    std::vector<Awaitable<void>> both;
    both.push_back(async::into(client_.repositories(asked_), listing));
    both.push_back(async::into(context_.mirrors.workers.run(std::move(read)), held));
    co_await async::all_of(std::move(both));
    if (!listing && held) settle(*held, Plan());
    if (!listing) co_return listing.error();
    for (const std::string& one : listing->unreadable)
        run_.warnings.push_back("a repository of " + object + " cannot be read with this token: " + one);
    if (!held) co_return held.error();
    Chosen chosen = choose(listing->repositories, context_.source.repositories, now());
    const std::vector<std::string>& only = context_.mirrors.options.only;
    std::erase_if(chosen.repositories, [&](const github::Repository& one) {
        return !wanted(only, one.full_name()) && !(context_.source.wikis && wanted(only, wiki_name(one.full_name())));
    });
    std::erase_if(chosen.repositories, [&](const github::Repository& one) {
        if (safe_folder(one.name)) return false;
        add_missing(one.full_name(), fail(Errc::bad_response, "list", one.full_name(), "its name cannot be a folder"));
        return true;
    });
    PlanSettings settings;
    settings.force = context_.mirrors.options.force;
    settings.turn = turn_;
    settings.recheck = static_cast<std::uint64_t>(context_.source.recheck);
    settings.now = now();
    Plan plan = make_plan(listing->repositories, chosen.repositories, *held, settings);
    settle(*held, plan);
    if (!context_.mirrors.options.accept_shrink && much_smaller(plan, listing->repositories.size())) co_return shrunk(plan, listing->repositories.size(), object);
    // With several owners an entry may be meant for another one.
    const bool alone = context_.source.owners.size() == 1;
    for (const std::string& name : chosen.unmatched_names) {
        if (!alone || !only.empty()) continue;
        Failure why = fail(Errc::selection_unmatched, "select", one_line(name), "no repository of " + object + " has this name");
        why.hint = "correct `repositories.include`, or check what the token may see";
        add_missing(name, why);
    }
    for (const std::string& pattern : chosen.unmatched_patterns) {
        if (alone && pattern != "*") run_.warnings.push_back("include: " + one_line(pattern) + " matches no repository of " + object);
    }
    co_return plan;
}

// Where a starred repository has its mirror already, and whether that is looked after.
void OwnerBackup::settle(const std::vector<Held>& held, const Plan& plan) {
    const fs::path folder = directory_ / repositories_folder;
    for (const Held& one : held) {
        if (one.card.gone_since.empty()) context_.homes.insert_or_assign(one.card.id, folder / one.folder);
    }
    for (const Gone& one : plan.gone) context_.homes.erase(one.held.card.id);
    for (const Entry& one : plan.entries) context_.taken_on.insert(one.what.node_id);
}

Awaitable<Result<void>> OwnerBackup::arrange(const Plan& plan) {
    if (context_.mirrors.options.dry_run || plan.moves.empty()) co_return Result<void>();
    auto move = [this, moves = plan.moves] { return move_all(directory_ / repositories_folder, moves); };
    co_return co_await context_.mirrors.workers.run(std::move(move));
}

// The copy stays; that it is gone is told once, and written on its card.
Awaitable<void> OwnerBackup::tell_gone(const Gone& gone) {
    model::Item item;
    item.kind = "github_repository";
    item.name = gone.held.card.name;
    item.outcome = model::ItemOutcome::gone;
    item.repository = model::RepositoryFacts();
    item.repository->id = gone.held.card.id;
    item.repository->after = gone.held.card.head;
    item.repository->before = gone.held.card.head;
    if (gone.replaced) {
        item.reason = "deleted, and made again under the same name; its copy is kept as " + gone.folder;
    } else {
        const Result<github::Repository> answer = co_await client_.repository(gone.held.card.database_id);
        item.reason = words_for(answer, gone.held.card.name) + "; its copy is kept";
    }
    if (!context_.mirrors.options.dry_run) {
        Card card = gone.held.card;
        card.gone_since = rfc3339_seconds(now());
        card.gone_reason = item.reason;
        auto write = [folder = directory_ / repositories_folder / gone.folder, card] { return write_card(folder, card); };
        const Result<void> written = co_await context_.mirrors.workers.run(std::move(write));
        if (!written) run_.warnings.push_back(describe(written.error()));
    }
    run_.items.push_back(std::move(item));
    context_.mirrors.item_done(run_.items.back());
}

Awaitable<void> OwnerBackup::run() {
    const Result<Plan> plan = co_await survey();
    if (!plan) {
        run_.errors.push_back(plan.error());
        co_return;
    }
    const Result<void> arranged = co_await arrange(*plan);
    if (!arranged) {
        run_.errors.push_back(arranged.error());
        co_return;
    }
    surveyed_ = true;
    co_await repositories(*plan);
    if (context_.mirrors.options.only.empty()) {
        for (const Gone& gone : plan->gone) co_await tell_gone(gone);
    }
    if (context_.source.gists && !is_organization()) co_await gists();
}

}  // namespace autobackup::github_job
