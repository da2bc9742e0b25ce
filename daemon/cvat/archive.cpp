// SPDX-License-Identifier: MIT
#include "daemon/cvat/archive.hpp"

#include <algorithm>
#include <chrono>

#include "daemon/cvat/dated_zip.hpp"
#include "daemon/vault/history.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::cvat_job {
namespace {

// The value is where the vault's branch stood: the ZIP is owed if that moved for the item. "none": there was no branch yet.
std::string note_key(const vault::ItemId& item) { return "dated ZIP owed to " + item.key(); }
constexpr const char* no_branch = "none";

Awaitable<std::string> note_of(Context& context, const vault::ItemId& item) {
    auto read = [&context, key = note_key(item)] { return context.store.value(context.job.name, key); };
    const Result<std::optional<std::string>> held = co_await context.workers.run(std::move(read));
    if (held && *held) co_return **held;
    co_return std::string();
}

Awaitable<void> set_note(Context& context, const vault::ItemId& item, std::string text) {
    auto write = [&context, key = note_key(item), text = std::move(text)] { return context.store.set_value(context.job.name, key, text); };
    static_cast<void>(co_await context.workers.run(std::move(write)));
}

// The crash came after the file had its name, and before the note was taken back.
bool stands_already(const fs::path& directory, const vault::Version& version) {
    const fs::path zip = directory / (compact_utc(version.time) + ".zip");
    std::error_code ignored;
    if (!fs::exists(zip, ignored)) return false;
    const Result<std::string> text = read_file(fs::path(zip).replace_extension(".json"));
    if (!text) return false;
    const Result<vault::Manifest> manifest = vault::parse_manifest(*text, zip.string());
    return manifest && manifest->tree == version.manifest.tree;
}

// What the vault's branch holds of the item as a version, when it moved on since `note`.
Result<std::shared_ptr<vault::Version>> owed_version(const git::Repository& repository, const vault::Vault& vault, const Places& places,
                                                     const vault::ItemId& id, const std::string& note) {
    const Result<std::optional<git::Oid>> tip = repository.resolve(vault.branch_ref());
    if (!tip) return tip.error();
    if (!*tip) return nullptr;
    const Result<std::vector<vault::ItemId>> moved = vault::items_since(repository, **tip, git::Oid::parse(note));
    if (!moved) return moved.error();
    if (std::find(moved->begin(), moved->end(), id) == moved->end()) return nullptr;
    const Result<std::optional<vault::Held>> held = vault::read_held(repository, vault.branch(), id);
    if (!held) return held.error();
    if (!*held || !(*held)->manifest) return nullptr;
    auto version = std::make_shared<vault::Version>();
    version->manifest = *(*held)->manifest;
    version->manifest.commit = (*tip)->hex();
    version->time = parse_rfc3339(version->manifest.created_at).value_or(now());
    if (stands_already(places.archives() / id.key(), *version)) return nullptr;
    for (const vault::ManifestMember& member : version->manifest.members) {
        std::optional<vault::VersionMember> kept = vault::kept_member(**held, member);
        if (!kept) return fail(Errc::repository_invalid, "read", id.words(), "the vault does not hold \"" + member.name + "\"");
        version->members.push_back(std::move(*kept));
    }
    return version;
}

void add_failed_stage(model::Item& item, const Failure& failure) {
    model::Stage stage;
    stage.stage = "archive";
    stage.outcome = model::StageOutcome::failed;
    stage.error = failure;
    item.stages.push_back(std::move(stage));
}

}  // namespace

Awaitable<bool> owe_zip(Context& context, const vault::ItemId& item) {
    const std::string earlier = co_await note_of(context, item);
    if (!earlier.empty()) co_return true;
    auto read = [ref = context.vault.branch_ref()](git::Repository& repository) { return repository.resolve(ref); };
    const Result<std::optional<git::Oid>> tip = co_await context.vault.with(std::move(read));
    std::string note = no_branch;
    if (tip && *tip) note = (*tip)->hex();
    co_await set_note(context, item, std::move(note));
    co_return false;
}

Awaitable<void> settle_zip(Context& context, const vault::ItemId& item) { co_await set_note(context, item, std::string()); }

Awaitable<void> archive_version(Context& context, std::shared_ptr<vault::Version> version, model::Item& item, const FetchedZip* whole) {
    const auto begin = std::chrono::steady_clock::now();
    context.progress.phase("writing the dated ZIP of " + version->manifest.item.words());
    auto work = [&context, version, whole](git::Repository& repository) {
        return write_dated_zip(repository, context.places, *version, whole, context.job.archive->keep, context.workers.stop_token());
    };
    Result<DatedZip> written = co_await context.vault.with(std::move(work));
    if (!written) {
        add_failed_stage(item, written.error());
    } else {
        model::Stage stage;
        stage.stage = "archive";
        stage.bytes = written->file.bytes;
        item.stages.push_back(std::move(stage));
        item.archive = written->file;
        item.warnings.insert(item.warnings.end(), written->warnings.begin(), written->warnings.end());
    }
    item.stages.back().duration_s = seconds_since(begin);
    if (written) co_await settle_zip(context, version->manifest.item);
}

Awaitable<void> write_owed_zip(Context& context, model::Item& item) {
    vault::ItemId id;
    id.kind = item.kind == "cvat_task" ? vault::ItemId::Kind::task : vault::ItemId::Kind::project;
    id.id = item.id;
    if (!context.job.archive || context.options.dry_run) co_return;
    // What was tried a moment ago and failed is not tried again in this run.
    for (const model::Stage& stage : item.stages) {
        if (stage.stage == "archive") co_return;
    }
    const std::string note = co_await note_of(context, id);
    if (note.empty()) co_return;
    auto find = [&context, id, note](git::Repository& repository) { return owed_version(repository, context.vault, context.places, id, note); };
    Result<std::shared_ptr<vault::Version>> version = co_await context.vault.with(std::move(find));
    if (!version) {
        add_failed_stage(item, version.error());
        co_return;
    }
    if (*version == nullptr) {
        co_await settle_zip(context, id);
        co_return;
    }
    co_await archive_version(context, std::move(*version), item, nullptr);
    item.archive.reset();  // like its commit, it is the earlier run's: this one tells the stage
}

}  // namespace autobackup::cvat_job
