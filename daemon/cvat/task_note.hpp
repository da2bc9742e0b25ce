// SPDX-License-Identifier: MIT
// A task's copy as a text beside its contents, so that a later run can go on with it. Pure but for a guide's content.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daemon/cvat/parts.hpp"

namespace autobackup::cvat_job {

/// `stored`: the content goes among the blobs. "" when another one does not (a large file's, say), but for a guide, which the note holds.
/// Precondition: the copy came in its own ZIP.
std::string note_of(const TaskCopy& copy, const std::function<bool(const vault::VersionMember&)>& stored);

/// The copy that note_of() was given. Nothing when the text is damaged, or when a content is not there: `has` tells of each.
std::optional<TaskCopy> copy_of_note(const std::string& note, const std::function<bool(const git::Oid&)>& has);

}  // namespace autobackup::cvat_job
