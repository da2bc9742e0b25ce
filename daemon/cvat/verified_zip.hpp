// SPDX-License-Identifier: MIT
// A downloaded backup that was looked at from end to end before anything is replaced. Synchronous; worker thread.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/cvat/backup_format.hpp"
#include "lib/git/oid.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::cvat_job {

/// The members of one task in a ZIP, in order, and what task.json and annotations.json say.
struct TaskMembers {
    std::size_t index = 0;              ///< task_<index>; 0 in a task's own ZIP
    std::string prefix;                 ///< "task_3/", or "" in a task's own ZIP
    std::vector<std::size_t> members;   ///< indices into archive->members()
    cvat::TaskContent content;
    std::string problem;                ///< why this task cannot be restored; "" = it can
};

struct VerifiedZip {
    std::shared_ptr<zip::Archive> archive;
    std::vector<git::Oid> oids;              ///< of every member's content as a blob
    std::vector<bool> absent;                ///< of every member: only the vault has its content; empty: the file has all
    std::vector<std::size_t> own_members;    ///< of a project: assets, guide, project.json
    std::map<std::size_t, TaskMembers> tasks;  ///< by index
    std::vector<std::string> warnings;
};

/// Structure, names, CRC-32 and meaning (contract §6.3). A problem of the whole file is a Failure (archive_invalid, content_mismatch);
/// a task of a project ZIP that is broken (no jobs, annotations missing …) is told in its `problem`; in a task's own ZIP it is a
/// Failure. `object` names it in errors. `absent` and `held`: members that are holes in the file, and the blobs that the vault has for
/// them (by name).
Result<VerifiedZip> verify_zip(const std::filesystem::path& file, cvat::Kind kind, const std::string& object, std::size_t threads,
                               std::stop_token stop, std::vector<bool> absent = {}, const std::map<std::string, git::Oid>& held = {});

}  // namespace autobackup::cvat_job
