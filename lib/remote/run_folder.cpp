// SPDX-License-Identifier: MIT
#include "lib/remote/run_folder.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace autobackup::remote {
namespace {

constexpr std::string_view prefix = "ssh-";

Result<FileDescriptor> open_directory(const fs::path& path) {
    return open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

// Under the lock of `parent`: nobody is between making a folder and locking it.
void sweep_locked(const fs::path& parent) {
    std::error_code error, ignored;
    for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
        if (!at->path().filename().string().starts_with(prefix)) continue;
        const Result<FileDescriptor> folder = open_directory(at->path());
        if (!folder || ::flock(folder->get(), LOCK_EX | LOCK_NB) != 0) continue;
        fs::remove_all(at->path(), ignored);
    }
}

}  // namespace

Result<RunFolder> RunFolder::make(const fs::path& parent) {
    const Result<void> made = make_directories(parent, 0700);
    if (!made) return made.error();
    const Result<FileDescriptor> door = open_directory(parent);
    if (!door) return door.error();
    struct stat status {};
    if (::fstat(door->get(), &status) != 0) return fail_errno(errno, "look at", parent.string());
    // Whoever may rename what lies here could put another file in a key's place.
    const bool shared = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (status.st_uid != ::geteuid() || shared) {
        return fail(Errc::forbidden, "use", parent.string(),
                    "a directory for keys must belong to the user that we run as, and to nobody else");
    }
    if (::flock(door->get(), LOCK_EX) != 0) return fail_errno(errno, "lock", parent.string());
    sweep_locked(parent);
    std::string name = (parent / (std::string(prefix) + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) return fail_errno(errno, "make", name);
    Result<FileDescriptor> lock = open_directory(name);
    if (!lock) return lock.error();
    if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) return fail_errno(errno, "lock", name);
    return RunFolder(std::move(name), std::move(*lock));
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::move(other.lock_)) {
    other.path_.clear();
}

RunFolder::~RunFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<fs::path> RunFolder::write(std::string_view name, std::string_view text) const {
    fs::path file = path_ / name;
    const Result<FileDescriptor> fd = open_file(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!fd) return fd.error();
    const Result<void> written = write_all(fd->get(), text, file);
    if (!written) return written.error();
    return file;
}

void sweep_run_folders(const fs::path& parent) {
    const Result<FileDescriptor> door = open_directory(parent);
    if (!door || ::flock(door->get(), LOCK_EX) != 0) return;
    sweep_locked(parent);
}

}  // namespace autobackup::remote
