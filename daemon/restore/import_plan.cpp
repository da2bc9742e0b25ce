// SPDX-License-Identifier: MIT
#include "daemon/restore/import_plan.hpp"

#include "lib/core/text.hpp"
#include "lib/cvat/family.hpp"

namespace autobackup::restore {

ImportPlan plan_import(const Parts& parts, std::uint64_t limit) {
    ImportPlan plan;
    for (const TaskPart& task : parts.tasks) {
        if (!task.unusable.empty()) {
            plan.never[task.index] = task.unusable;
        } else if (task.bytes > limit) {
            plan.never[task.index] = "its backup has " + human_bytes(task.bytes) + "; the server takes " + human_bytes(limit) + " in one upload";
        }
    }
    // What a ZIP of one task has beside its members is a few bytes more than its share in the whole: the sum below is never too small.
    std::uint64_t all = 0;
    for (const TaskPart& task : parts.tasks) all += task.bytes;
    const std::uint64_t own = parts.content.bytes > all ? parts.content.bytes - all : 0;
    std::uint64_t together = own;
    for (const TaskPart& task : parts.tasks) {
        if (plan.never.contains(task.index)) continue;
        if (together + task.bytes > limit) {
            plan.apart.insert(task.index);
        } else {
            together += task.bytes;
        }
    }
    return plan;
}

Result<void> check_versions(const std::string& backup, const std::string& server, const std::string& object) {
    const auto made = cvat::parse_version(backup);
    const auto here = cvat::parse_version(server);
    if (!made || !here || *here >= *made) return {};
    Failure failure = fail(Errc::unsupported, "restore", object, "the backup was made by CVAT " + backup + ", this server is CVAT " + server + ", which is older");
    failure.hint = "CVAT imports backups of its own version and of older ones: update the server";
    return failure;
}

std::optional<std::size_t> named_task(const std::string& reason, const std::vector<TaskPart>& tasks) {
    for (const TaskPart& task : tasks) {
        const std::string folder = "task_" + std::to_string(task.index) + "/";
        if (reason.find(folder) != std::string::npos) return task.index;
    }
    return std::nullopt;
}

}  // namespace autobackup::restore
