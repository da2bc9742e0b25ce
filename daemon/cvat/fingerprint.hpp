// SPDX-License-Identifier: MIT
// What decides whether something must be fetched again (contract §3.3). Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/cvat/types.hpp"

namespace autobackup::cvat_job {

/// Short digest of everything of a task that moves when its backup would differ: id, name, updated_date, size, data state, number of
/// jobs, and of every job id, updated_date, stage and type. `jobs`: those of the task, any order.
std::string task_print(const cvat::Task& task, const std::vector<cvat::Job>& jobs);

/// Of a project without its tasks: updated_date, name, guide, bug tracker, status.
std::string project_print(const cvat::Project& project);

/// A project and all its tasks, as kept in the state (ItemState::fingerprint).
struct ItemPrint {
    std::string own;                           ///< project_print, or task_print of a task item
    std::map<std::int64_t, std::string> tasks;  ///< of a project: every task, also those without data
    friend bool operator==(const ItemPrint&, const ItemPrint&) = default;
};

std::string to_text(const ItemPrint& print);
/// An unreadable text gives an empty print: nothing is known, so everything is fetched.
ItemPrint parse_print(const std::string& text);

/// Jobs of each task, by id within.
std::map<std::int64_t, std::vector<cvat::Job>> jobs_by_task(std::vector<cvat::Job> jobs);

}  // namespace autobackup::cvat_job
