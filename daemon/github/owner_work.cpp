// SPDX-License-Identifier: MIT
// The mirrors of an owner: which are brought up to date, and what is noted of them.
#include "daemon/github/adopt.hpp"
#include "daemon/github/owner.hpp"
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/lfs/ssh_access.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::github_job {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t looked_at_at_once = 8;  // transfers among them are limited by the gate

// The server tells seconds, and its clock is not ours: after a push of these last minutes another one may have followed under the same
// time. It is looked at again then.
bool settled(const std::string& pushed_at) {
    const std::optional<Instant> time = parse_rfc3339(pushed_at);
    return !time || *time + std::chrono::minutes(5) < now();
}

// github.com's API is api.github.com, its gists are gist.github.com; a server of one's own has everything on one host.
bool same_forge(const http::Url& api, const http::Url& url) {
    std::string host = api.host();
    if (host.starts_with("api.")) host.erase(0, 4);
    return (url.host() == host || url.host() == api.host() || url.host() == "gist." + host) && url.tls() == api.tls();
}

// What an item says that needed no look.
void say_unchanged(model::Item& item, const Card& card) {
    item.outcome = model::ItemOutcome::unchanged;
    item.repository->before = item.repository->after = card.head;
    model::Stage stage;
    stage.stage = "inspect";
    stage.reason = "nothing was pushed since";
    item.stages.push_back(std::move(stage));
}

bool went_well(const model::Item& item) {
    return item.outcome == model::ItemOutcome::saved || item.outcome == model::ItemOutcome::unchanged;
}

bool is_not_there(const model::Item& item) {
    return item.outcome == model::ItemOutcome::failed && !item.stages.empty() && item.stages.back().error &&
           item.stages.back().error->code == Errc::not_found;
}

}  // namespace

// The token goes to the forge that gave it and nowhere else, whatever address a listing names.
Awaitable<Result<remote::Settings>> OwnerBackup::access_to(const std::string& https_url, const std::string& ssh_url) {
    remote::Settings settings = context_.access;
    if (context_.source.transport == config::Transport::ssh && !ssh_url.empty()) {
        settings.url = ssh_url;
        co_return settings;
    }
    settings.url = https_url;
    settings.ssh = remote::SshSettings();
    const Result<http::Url> url = http::Url::parse(https_url);
    if (!url) co_return url.error();
    if (!same_forge(context_.session.settings().rest, *url)) co_return settings;
    if (settings.speak_v2) settings.speak_v2->insert(url->origin());  // one that does not is noticed
    Result<Secret> token = co_await context_.session.token();
    if (!token) co_return token.error();
    settings.username = "x-access-token";
    settings.password = std::move(*token);
    co_return settings;
}

OwnerBackup::Work OwnerBackup::work_for(const Entry& entry) const {
    Work work;
    work.folder = directory_ / "repositories" / entry.folder;
    work.up_to_date = entry.up_to_date;
    if (entry.card) work.card = *entry.card;
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
    work.places_of_others = places_of_others(directory_, entry.what.owner, entry.what.name);
    mirror.source.url = context_.source.transport == config::Transport::ssh ? entry.what.ssh_url : entry.what.clone_url;
    return work;
}

Awaitable<void> OwnerBackup::repositories(const Plan& plan) {
    std::vector<Work> all;
    for (const Entry& entry : plan.entries) {
        Work work = work_for(entry);
        work.wiki = context_.source.wikis && entry.what.has_wiki;
        all.push_back(std::move(work));
    }
    co_await work_all(std::move(all));
}

// References to items stay valid: the place for all of them, wikis included, is made before the first begins.
Awaitable<void> OwnerBackup::work_all(std::vector<Work> all) {
    run_.items.reserve(run_.items.size() + 2 * all.size());
    for (Work& work : all) {
        work.item = run_.items.size();
        run_.items.push_back(mirror::make_item(work.mirror));
    }
    std::function<Awaitable<void>(std::size_t)> one = [this, &all](std::size_t index) { return work_one(all[index]); };
    co_await async::for_each_index(all.size(), looked_at_at_once, std::move(one));
}

