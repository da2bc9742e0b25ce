// SPDX-License-Identifier: MIT
#include "lib/git/temporary.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <utility>

namespace autobackup::git {

namespace {

/// Whether the name still leads to the open file: between its creation and its locking a cleaner may have
/// removed it.
bool still_there(int fd, const std::string& path) {
    struct stat open_file_status {};
    struct stat named {};
    return ::fstat(fd, &open_file_status) == 0 && ::lstat(path.c_str(), &named) == 0 &&
           open_file_status.st_ino == named.st_ino && open_file_status.st_dev == named.st_dev;
}

}  // namespace

Result<void> give_to_owner_of(const fs::path& directory, int fd, const fs::path& name) {
    struct stat status {};
    const bool anothers = ::geteuid() == 0 && ::stat(directory.c_str(), &status) == 0 && status.st_uid != 0;
    if (anothers && ::fchown(fd, status.st_uid, status.st_gid) != 0)
        return fail_errno(errno, "give to the owner of " + directory.string(), name.string());
    return {};
}

Result<LockedTemporary> LockedTemporary::create(const fs::path& directory, std::string_view prefix) {
    for (int attempt = 0; attempt < 10; ++attempt) {
        std::string name = (directory / (std::string(prefix) + "XXXXXX")).string();
        FileDescriptor file(::mkostemp(name.data(), O_CLOEXEC));
        if (!file.is_open()) return fail_errno(errno, "create", name);
        // Waits for a cleaner that is just looking at the file. A file system without flock costs us only the
        // tidying up: nothing counts as abandoned there.
        while (::flock(file.get(), LOCK_EX) != 0 && errno == EINTR) continue;
        if (still_there(file.get(), name)) return LockedTemporary(std::move(file), name);
    }
    return fail(Errc::io_error, "create", (directory / std::string(prefix)).string(),
                "temporary files vanish at once");
}

Result<LockedTemporary> LockedTemporary::open(const fs::path& path) {
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.is_open()) return fail_errno(errno, "open", path.string());
    const bool locked = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
    if (!locked || !still_there(file.get(), path)) return fail(Errc::busy, "open", path.string(), "another process holds it");
    const Result<void> given = give_to_owner_of(path.parent_path(), file.get(), path);
    if (!given) return given.error();
    return LockedTemporary(std::move(file), path);
}

LockedTemporary::LockedTemporary(LockedTemporary&& other) noexcept
    : file_(std::move(other.file_)), path_(std::exchange(other.path_, fs::path())) {}

LockedTemporary::~LockedTemporary() {
    if (!path_.empty()) remove_quietly(path_);
}

Result<void> LockedTemporary::publish(const fs::path& name, mode_t mode) {
    const Result<void> given = give_to_owner_of(name.parent_path(), file_.get(), path_);
    if (!given) return given;
    if (::fchmod(file_.get(), mode) != 0) return fail_errno(errno, "chmod", path_.string());
    const Result<void> synced = sync_file(file_.get(), path_);
    if (!synced) return synced;
    if (::rename(path_.c_str(), name.c_str()) != 0)
        return fail_errno(errno, "rename", path_.string() + " to " + name.string());
    keep();
    return {};
}

FileDescriptor lock_abandoned(const fs::path& path) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file.is_open() && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) file.reset();
    return file;
}

bool is_older_than(const fs::path& path, std::chrono::seconds age) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return false;
    return status.st_mtim.tv_sec < ::time(nullptr) - age.count();
}

void remove_abandoned(const fs::path& directory, std::string_view prefix, std::chrono::seconds age) {
    std::error_code ignored;
    for (fs::directory_iterator entry(directory, ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
        const fs::path& path = entry->path();
        if (!path.filename().native().starts_with(prefix)) continue;
        const FileDescriptor held = lock_abandoned(path);
        if (!held.is_open() || (age.count() > 0 && !is_older_than(path, age))) continue;
        std::error_code not_removed;
        fs::remove_all(path, not_removed);
    }
}

}  // namespace autobackup::git
