// SPDX-License-Identifier: MIT
// The side file of a partial download, "<file>.resume", which tells a later process whose bytes they are. Every call blocks: on a worker.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lib/cvat/resume.hpp"

namespace autobackup::cvat {

std::filesystem::path side_file(const std::filesystem::path& file);

/// The note beside `file`, when it is about `object` and its bytes can be believed: written in this boot, or durably.
std::optional<ResumeNote> believable_note(const std::filesystem::path& file, const std::string& object);

/// Writes the note for a killed process: not fsynced, a reboot is noticed by the boot id that is put in here.
Result<void> write_note(const std::filesystem::path& file, ResumeNote note);

/// Writes it for a process after a reboot as well: the caller has fsynced the bytes.
Result<void> write_note_durably(const std::filesystem::path& file, ResumeNote note);

/// Syncs `file` (open as `fd`) and writes its note, at once for this boot (what follows may take longer than the process has left), then
/// durably. An error of the disk: the bytes are not to be kept.
Result<void> leave_note(int fd, const std::filesystem::path& file, const ResumeNote& note);

/// ftruncate(2), also to more than there is.
Result<void> set_length(int fd, std::uint64_t bytes, const std::filesystem::path& file);

}  // namespace autobackup::cvat
