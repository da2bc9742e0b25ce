// SPDX-License-Identifier: MIT
#include "daemon/cvat/parts.hpp"

#include <algorithm>

#include "lib/cvat/backup_format.hpp"

namespace autobackup::cvat_job {
namespace {

constexpr std::string_view asset_folder = "assets/";

std::vector<std::string> asset_names(const TaskCopy& copy) {
    std::vector<std::string> names;
    for (const vault::VersionMember& member : copy.members) {
        if (member.entry.name.starts_with(asset_folder)) names.push_back(member.entry.name.substr(asset_folder.size()));
    }
    return names;
}

// In a project's ZIP the guide of task_<i> says task_<i>/assets/<file>, in the task's own ZIP assets/<file> (contract §6.4 step 3).
std::string rewritten_guide(std::string text, const TaskCopy& copy, std::size_t index) {
    if (copy.guide_index) text = cvat::task_guide_alone(std::move(text), *copy.guide_index);
    return cvat::task_guide_in_project(text, index, asset_names(copy));
}

}  // namespace

Result<std::string> content_of(const vault::VersionMember& member,
                               const std::function<Result<std::string>(const git::Oid&)>& read_kept) {
    if (!member.produce) return read_kept(member.oid);
    std::string text;
    const auto take = [&](std::span<const std::byte> bytes) -> Result<void> {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    };
    const Result<void> produced = member.produce(take);
    if (!produced) return produced.error();
    return text;
}

std::vector<vault::VersionMember> members_of(const FetchedZip& fetched, const std::vector<std::size_t>& indices, const std::string& prefix) {
    std::vector<vault::VersionMember> members;
    members.reserve(indices.size());
    for (const std::size_t i : indices) {
        const zip::Member& source = fetched.zip.archive->members()[i];
        vault::VersionMember member;
        member.entry.name = source.name.substr(prefix.size());
        member.entry.size = source.size;
        member.entry.crc32 = source.crc32;
        member.entry.dos_time = source.dos_time;
        member.oid = fetched.zip.oids[i];
        const bool absent = !fetched.zip.absent.empty() && fetched.zip.absent[i];
        if (!absent) member.produce = [archive = fetched.zip.archive, guard = fetched.spool_guard, i](const git::TakeBytes& take) {
            const Result<void> read = archive->read(archive->members()[i], take);
            archive->release(archive->members()[i]);
            return read;
        };
        members.push_back(std::move(member));
    }
    return members;
}

TaskCopy copy_of(const FetchedZip& fetched, const TaskMembers& task, std::int64_t id) {
    TaskCopy copy;
    copy.id = id;
    copy.members = members_of(fetched, task.members, task.prefix);
    copy.jobs = static_cast<std::int64_t>(task.content.jobs.size());
    copy.frames = task.content.frames;
    copy.shapes = task.content.shapes;
    copy.tags = task.content.tags;
    copy.tracks = task.content.tracks;
    copy.label_names = task.content.label_names;
    copy.fetched = true;
    if (!task.prefix.empty()) copy.guide_index = task.index;
    return copy;
}

std::optional<TaskCopy> kept_copy(const vault::Held& held, std::int64_t task_id) {
    if (!held.manifest) return std::nullopt;
    const auto& tasks = held.manifest->tasks;
    const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const vault::ManifestTask& t) { return t.id == task_id; });
    if (found == tasks.end()) return std::nullopt;
    const bool in_project = held.manifest->item.kind == vault::ItemId::Kind::project;
    const std::string prefix = in_project ? "task_" + std::to_string(found->index) + "/" : std::string();
    TaskCopy copy(*found);
    if (in_project) copy.guide_index = found->index;
    for (const vault::ManifestMember& entry : held.manifest->members) {
        if (!entry.name.starts_with(prefix)) continue;
        std::optional<vault::VersionMember> member = vault::kept_member(held, entry);
        if (!member) return std::nullopt;
        member->entry.name = entry.name.substr(prefix.size());
        copy.members.push_back(std::move(*member));
    }
    if (copy.members.empty()) return std::nullopt;
    return copy;
}

Result<vault::VersionMember> in_memory(const vault::VersionMember& member) {
    Result<std::string> text = content_of(member, {});
    if (!text) return text.error();
    return text_member(member.entry.name, std::move(*text), member.entry.dos_time);
}

Result<std::vector<vault::VersionMember>> put_together(const ProjectPart& project, std::map<std::size_t, TaskCopy> tasks,
                                                       const std::function<Result<std::string>(const git::Oid&)>& read_kept) {
    std::vector<vault::VersionMember> members = project.members;
    for (auto& [index, copy] : tasks) {
        const std::string prefix = "task_" + std::to_string(index) + "/";
        const bool guide_fits = copy.guide_index == index || asset_names(copy).empty();
        const TaskCopy names = guide_fits ? TaskCopy() : copy;  // whose assets a guide is rewritten for
        for (vault::VersionMember& source : copy.members) {
            const std::uint32_t dos_time = source.entry.dos_time;
            vault::VersionMember member = std::move(source);
            if (member.entry.name == guide_name && !guide_fits) {
                const Result<std::string> text = content_of(member, read_kept);
                if (!text) return text.error();
                member = text_member(std::string(guide_name), rewritten_guide(*text, names, index), dos_time);
            }
            member.entry.name = prefix + member.entry.name;
            members.push_back(std::move(member));
        }
        copy.members = std::vector<vault::VersionMember>();
    }
    return members;
}

vault::ManifestTask manifest_task(std::size_t index, const TaskCopy& copy) {
    vault::ManifestTask task = copy;
    task.index = index;
    return task;
}

}  // namespace autobackup::cvat_job
