// SPDX-License-Identifier: MIT
#include "lib/cvat/resume_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::cvat {

namespace {

std::string boot_id() {
    const Result<std::string> text = read_file("/proc/sys/kernel/random/boot_id", 256);
    return text ? std::string(trim(*text)) : std::string();
}

}  // namespace

std::filesystem::path side_file(const std::filesystem::path& file) {
    std::filesystem::path side = file;
    side += ".resume";
    return side;
}

std::optional<ResumeNote> believable_note(const std::filesystem::path& file, const std::string& object) {
    const Result<std::string> text = read_file(side_file(file), std::size_t{4} << 20);
    if (!text) return std::nullopt;
    std::optional<ResumeNote> note = parse_resume_note(*text);
    if (!note || note->object != object || note->stamp.total == 0) return std::nullopt;
    const bool this_boot = !note->boot_id.empty() && note->boot_id == boot_id();
    if (!this_boot && !note->durable) return std::nullopt;
    return note;
}

Result<void> write_note(const std::filesystem::path& file, ResumeNote note) {
    note.boot_id = boot_id();
    const std::filesystem::path side = side_file(file);
    std::filesystem::path temporary = side;
    temporary += ".new";
    Result<FileDescriptor> out = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!out) return out.error();
    const Result<void> written = write_all(out->get(), to_json(note), temporary);
    if (!written) return written;
    if (::rename(temporary.c_str(), side.c_str()) != 0) return fail_errno(errno, "rename", side.string());
    return {};
}

Result<void> write_note_durably(const std::filesystem::path& file, ResumeNote note) {
    note.boot_id = boot_id();
    note.durable = true;
    return write_file_durably(side_file(file), to_json(note), 0600);
}

Result<void> leave_note(int fd, const std::filesystem::path& file, const ResumeNote& note) {
    static_cast<void>(write_note(file, note));
    const Result<void> synced = sync_file(fd, file);
    if (!synced) return synced;
    static_cast<void>(write_note_durably(file, note));
    return {};
}

Result<void> set_length(int fd, std::uint64_t bytes, const std::filesystem::path& file) {
    while (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) {
        if (errno != EINTR) return fail_errno(errno, "truncate", file.string());
    }
    return {};
}

}  // namespace autobackup::cvat
