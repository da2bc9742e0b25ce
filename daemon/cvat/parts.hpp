// SPDX-License-Identifier: MIT
// The parts that a project version is put together from (contract §6.4), and the putting together. Pure but for reading kept blobs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/archive/version_zip.hpp"
#include "daemon/cvat/fetch.hpp"
#include "daemon/vault/version.hpp"

namespace autobackup::cvat_job {

/// The content of one task: fetched now, or kept from the version that the vault holds. Member names are without "task_<i>/".
struct TaskCopy : vault::ManifestTask {  // whose `index` is set when the version is put together: manifest_task()
    TaskCopy() = default;
    explicit TaskCopy(vault::ManifestTask task) : ManifestTask(std::move(task)) {}

    std::vector<vault::VersionMember> members;
    std::vector<std::string> label_names;  ///< of a fetched copy
    bool fetched = false;
    std::optional<std::size_t> guide_index;  ///< the index that its guide's links are written for; nullopt: none (a task's own ZIP)
};

/// Members of a fetched ZIP under their names without the prefix; the content is read from the spool when it is committed (of those that
/// did not come the vault has it).
std::vector<vault::VersionMember> members_of(const FetchedZip& fetched, const std::vector<std::size_t>& indices, const std::string& prefix);

TaskCopy copy_of(const FetchedZip& fetched, const TaskMembers& task, std::int64_t id);

/// The copy of a task that the vault holds; nullopt when it does not, or when its blobs are not all known.
std::optional<TaskCopy> kept_copy(const vault::Held& held, std::int64_t task_id);

/// project.json, guide and assets as members (in-memory content).
struct ProjectPart {
    std::vector<vault::VersionMember> members;
    std::vector<std::string> label_names;
};

using archive::text_member;

/// The guide of a task or project: its links say where it lies.
inline constexpr std::string_view guide_name = "annotation_guide.md";

/// The content of a member: what it produces, else what `read_kept` gives for its blob.
Result<std::string> content_of(const vault::VersionMember& member, const std::function<Result<std::string>(const git::Oid&)>& read_kept = {});

/// The same member with its content in memory. Precondition: it has `produce`.
Result<vault::VersionMember> in_memory(const vault::VersionMember& member);

/// The members of a project version in the server's order: the project's own, then task_<i>/ of every copy (index → copy). The links in
/// a task's guide are rewritten for its index; `read_kept` gives the text of a kept guide's blob.
Result<std::vector<vault::VersionMember>> put_together(const ProjectPart& project, std::map<std::size_t, TaskCopy> tasks,
                                                       const std::function<Result<std::string>(const git::Oid&)>& read_kept);

vault::ManifestTask manifest_task(std::size_t index, const TaskCopy& copy);

}  // namespace autobackup::cvat_job