Awaitable<void> OwnerBackup::work_one(Work& work) {
    model::Item& item = run_.items[work.item];
    std::error_code ignored;
    if (work.up_to_date && fs::exists(work.mirror.path / "HEAD", ignored)) {
        say_unchanged(item, work.card);
        co_await mirror::send_on(context_.mirrors, work.mirror, item);
        tell(item);
        if (work.card.wiki) co_await wiki_of(work);
        co_return;
    }
    Result<remote::Settings> access = co_await access_to(work.mirror.source.url, work.mirror.source.url);
    if (!access) {
        model::fail_item(item, "inspect", access.error());
        tell(item);
        co_return;
    }
    work.mirror.source = std::move(*access);
    co_await take_over(work.mirror, work.places_of_others);
    co_await mirror_one(work.mirror, item);
    co_await keep_card(work, item);
    tell(item);
    if (work.wiki) co_await wiki_of(work);
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

Awaitable<void> OwnerBackup::keep_card(const Work& work, const model::Item& item) {
    if (context_.mirrors.options.dry_run) co_return;
    const bool held = went_well(item) || item.outcome == model::ItemOutcome::partial;
    auto write = [work_card = work.card, folder = work.folder, well = went_well(item), held, facts = *item.repository]() -> Result<void> {
        const std::optional<Card> before = read_card(folder);
        Card card = held || !before ? work_card : *before;
        if (!held && !before) return Result<void>();  // nothing is here that a card could tell of
        card.complete = well;
        if (held && facts.ref.empty()) card.head = facts.after;
        return write_card(folder, card);
    };
    const Result<void> written = co_await context_.mirrors.workers.run(std::move(write));
    if (!written) run_.warnings.push_back("what is known of " + one_line(item.name) + " could not be noted: " + describe(written.error()));
}

// There is no telling from the API whether a wiki has a page: the one without has no repository, and that is no error. A push to a wiki
// need not move the repository's pushed_at: one that is held is asked each time.
Awaitable<void> OwnerBackup::wiki_of(const Work& work) {
    Work wiki = work;
    std::string url = work.card.url;
    if (url.ends_with(".git")) url.resize(url.size() - 4);
    std::string ssh = work.mirror.source.url;
    if (ssh.ends_with(".git")) ssh.resize(ssh.size() - 4);
    wiki.mirror.kind = "github_wiki";
    wiki.mirror.name += ".wiki";
    wiki.mirror.id = wiki.mirror.name;
    wiki.mirror.path = work.folder / "wiki";
    wiki.mirror.renamed_from.clear();
    wiki.mirror.default_branch.clear();
    Result<remote::Settings> access = co_await access_to(url + ".wiki.git", ssh + ".wiki.git");
    if (access) wiki.mirror.source = std::move(*access);
    model::Item item = mirror::make_item(wiki.mirror);
    if (!access) {
        model::fail_item(item, "inspect", access.error());
    } else {
        co_await take_over(wiki.mirror, std::vector<fs::path>(1, wiki.mirror.path));
        co_await mirror_one(wiki.mirror, item);
    }
    if (is_not_there(item) && !work.card.wiki) co_return;
    if (is_not_there(item)) {
        item.outcome = model::ItemOutcome::gone;
        item.reason = "the wiki is no longer there; its copy is kept";
        item.stages.clear();
    }
    const bool here = went_well(item) || item.outcome == model::ItemOutcome::partial;
    if (here != work.card.wiki && !context_.mirrors.options.dry_run && item.outcome != model::ItemOutcome::failed) {
        auto note = [folder = work.folder, here]() -> Result<void> {
            std::optional<Card> card = read_card(folder);
            if (!card) return Result<void>();
            card->wiki = here;
            return write_card(folder, *card);
        };
        co_await context_.mirrors.workers.run(std::move(note));  // forgotten: it is asked for again
    }
    run_.items.push_back(std::move(item));
    tell(run_.items.back());
}

}  // namespace autobackup::github_job
