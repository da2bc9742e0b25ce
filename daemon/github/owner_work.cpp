// SPDX-License-Identifier: MIT
// The mirrors of an owner: which are brought up to date, and what is noted of them.
#include <algorithm>

#include "daemon/github/access.hpp"
#include "daemon/github/adopt.hpp"
#include "daemon/github/filter.hpp"
#include "daemon/github/outcome.hpp"
#include "daemon/github/owner.hpp"
#include "daemon/mirror/folder.hpp"
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/lfs/ssh_access.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::github_job {

namespace fs = std::filesystem;

namespace {

// Asking for refs is cheap: so many are looked at together. What is fetched holds a place of limits.per_host.
constexpr std::size_t looked_at_at_once = 16;

// The server tells seconds, and its clock is not ours: after a push of these last minutes another one may have followed under the same
// time. It is looked at again then.
bool settled(const std::string& pushed_at) {
    const std::optional<Instant> time = parse_rfc3339(pushed_at);
    return !time || *time + std::chrono::minutes(5) < now();
}

// What a look at a repository found, for its card.
struct Look {
    Card card;                ///< as it will be when all went well
    bool repository = false;  ///< the repository itself was asked; else only its wiki
    bool held = false;        ///< there is a mirror
    bool well = false;        ///< nothing is left to do
    std::string gone;         ///< why the forge does not give it any more
    std::optional<std::string> head;
};

// Of a repository that could not be had the card stays as it was: it is asked again.
std::optional<Card> card_after(const Look& look, std::optional<Card> before) {
    if (!look.repository || (!look.held && !before && look.gone.empty())) return before;
    Card card = look.held || !before ? look.card : *before;
    card.complete = look.well;
    if (!look.gone.empty() && card.gone_since.empty()) {
        card.gone_since = rfc3339_seconds(now());
        card.gone_reason = look.gone;
    }
    if (look.held && look.head) card.head = *look.head;
    return card;
}

}  // namespace

// The token goes to the forge that gave it and nowhere else, whatever address a listing names.
Awaitable<Result<remote::Settings>> OwnerBackup::access_to(const std::string& https_url, const std::string& ssh_url) {
    const std::function<void(const std::string&)> at_forge = [this](const std::string& origin) {
        if (!context_.asked_origins.insert(origin).second) return;
        const auto known = context_.spoken.find(origin);
        if (known == context_.spoken.end() || known->second) context_.access.speak_v2->insert(origin);  // one that does not is noticed
    };
    return git_access(context_.session, context_.access, context_.source.transport, https_url, ssh_url, at_forge);
}

OwnerBackup::Work OwnerBackup::work_for(const Entry& entry) const {
    Work work;
    work.folder = directory_ / "repositories" / entry.folder;
    work.up_to_date = entry.up_to_date;
    if (entry.card) work.card = *entry.card;
    work.was_gone = !work.card.gone_since.empty();
    work.card.id = entry.what.node_id;
    work.card.database_id = entry.what.database_id;
    work.card.name = entry.what.full_name();
    work.card.url = entry.what.clone_url;
    work.card.pushed_at = settled(entry.what.pushed_at) ? entry.what.pushed_at : std::string();
    work.card.default_branch = entry.what.default_branch;
    work.card.gone_since.clear();
    work.card.gone_reason.clear();
    mirror::Repository& mirror = work.mirror;
    mirror.kind = "github_repository";
    mirror.id = entry.what.node_id;
    mirror.name = entry.what.full_name();
    mirror.owner = entry.what.owner;
    mirror.path = work.folder / "repository";
    mirror.large_pool = directory_ / "lfs-objects";
    mirror.client = &context_.git;
    mirror.gate = &context_.gate;
    mirror.pull_refs = context_.source.pull_refs;
    mirror.keep_refs = context_.source.keep_refs;
    mirror.lfs = context_.source.lfs;
    mirror.default_branch = entry.what.default_branch;
    mirror.renamed_from = entry.renamed_from;
    mirror.source.url = context_.source.transport == config::Transport::ssh ? entry.what.ssh_url : entry.what.clone_url;
    return work;
}

Awaitable<void> OwnerBackup::repositories(const Plan& plan) {
    std::vector<Work> all;
    for (const Entry& entry : plan.entries) {
        Work work = work_for(entry);
        work.wiki = context_.source.wikis && (entry.what.has_wiki || work.card.wiki);
        work.wiki_up_to_date = entry.wiki_up_to_date;
        work.alone = !wanted(context_.mirrors.options.only, entry.what.full_name());
        work.quiet = entry.quiet;
        work.places_of_others = places_of_others(directory_, entry.what.owner, entry.what.name);
        all.push_back(std::move(work));
    }
    co_await work_all(std::move(all));
}

// References to items stay valid: the place for all of them, wikis included, is made before the first begins.
Awaitable<void> OwnerBackup::work_all(std::vector<Work> all) {
    run_.items.reserve(run_.items.size() + 2 * all.size());
    for (Work& work : all) {
        work.item = run_.items.size();
        if (!work.alone) run_.items.push_back(mirror::make_item(work.mirror));
    }
    std::function<Awaitable<void>(std::size_t)> one = [this, &all](std::size_t index) { return work_part(all[index / 2], index % 2 == 1); };
    const auto at_once = std::max(looked_at_at_once, 2 * static_cast<std::size_t>(context_.mirrors.limits.per_host));
    co_await async::for_each_index(2 * all.size(), at_once, std::move(one));
    for (auto work = all.rbegin(); work != all.rend(); ++work) {  // from the back: the places of the others stay
        if (is_told(*work)) run_.items.erase(run_.items.begin() + static_cast<std::ptrdiff_t>(work->item));
    }
}

// What is blocked for longer is not told again, unless it was asked for.
bool OwnerBackup::is_told(const Work& work) const {
    return work.blocked && work.was_gone && context_.mirrors.options.only.empty();
}

// A repository and its wiki share a card: whichever is done last writes it. A crash before leaves the old one, by which both are asked again.
Awaitable<void> OwnerBackup::work_part(Work& work, bool wiki) {
    if (wiki) {
        co_await wiki_of(work);
    } else if (!work.alone) {
        co_await work_one(work);
    }
    if (--work.parts == 0) co_await keep_card(work);
}

Awaitable<void> OwnerBackup::work_one(Work& work) {
    model::Item& item = run_.items[work.item];
    if (work.up_to_date && mirror::is_bare_repository(work.mirror.path)) {
        say_unchanged(item, work.card.head);
        co_await mirror::send_on(context_.mirrors, work.mirror, item);
        tell(item);
        co_return;
    }
    work.looked = true;
    Result<remote::Settings> access = co_await access_to(work.mirror.source.url, work.mirror.source.url);
    if (!access) {
        model::fail_item(item, "inspect", access.error());
        tell(item);
        co_return;
    }
    work.mirror.source = std::move(*access);
    co_await take_over(work.mirror, work.places_of_others);
    co_await mirror_one(work.mirror, item);
    std::string block = block_of(item);
    const bool gone = co_await is_gone(work, item);
    if (gone) block = "deleted, or no longer visible to this token (404)";
    work.blocked = !block.empty();
    if (work.blocked) say_gone(item, block, mirror::is_bare_repository(work.mirror.path), work.card.head);
    if (!is_told(work)) tell(item);
}

// Git's 404 may also be a token that may not read the contents: the API tells.
Awaitable<bool> OwnerBackup::is_gone(const Work& work, const model::Item& item) {
    if (!failed_with(item, Errc::not_found) || work.card.database_id == 0) co_return false;
    const Result<github::Repository> answer = co_await client_.repository(work.card.database_id);
    co_return !answer && answer.error().code == Errc::not_found;
}

// Large files of a repository over ssh are where its server says.
Awaitable<void> OwnerBackup::mirror_one(mirror::Repository what, model::Item& item) {
    const std::string name = what.name;
    const fs::path path = what.path;
    std::shared_ptr<remote::SshCommands> ssh;
    if (what.lfs && remote::is_ssh_url(what.source.url)) {
        Result<std::unique_ptr<remote::SshCommands>> made = remote::make_ssh_commands(context_.mirrors.workers, what.source);
        if (!made) co_return model::fail_item(item, "inspect", made.error());
        ssh = std::move(*made);
        what.large_access = lfs::ssh_authenticate(ssh, remote::without_user(what.source.url));
    }
    co_await mirror::mirror_repository(context_.mirrors, std::move(what), item);
    if (ssh) {
        context_.mirrors.over_ssh.bytes_received += ssh->traffic().bytes_received;
        context_.mirrors.over_ssh.bytes_sent += ssh->traffic().bytes_sent;
    }
    if (item.outcome == model::ItemOutcome::saved || item.outcome == model::ItemOutcome::partial) context_.changed.insert_or_assign(name, path);
}

// What another tool left is a beginning. What does not fit stays where it is, and a clone is made.
Awaitable<void> OwnerBackup::take_over(const mirror::Repository& what, std::vector<fs::path> candidates) {
    if (context_.mirrors.options.dry_run) co_return;
    auto work = [place = what.path, candidates, url = what.source.url] { return adopt(place, candidates, url); };
    const Result<std::optional<std::string>> taken = co_await context_.mirrors.workers.run(std::move(work));
    if (!taken) run_.warnings.push_back(describe(taken.error()));
    if (taken && *taken) run_.warnings.push_back(one_line(**taken));
}

Awaitable<void> OwnerBackup::keep_card(const Work& work) {
    if (context_.mirrors.options.dry_run || (!work.looked && !work.wiki_seen)) co_return;
    Look look;
    look.card = work.card;
    look.repository = work.looked;
    if (work.looked) {
        const model::Item& item = run_.items[work.item];
        look.held = is_held(item);
        look.well = went_well(item);
        if (work.blocked) look.gone = item.reason;
        if (item.repository->ref.empty()) look.head = item.repository->after;
    }
    auto write = [look = std::move(look), folder = work.folder, wiki = work.wiki_seen, quiet = work.quiet]() -> Result<void> {
        std::optional<Card> card = card_after(look, read_card(folder));
        if (!card) return Result<void>();  // nothing is here that a card could tell of
        if (look.repository && !wiki) card->wiki_settled = false;
        if (wiki) {
            card->wiki_settled = wiki->well && !wiki->blocked;
            if (wiki->well) card->wiki = wiki->here;
            if (wiki->here) card->wiki_head = wiki->head;
            card->wiki_alone = card->wiki_alone || (wiki->moved && quiet);
        }
        return write_card(folder, *card);
    };
    const Result<void> written = co_await context_.mirrors.workers.run(std::move(write));
    if (!written) run_.warnings.push_back("what is known of " + one_line(work.mirror.name) + " could not be noted: " + describe(written.error()));
}

}  // namespace autobackup::github_job
