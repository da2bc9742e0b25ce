// SPDX-License-Identifier: MIT
#include "daemon/restore/content_parts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "lib/cvat/backup_format.hpp"

namespace autobackup::restore {
namespace {

using Members = std::vector<vault::VersionMember>;

Result<std::string> text_of(const vault::VersionMember& member) {
    std::string text;
    const git::TakeBytes take = [&](std::span<const std::byte> bytes) -> Result<void> {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    };
    const Result<void> read = member.produce(take);
    if (!read) return read.error();
    return text;
}

std::string prefix_of(std::size_t index) { return "task_" + std::to_string(index) + "/"; }

// The number in "task_12/data/a.png"; nothing for a member of the project itself.
std::optional<std::size_t> index_of(std::string_view name) {
    constexpr std::string_view head = "task_";
    if (!name.starts_with(head)) return std::nullopt;
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(name.data() + head.size(), name.data() + name.size(), index);
    if (error != std::errc() || end == name.data() + name.size() || *end != '/') return std::nullopt;
    return index;
}

// A backup of a share's task by a server of family A says so, and no server finds the media then that lie in the ZIP (family A §3).
std::string made_local(std::string text) {
    for (const std::string_view shared : {R"("storage":"share")", R"("storage": "share")"}) {
        const std::size_t at = text.find(shared);
        if (at != std::string::npos) text.replace(at, shared.size(), R"("storage":"local")");
    }
    return text;
}

void take_from_manifest(const Content& content, TaskPart& part) {
    if (!content.manifest) return;
    const bool alone = content.item.kind == vault::ItemId::Kind::task;
    if (alone) part.backup_id = content.item.id;
    for (const vault::ManifestTask& task : content.manifest->tasks) {
        const bool same = alone ? task.id == content.item.id : task.index == part.index;
        if (!same) continue;
        part.backup_id = task.id;
        cvat::AnnotationCounts counts;
        counts.shapes = task.shapes;
        counts.tags = task.tags;
        counts.tracks = task.tracks;
        part.annotations = counts;
    }
}

// Reads task.json, and makes it local.
Result<TaskPart> look_at_task(Content& content, vault::VersionMember& member, std::size_t index) {
    Result<std::string> text = text_of(member);
    if (!text) return text.error();
    const Result<cvat::TaskContent> task = cvat::read_task_json(*text);
    if (!task) return task.error();
    TaskPart part;
    part.index = index;
    part.name = task->name;
    part.jobs = static_cast<std::int64_t>(task->jobs.size());
    part.frames = task->frames;
    if (task->jobs.empty()) part.unusable = "its backup has no jobs: it was made before the server had worked its data";
    take_from_manifest(content, part);
    if (task->storage == "share") {
        member = archive::text_member(member.entry.name, made_local(std::move(*text)), member.entry.dos_time);
        content.file.clear();
    }
    return part;
}

Result<void> look_at_project(const Content& content, Parts& parts) {
    const auto member = std::find_if(content.members.begin(), content.members.end(), [](const auto& one) { return one.entry.name == "project.json"; });
    if (member == content.members.end()) return fail(Errc::archive_invalid, "read", content.id, "it has no project.json: it is no backup of a project");
    const Result<std::string> text = text_of(*member);
    if (!text) return text.error();
    const Result<cvat::ProjectContent> project = cvat::read_project_content(*text);
    if (!project) return project.error();
    parts.name = project->name;
    return {};
}

}  // namespace

Result<Parts> look_into(Content content, const std::stop_token& stop) {
    const Result<void> read = read_members(content, stop);
    if (!read) return read.error();
    Parts parts;
    const bool alone = content.item.kind == vault::ItemId::Kind::task;
    if (!alone) {
        const Result<void> project = look_at_project(content, parts);
        if (!project) return project.error();
    }
    for (vault::VersionMember& member : content.members) {
        const auto index = alone ? std::optional<std::size_t>(0) : index_of(member.entry.name);
        if (!index || member.entry.name != (alone ? "" : prefix_of(*index)) + "task.json") continue;
        Result<TaskPart> part = look_at_task(content, member, *index);
        if (!part) return part.error();
        parts.tasks.push_back(std::move(*part));
    }
    if (alone && parts.tasks.empty()) return fail(Errc::archive_invalid, "read", content.id, "it has no task.json: it is no backup of a task");
    std::sort(parts.tasks.begin(), parts.tasks.end(), [](const TaskPart& a, const TaskPart& b) { return a.index < b.index; });
    if (alone) parts.name = parts.tasks.front().name;
    std::map<std::size_t, Members> groups;
    for (const vault::VersionMember& member : content.members) {
        if (const auto index = index_of(member.entry.name); index && !alone) groups[*index].push_back(member);
    }
    for (TaskPart& part : parts.tasks) part.bytes = alone ? content.bytes : archive::zip_bytes(groups[part.index]);
    if (content.file.empty()) content.bytes = archive::zip_bytes(content.members);
    parts.content = std::move(content);
    return parts;
}

Result<Content> renamed(Content content, const std::string& name) {
    const char* const file = content.item.kind == vault::ItemId::Kind::task ? "task.json" : "project.json";
    const auto member = std::find_if(content.members.begin(), content.members.end(), [&](const auto& one) { return one.entry.name == file; });
    Result<std::string> text = std::string();
    if (member != content.members.end()) text = text_of(*member);
    if (!text) return text.error();
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(*text, error);
    if (error || !value.is_object()) return fail(Errc::archive_invalid, "read", content.id, std::string("it has no ") + file + " that can be read");
    value.get_object()["name"] = name;
    *member = archive::text_member(file, boost::json::serialize(value), member->entry.dos_time);
    content.file.clear();
    content.sha256.clear();
    content.bytes = archive::zip_bytes(content.members);
    return content;
}

Content without_tasks(const Content& project, const std::set<std::size_t>& indexes) {
    if (indexes.empty()) return project;
    Content rest = project;
    rest.file.clear();
    rest.sha256.clear();
    std::erase_if(rest.members, [&](const vault::VersionMember& member) {
        const auto index = index_of(member.entry.name);
        return index && indexes.contains(*index);
    });
    rest.bytes = archive::zip_bytes(rest.members);
    return rest;
}

Result<Content> task_alone(const Content& project, std::size_t index) {
    const std::string prefix = prefix_of(index);
    Content alone = project;
    alone.file.clear();
    alone.sha256.clear();
    alone.members.clear();
    for (const vault::VersionMember& one : project.members) {
        if (!one.entry.name.starts_with(prefix)) continue;
        vault::VersionMember member = one;
        member.entry.name.erase(0, prefix.size());
        if (member.entry.name == "annotation_guide.md") {
            Result<std::string> text = text_of(member);
            if (!text) return text.error();
            member = archive::text_member(member.entry.name, cvat::task_guide_alone(std::move(*text), index), member.entry.dos_time);
        }
        alone.members.push_back(std::move(member));
    }
    if (alone.members.empty()) return fail(Errc::no_data, "restore", "task_" + std::to_string(index), "the version holds nothing of it (it had no data)");
    alone.bytes = archive::zip_bytes(alone.members);
    return alone;
}

}  // namespace autobackup::restore
