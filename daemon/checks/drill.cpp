// SPDX-License-Identifier: MIT
#include "daemon/checks/drill.hpp"

#include <algorithm>
#include <chrono>

#include "daemon/checks/room.hpp"
#include "daemon/checks/scratch.hpp"
#include "daemon/cvat/verified_zip.hpp"
#include "daemon/restore/catalogue.hpp"
#include "daemon/restore/give_back.hpp"
#include "daemon/restore/places.hpp"
#include "daemon/restore/verify.hpp"
#include "daemon/vault/version.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;
using restore::Prefer;

constexpr std::size_t threads = 2;

Failure differs(const restore::Snapshot& snapshot, std::string message) {
    return fail(Errc::content_mismatch, "compare", snapshot.id, std::move(message));
}

std::string counts_words(std::int64_t jobs, std::int64_t frames, std::int64_t shapes, std::int64_t tags, std::int64_t tracks) {
    return std::to_string(jobs) + " jobs, " + std::to_string(frames) + " frames, " + std::to_string(shapes) + " shapes, " + std::to_string(tags) + " tags, " +
           std::to_string(tracks) + " tracks";
}

// Of each task what its files say, against what was written down when it was fetched.
Result<void> compare_tasks(const restore::Snapshot& snapshot, const vault::Manifest& manifest, const cvat_job::VerifiedZip& zip) {
    if (zip.tasks.size() != manifest.tasks.size()) {
        return differs(snapshot, "it holds " + std::to_string(zip.tasks.size()) + " tasks, the manifest lists " + std::to_string(manifest.tasks.size()));
    }
    for (const vault::ManifestTask& task : manifest.tasks) {
        const auto found = zip.tasks.find(task.index);
        const std::string which = "task " + std::to_string(task.id) + " \"" + one_line(task.name) + "\" ";
        if (found == zip.tasks.end()) return differs(snapshot, which + "is not in it");
        if (!found->second.problem.empty()) return differs(snapshot, which + "cannot be restored: " + found->second.problem);
        const cvat::TaskContent& content = found->second.content;
        const auto jobs = static_cast<std::int64_t>(content.jobs.size());
        const std::string holds = counts_words(jobs, content.frames, content.shapes, content.tags, content.tracks);
        const std::string listed = counts_words(task.jobs, task.frames, task.shapes, task.tags, task.tracks);
        if (holds != listed) return differs(snapshot, which + "has " + holds + "; the manifest says " + listed);
    }
    return {};
}

// With its members; nothing when no manifest describes this copy.
Result<std::optional<vault::Manifest>> manifest_of(const restore::Place& place, const restore::Snapshot& snapshot, Prefer copy) {
    if (copy == Prefer::archive) {
        const fs::path file = snapshot.dated->beside(".json");
        const Result<std::string> text = read_file(file, std::size_t{1} << 30);
        if (!text) return text.error();
        Result<vault::Manifest> manifest = vault::parse_manifest(*text, file.string());
        if (!manifest) return manifest.error();
        return std::optional(std::move(*manifest));
    }
    const Result<git::Repository> repository = git::Repository::open_any(place.vault);
    if (!repository) return repository.error();
    Result<std::optional<vault::Held>> held = vault::read_held(*repository, snapshot.in_vault->commit, snapshot.item);
    if (!held) return held.error();
    if (!*held || !(*held)->manifest || !(*held)->as_written) return std::optional<vault::Manifest>();
    return std::move((*held)->manifest);
}

Result<void> compare(const restore::Place& place, const restore::Snapshot& snapshot, Prefer copy, const fs::path& file, const std::stop_token& stop,
                     model::Item& item) {
    const cvat::Kind kind = snapshot.item.kind == vault::ItemId::Kind::task ? cvat::Kind::task : cvat::Kind::project;
    const Result<cvat_job::VerifiedZip> zip = cvat_job::verify_zip(file, kind, snapshot.id, threads, stop);
    if (!zip) return zip.error();
    const Result<std::optional<vault::Manifest>> manifest = manifest_of(place, snapshot, copy);
    if (!manifest) return manifest.error();
    if (!*manifest) {
        item.warnings.push_back("no manifest describes " + snapshot.id + ": the ZIP was proved by its own checksums alone");
        return {};
    }
    const std::vector<std::string> problems = restore::compare_members(**manifest, zip->archive->members());
    if (!problems.empty()) return differs(snapshot, problems.front());
    return compare_tasks(snapshot, **manifest, *zip);
}

