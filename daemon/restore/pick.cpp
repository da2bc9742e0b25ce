// SPDX-License-Identifier: MIT
#include "daemon/restore/pick.hpp"

#include <algorithm>
#include <map>

#include "lib/core/text.hpp"

namespace autobackup::restore {
namespace {

std::string selector_of(const vault::ItemId& item) { return std::string(item.kind_word()) + ":" + std::to_string(item.id); }

std::string all_items(const std::vector<Snapshot>& snapshots) {
    std::map<vault::ItemId, std::string> items;
    for (const Snapshot& one : snapshots) items[one.item] = one.name;
    std::string text;
    for (const auto& [item, name] : items) text += (text.empty() ? "" : ", ") + selector_of(item) + (name.empty() ? "" : " \"" + one_line(name) + "\"");
    return text;
}

struct Target {
    vault::ItemId item;
    std::optional<std::int64_t> task;
};

bool holds_task(const Snapshot& snapshot, std::int64_t id) {
    return snapshot.item.kind == vault::ItemId::Kind::project &&
           std::any_of(snapshot.tasks.begin(), snapshot.tasks.end(), [&](const vault::ManifestTask& task) { return task.id == id; });
}

void add_once(std::vector<Target>& found, Target target) {
    const auto same = [&](const Target& one) { return one.item == target.item && one.task == target.task; };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(target);
}

std::optional<vault::ItemId> item_of_selector(std::string text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) return std::nullopt;
    text[colon] = '-';
    return vault::item_of_key(text);
}

std::vector<Target> targets_of(const std::vector<Snapshot>& snapshots, const std::string& item) {
    const std::optional<vault::ItemId> named = item_of_selector(item);
    std::vector<Target> found;
    for (const Snapshot& one : snapshots) {
        const bool fits = item.empty() || (named ? one.item == *named : one.name == item || one.item.key() == item);
        if (fits) add_once(found, Target{one.item, std::nullopt});
    }
    if (!found.empty()) return found;
    for (const Snapshot& one : snapshots) {
        if (named && named->kind == vault::ItemId::Kind::task && holds_task(one, named->id)) add_once(found, Target{one.item, named->id});
        for (const vault::ManifestTask& task : one.tasks) {
            if (!named && task.name == item) add_once(found, Target{one.item, task.id});
        }
    }
    return found;
}

Failure too_many(const std::vector<Snapshot>& snapshots, const std::string& item) {
    Failure failure = fail(Errc::bad_request, "choose", item.empty() ? "item" : one_line(item),
                           item.empty() ? "there are several items: " + all_items(snapshots) : "several items have this name");
    failure.hint = "name one: --item " + selector_of(snapshots.front().item);
    return failure;
}

Failure not_restorable(const std::vector<Snapshot>& snapshots, const Snapshot& wanted) {
    Failure failure = fail(Errc::unsupported, "restore", wanted.id, wanted.reason);
    for (const Snapshot& one : snapshots) {
        const bool before = one.item == wanted.item && one.restorable && one.time <= wanted.time;
        if (before) failure.hint = "the newest before it that can be given back: --snapshot " + one.id;
    }
    return failure;
}

Result<std::size_t> newest(const std::vector<Snapshot>& snapshots, const Target& target, const Wish& wish) {
    std::optional<std::size_t> found;
    const Snapshot* oldest = nullptr;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        const Snapshot& one = snapshots[i];
        if (one.item != target.item || (target.task && !holds_task(one, *target.task))) continue;
        if (oldest == nullptr) oldest = &one;
        if (!wish.at || one.time <= *wish.at) found = i;
    }
    if (found) return *found;
    return fail(Errc::not_found, "restore", selector_of(target.item),
                "there is no version of " + rfc3339_seconds(wish.at.value_or(Instant())) + " or before; the oldest is " + oldest->id);
}

}  // namespace

Result<std::size_t> find_snapshot(const std::vector<Snapshot>& snapshots, const std::string& id, const std::string& job) {
    std::vector<std::size_t> found;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        ids.push_back(snapshots[i].id);
        if (snapshots[i].id == id && (job.empty() || snapshots[i].job == job)) found.push_back(i);
    }
    if (found.size() == 1) return found.front();
    Failure failure = fail(Errc::not_found, "find snapshot", one_line(id), "there is no such snapshot");
    failure.hint = "autobackupctl snapshots lists them";
    if (const auto near = nearest(id, ids)) failure.hint = "did you mean " + *near + "?";
    if (!found.empty()) {
        failure.code = Errc::bad_request;
        failure.message = "several jobs have a snapshot of this name";
        failure.hint = "name the job: --job " + snapshots[found.front()].job;
    }
    return failure;
}

Result<Picked> pick(const std::vector<Snapshot>& snapshots, const Wish& wish) {
    if (snapshots.empty()) return fail(Errc::not_found, "restore", wish.item.empty() ? "item" : one_line(wish.item), "there are no snapshots");
    Picked picked;
    if (!wish.snapshot.empty()) {
        const Result<std::size_t> index = find_snapshot(snapshots, wish.snapshot, {});
        if (!index) return index.error();
        picked.index = *index;
        const Snapshot& one = snapshots[*index];
        const std::optional<vault::ItemId> named = item_of_selector(wish.item);
        if (named && one.item != *named) {
            if (named->kind != vault::ItemId::Kind::task || !holds_task(one, named->id))
                return fail(Errc::not_found, "restore", one.id, "it does not hold " + one_line(wish.item));
            picked.task = named->id;
        }
    } else {
        const std::vector<Target> targets = targets_of(snapshots, wish.item);
        if (targets.size() > 1) return too_many(snapshots, wish.item);
        if (targets.empty()) return fail(Errc::not_found, "choose", one_line(wish.item), "there is no such item; there are " + all_items(snapshots));
        const Result<std::size_t> index = newest(snapshots, targets.front(), wish);
        if (!index) return index.error();
        picked.index = *index;
        picked.task = targets.front().task;
    }
    if (!snapshots[picked.index].restorable) return not_restorable(snapshots, snapshots[picked.index]);
    return picked;
}

}  // namespace autobackup::restore
