// SPDX-License-Identifier: MIT
#include "daemon/github/plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "lib/core/text.hpp"

namespace autobackup::github_job {
namespace {

// FNV-1a: the same on every machine and in every version.
std::uint64_t spread(std::string_view text) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash;
}

bool nothing_moved(const github::Repository& now, const Card& card, const PlanSettings& settings) {
    if (settings.force || !card.complete || !card.gone_since.empty()) return false;
    const std::uint64_t recheck = std::max<std::uint64_t>(settings.recheck, 1);
    if (spread(now.node_id) % recheck == settings.turn % recheck) return false;
    return now.pushed_at == card.pushed_at && now.default_branch == card.default_branch && now.clone_url == card.url;
}

// A push to a wiki moves its repository's pushed_at as a rule. Where it once did not, and where the wiki was switched off since, it is asked.
bool wiki_nothing_moved(const github::Repository& now, const Card& card) {
    return card.wiki_settled && !card.wiki_alone && (now.has_wiki || !card.wiki);
}

const Held* by_folder(const std::vector<Held>& held, const std::string& folder) {
    const auto found = std::find_if(held.begin(), held.end(), [&](const Held& one) { return one.folder == folder; });
    return found == held.end() ? nullptr : &*found;
}

}  // namespace

bool safe_folder(std::string_view name) {
    if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

std::string aside_name(const std::string& folder, Instant now, const std::vector<Held>& held) {
    const std::string first = folder + ".gone-" + compact_utc(now).substr(0, 8);
    std::string name = first;
    for (int i = 2; by_folder(held, name) != nullptr; ++i) name = first + "-" + std::to_string(i);
    return name;
}

Plan make_plan(const std::vector<github::Repository>& listed, const std::vector<github::Repository>& chosen, const std::vector<Held>& held,
               const PlanSettings& settings) {
    Plan plan;
    std::map<std::string, const Held*> by_id;
    for (const Held& one : held) {
        const auto [place, is_new] = by_id.emplace(one.card.id, &one);
        if (!is_new && !place->second->card.gone_since.empty()) place->second = &one;
    }
    std::map<std::string, const github::Repository*> seen;
    for (const github::Repository& one : listed) seen.emplace(one.node_id, &one);

    for (const github::Repository& one : chosen) {
        Entry entry;
        entry.what = one;
        entry.folder = one.name;
        const auto known = by_id.find(one.node_id);
        if (known != by_id.end()) {
            const Held& before = *known->second;
            entry.card = before.card;
            if (before.card.name != one.full_name()) entry.renamed_from = before.card.name;
            if (before.folder != entry.folder) plan.moves.push_back(Move{before.folder, entry.folder, one.node_id});
            entry.up_to_date = nothing_moved(one, before.card, settings) && entry.renamed_from.empty();
            entry.wiki_up_to_date = entry.up_to_date && wiki_nothing_moved(one, before.card);
            entry.quiet = before.card.wiki_settled && before.card.gone_since.empty() && one.pushed_at == before.card.pushed_at;
        }
        plan.entries.push_back(std::move(entry));
    }
    std::map<std::string, std::string> owner_of;  // of each folder that a repository will have: its id
    for (const Entry& entry : plan.entries) owner_of.emplace(entry.folder, entry.what.node_id);
    std::set<std::string> moving;
    for (const Move& move : plan.moves) moving.insert(move.from);
    for (const Held& one : held) {
        const bool still_there = seen.contains(one.card.id);
        const auto owner = owner_of.find(one.folder);
        const bool taken = owner != owner_of.end() && owner->second != one.card.id;
        std::string stays = one.folder;
        if (taken && !moving.contains(one.folder)) {
            stays = aside_name(one.folder, settings.now, held);
            plan.moves.push_back(Move{one.folder, stays, one.card.id});
        }
        if (!one.card.gone_since.empty()) continue;
        ++plan.known;
        if (still_there) continue;
        ++plan.missing;
        plan.gone.push_back(Gone{one, stays, stays != one.folder});
    }
    return plan;
}

bool much_smaller(const Plan& plan, std::size_t listed) {
    if (listed == 0) return true;
    return plan.missing >= 5 && plan.missing * 2 > plan.known;
}

}  // namespace autobackup::github_job
