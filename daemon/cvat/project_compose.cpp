// SPDX-License-Identifier: MIT
// The next version of a project, of what was fetched and what is kept, and whether it may follow the one that is held.
#include "daemon/cvat/details.hpp"
#include "daemon/cvat/project_backup.hpp"
#include "daemon/cvat/shrink.hpp"
#include "daemon/cvat/stale.hpp"

namespace autobackup::cvat_job {

// Nothing when nothing is held to compare with, or when it is taken as meant.
std::optional<Failure> ProjectBackup::shrunken_before(const Extent& next) const {
    if (!held_ || !held_->manifest || context_.options.accept_shrink) return std::nullopt;
    return shrunken(extent_of(*held_->manifest), next, context_.job.shrink_limit, object_name(context_, project_object(id_.id)));
}

// What the listing promises: a task whose data is there, or a copy of one whose data is being processed.
Extent ProjectBackup::expected_extent() const {
    Extent extent;
    for (const cvat::Task& one : view_.tasks) {
        const auto copy = copies_.find(one.id);
        const bool ready = one.data == cvat::DataState::ready;
        if (!ready && copy == copies_.end()) continue;
        ++extent.tasks;
        extent.frames += ready ? one.size : copy->second.frames;
    }
    return extent;
}

// Index → copy for every task that has one, as the server numbers them; counts and warnings for the rest.
std::map<std::size_t, TaskCopy> ProjectBackup::arrange() {
    std::map<std::size_t, TaskCopy> arranged;
    model::TaskCounts counts;
    counts.total = static_cast<std::int64_t>(view_.tasks.size());
    for (std::size_t index = 0; index < view_.tasks.size(); ++index) {
        const cvat::Task& one = view_.tasks[index];
        const std::string words = "task " + std::to_string(one.id);
        const auto copy = copies_.find(one.id);
        const bool failed = failed_.contains(one.id);
        if (one.data == cvat::DataState::pending_or_failed) {
            standing_.push_back(words + " is skipped: its data is still being processed or failed on the server");
            item_.warnings.push_back(standing_.back());
        }
        if (failed) {
            ++counts.failed;
            item_.warnings.push_back(words + (copy == copies_.end() ? " could not be saved; no earlier copy of it is held"
                                                                     : " could not be saved; its last good copy is kept"));
        } else if (fetched_.contains(one.id)) {
            ++counts.exported;
        } else if (one.data == cvat::DataState::ready) {
            ++counts.kept;
        } else {
            ++counts.skipped;
        }
        if (copy == copies_.end()) continue;
        // The members go along: there may be a hundred thousand of them, and nobody asks for them here any more.
        std::vector<vault::VersionMember> members = std::move(copy->second.members);
        TaskCopy& placed = arranged[index] = copy->second;
        placed.members = std::move(members);
        if (failed) placed.kept_from_earlier = true;
    }
    item_.tasks = counts;
    return arranged;
}

Awaitable<Result<vault::Version>> ProjectBackup::compose() {
    const Result<ProjectPart> part = co_await project_part();
    if (!part) co_return part.error();
    note_label_differences(*part);
    auto arranged = std::make_shared<std::map<std::size_t, TaskCopy>>(arrange());
    vault::Version version;
    for (const auto& [index, copy] : *arranged) version.manifest.tasks.push_back(manifest_task(index, copy));
    if (const std::optional<Failure> less = shrunken_before(extent_of(version.manifest))) co_return *less;
    auto assemble = [arranged, &part](git::Repository& repository) {
        const auto read_kept = [&repository](const git::Oid& oid) { return repository.read_blob(oid); };
        return put_together(*part, std::move(*arranged), read_kept);
    };
    Result<std::vector<vault::VersionMember>> members = co_await context_.vault.with(std::move(assemble));
    if (!members) co_return members.error();
    version.members = std::move(*members);
    version.time = now();
    version.manifest.item = id_;
    version.manifest.name = view_.project.name;
    version.manifest.created_at = rfc3339_seconds(version.time);
    version.manifest.server = context_.client.settings().name;
    version.manifest.server_version = context_.client.about().version;
    version.manifest.updated_date = rfc3339(view_.project.updated_date);
    version.manifest.print = view_.print.own;
    version.manifest.verified_level = "checksum";
    version.manifest.verified_at = version.manifest.created_at;
    // A side file alone is no success of a project whose every export failed.
    if (todo_.empty() || !fetched_.empty()) version.details = side_file(context_, view_, workspace_);
    version.drop_details = !context_.source.details;
    sign(context_, version);
    co_return version;
}

}  // namespace autobackup::cvat_job
