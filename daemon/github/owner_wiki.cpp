// SPDX-License-Identifier: MIT
// The wiki of a repository: a mirror beside it.
#include "daemon/github/filter.hpp"
#include "daemon/github/outcome.hpp"
#include "daemon/github/owner.hpp"
#include "daemon/mirror/folder.hpp"

namespace autobackup::github_job {

namespace {

std::string wiki_url(std::string repository) {
    if (repository.ends_with(".git")) repository.resize(repository.size() - 4);
    return repository + ".wiki.git";
}

}  // namespace

// There is no telling from the API whether a wiki has a page: the one without has no repository, and that is no error.
Awaitable<void> OwnerBackup::wiki_of(Work& work) {
    if (!work.wiki) co_return;
    mirror::Repository what = work.mirror;
    what.kind = "github_wiki";
    what.name = wiki_name(what.name);
    what.id = what.name;
    what.path = work.folder / "wiki";
    what.renamed_from.clear();
    what.default_branch.clear();
    const bool missing = work.card.wiki && !mirror::is_bare_repository(what.path);
    if (!work.wiki_up_to_date || missing) co_return co_await look_at_wiki(work, std::move(what));
    if (!work.card.wiki) co_return;
    model::Item item = mirror::make_item(what);
    say_unchanged(item, work.card.wiki_head);
    co_await mirror::send_on(context_.mirrors, what, item);
    run_.items.push_back(std::move(item));
    tell(run_.items.back());
}

Awaitable<void> OwnerBackup::look_at_wiki(Work& work, mirror::Repository what) {
    model::Item item = mirror::make_item(what);
    Result<remote::Settings> access = co_await access_to(wiki_url(work.card.url), wiki_url(what.source.url));
    if (!access) {
        model::fail_item(item, "inspect", access.error());
    } else {
        what.source = std::move(*access);
        co_await take_over(what, std::vector<std::filesystem::path>(1, what.path));
        co_await mirror_one(std::move(what), item);
    }
    const std::string block = block_of(item);
    const bool lost = failed_with(item, Errc::not_found) || !block.empty();
    WikiSeen seen;
    seen.here = is_held(item);
    seen.well = went_well(item) || lost;
    seen.blocked = !block.empty();
    seen.moved = seen.here && (item.repository->cloned || item.repository->refs.all() > 0);
    seen.head = item.repository->after;
    work.wiki_seen = std::move(seen);
    const bool asked_for = work.alone && !block.empty();  // there may be a page or none: the one who names it is told
    if (lost && !work.card.wiki && !asked_for) co_return;
    if (lost) say_gone(item, block.empty() ? "the wiki is no longer there" : block, mirror::is_bare_repository(work.folder / "wiki"), work.card.wiki_head);
    run_.items.push_back(std::move(item));
    tell(run_.items.back());
}

}  // namespace autobackup::github_job