Result<void> look_for_room(const DrillOrder& order, const fs::path& scratch, const restore::Snapshot& snapshot) {
    return need_room(scratch, snapshot.bytes, order.config.limits.reserve, "restore", snapshot.id);
}

template <class Step>
bool stage(model::Item& item, const char* name, const char* copy, Step step) {
    const auto begin = std::chrono::steady_clock::now();
    model::Stage stage;
    stage.stage = name;
    stage.target = copy;
    const Result<void> done = step(stage);
    stage.duration_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!done) {
        stage.outcome = model::StageOutcome::failed;
        stage.error = done.error();
    }
    item.stages.push_back(std::move(stage));
    return done.has_value();
}

bool drill_copy(const DrillOrder& order, const restore::Place& place, const restore::Snapshot& snapshot, Prefer copy, const fs::path& scratch,
                model::Item& item) {
    const char* const word = copy == Prefer::vault ? "vault" : "archive";
    order.progress.phase(std::string("restoring from the ") + word);
    const fs::path file = scratch / "restored.zip";
    const restore::Request request{place, snapshot, std::nullopt, copy, order.stop};
    const bool restored = stage(item, "restore", word, [&](model::Stage& told) -> Result<void> {
        const Result<void> room = look_for_room(order, scratch, snapshot);
        if (!room) return room;
        const Result<restore::Given> given = restore::to_zip(request, file, true);
        if (!given) return given.error();
        told.bytes = given->bytes;
        return {};
    });
    const bool good = restored && stage(item, "compare", word, [&](model::Stage&) { return compare(place, snapshot, copy, file, order.stop, item); });
    remove_quietly(file);
    return good;
}

model::Item drill_item(const DrillOrder& order, const restore::Place& place, const restore::Snapshot& snapshot, const fs::path& scratch) {
    model::Item item = item_of(snapshot);
    order.progress.item(order.job.name, snapshot.id);
    const auto begin = std::chrono::steady_clock::now();
    std::size_t good = 0, bad = 0;
    for (const Prefer copy : {Prefer::vault, Prefer::archive}) {
        const bool there = copy == Prefer::vault ? snapshot.in_vault && snapshot.in_vault->reason.empty() : snapshot.dated && snapshot.dated->bytes;
        if (!there || order.stop.stop_requested()) continue;
        ++(drill_copy(order, place, snapshot, copy, scratch, item) ? good : bad);
    }
    if (good + bad == 0) {
        model::fail_item(item, "restore", fail(Errc::unsupported, "restore", snapshot.id, "it cannot be given back: " + snapshot.reason));
        ++bad;
    }
    item.outcome = bad == 0 ? model::ItemOutcome::unchanged : good == 0 ? model::ItemOutcome::failed : model::ItemOutcome::partial;
    item.duration_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return item;
}

}  // namespace

std::map<vault::ItemId, const restore::Snapshot*> newest_of(const std::vector<restore::Snapshot>& snapshots) {
    std::map<vault::ItemId, const restore::Snapshot*> chosen;
    for (const restore::Snapshot& one : snapshots) {
        const restore::Snapshot*& last = chosen[one.item];
        if (last == nullptr || one.restorable || !last->restorable) last = &one;
    }
    return chosen;
}

model::Item item_of(const restore::Snapshot& snapshot) {
    model::Item item;
    item.kind = snapshot.item.kind == vault::ItemId::Kind::task ? "cvat_task" : "cvat_project";
    item.id = snapshot.item.id;
    item.name = snapshot.name;
    return item;
}

Result<std::vector<model::Item>> drill(const DrillOrder& order) {
    const Result<Scratch> scratch = Scratch::make(order.config.storage, "drill", order.job.name);
    if (!scratch) return scratch.error();
    const restore::Place place = restore::place_of(order.config, order.job);
    const Result<std::vector<restore::Snapshot>> snapshots = restore::snapshots_of(place);
    if (!snapshots) return snapshots.error();
    std::vector<model::Item> items;
    for (const auto& [item, snapshot] : newest_of(*snapshots)) {
        items.push_back(drill_item(order, place, *snapshot, scratch->path()));
        if (order.stop.stop_requested()) return fail_cancelled("drill", "job " + order.job.name);
    }
    return items;
}

}  // namespace autobackup::checks
