// SPDX-License-Identifier: MIT
// What a user has beside repositories: gists, and what was starred.
#include <map>
#include <set>

#include "daemon/github/filter.hpp"
#include "daemon/github/owner.hpp"
#include "lib/core/text.hpp"

namespace autobackup::github_job {

namespace {

std::map<std::string, Held> by_id(std::vector<Held> held) {
    std::map<std::string, Held> out;
    for (Held& one : held) out.insert_or_assign(one.card.id, std::move(one));
    return out;
}

}  // namespace

Awaitable<void> OwnerBackup::gists() {
    Result<std::vector<github::Gist>> listed = co_await client_.gists(asked_);
    if (!listed) {
        run_.errors.push_back(listed.error());
        co_return;
    }
    if (context_.source.starred_gists) {
        Result<std::vector<github::Gist>> more = co_await client_.starred_gists();
        if (!more) run_.errors.push_back(more.error());
        if (more) listed->insert(listed->end(), more->begin(), more->end());
    }
    auto read = [this] { return read_cards(directory_ / "gists"); };
    Result<std::vector<Held>> cards = co_await context_.mirrors.workers.run(std::move(read));
    if (!cards) {
        run_.errors.push_back(cards.error());
        co_return;
    }
    const std::map<std::string, Held> held = by_id(std::move(*cards));
    std::vector<Work> all;
    std::set<std::string> seen;  // one's own may be starred too
    for (const github::Gist& one : *listed) {
        if (!seen.insert(one.id).second || !safe_folder(one.id) || !wanted(context_.mirrors.options.only, one.id)) continue;
        Entry entry;
        entry.folder = one.id;
        entry.what.node_id = one.id;
        entry.what.name = one.id;
        entry.what.owner = one.owner;
        entry.what.clone_url = one.clone_url;
        entry.what.pushed_at = one.updated_at;
        if (const auto known = held.find(one.id); known != held.end()) {
            entry.card = known->second.card;
            entry.up_to_date = entry.card->complete && entry.card->pushed_at == one.updated_at && !context_.mirrors.options.force;
        }
        Work work = work_for(entry);
        work.folder = directory_ / "gists" / one.id;
        work.mirror.kind = "github_gist";
        work.mirror.name = one.id;
        work.mirror.path = work.folder / "repository";
        work.places_of_others.assign(1, work.mirror.path);
        work.mirror.source.url = one.clone_url;
        all.push_back(std::move(work));
    }
    co_await work_all(std::move(all));
}

Awaitable<void> OwnerBackup::starred() {
    if (!surveyed_ || !context_.source.starred || is_organization()) co_return;
    const Result<std::vector<github::Repository>> listed = co_await client_.starred(asked_);
    if (!listed) {
        run_.errors.push_back(listed.error());
        co_return;
    }
    std::vector<Work> all;
    for (const github::Repository& one : *listed) {
        if (!safe_folder(one.name) || !safe_folder(one.owner) || !wanted(context_.mirrors.options.only, one.full_name())) continue;
        if (context_.taken_on.contains(one.node_id)) continue;
        Entry entry;
        entry.folder = one.name;
        entry.what = one;
        const auto home = context_.homes.find(one.node_id);
        const std::filesystem::path folder = home != context_.homes.end() ? home->second : directory_ / "starred" / one.owner / one.name;
        auto read = [folder] { return read_card(folder); };
        entry.card = co_await context_.mirrors.workers.run(std::move(read));
        entry.up_to_date = entry.card && entry.card->complete && entry.card->id == one.node_id && entry.card->pushed_at == one.pushed_at &&
                           !context_.mirrors.options.force;
        Work work = work_for(entry);
        work.folder = folder;
        work.mirror.path = folder / "repository";
        work.places_of_others.assign(1, work.mirror.path);
        all.push_back(std::move(work));
    }
    co_await work_all(std::move(all));
}

}  // namespace autobackup::github_job
