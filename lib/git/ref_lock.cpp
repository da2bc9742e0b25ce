// SPDX-License-Identifier: MIT
#include "lib/git/ref_lock.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <vector>

namespace autobackup::git {

namespace {

constexpr int attempts = 50;
constexpr std::chrono::milliseconds pause_between{20};
constexpr std::chrono::hours foreign_lock_age{1};

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/// Takes away the lock if it is the second name of `temporary` and that one's process is dead. While we hold
/// the dead one's flock nobody else can come to the same conclusion.
bool take_away(const fs::path& lock, const fs::path& temporary) {
    const FileDescriptor ours_now = lock_abandoned(temporary);
    struct stat lock_status {};
    struct stat temporary_status {};
    if (!ours_now.is_open() || ::fstat(ours_now.get(), &temporary_status) != 0) return false;
    if (::lstat(lock.c_str(), &lock_status) != 0 || !same_file(lock_status, temporary_status)) return false;
    remove_quietly(lock);
    remove_quietly(temporary);
    return true;
}

std::vector<fs::path> our_temporaries(const fs::path& root) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->path().filename().native().starts_with(RefLock::temporary_prefix))
            found.push_back(entry->path());
    }
    return found;
}

bool remove_stale_lock(const fs::path& root, const fs::path& lock) {
    for (const fs::path& temporary : our_temporaries(root)) {
        if (take_away(lock, temporary)) return true;
    }
    if (!is_older_than(lock, foreign_lock_age)) return false;
    remove_quietly(lock);
    return true;
}

/// Gives the file its second, exclusive name. A file system without hard links gets a rename that does not
/// replace.
int name_exclusively(LockedTemporary& temporary, const fs::path& lock) {
    if (::link(temporary.path().c_str(), lock.c_str()) == 0) return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return errno;
    if (::renameat2(AT_FDCWD, temporary.path().c_str(), AT_FDCWD, lock.c_str(), RENAME_NOREPLACE) != 0)
        return errno;
    temporary.keep();
    return 0;
}

}  // namespace

Result<RefLock> RefLock::acquire(const fs::path& root, const fs::path& file) {
    Result<LockedTemporary> temporary = LockedTemporary::create(root, temporary_prefix);
    if (!temporary) return temporary.error();
    fs::path lock = file;
    lock += ".lock";
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const Result<void> folders = make_directories_durably(file.parent_path());
        if (!folders) return folders.error();
        const int error = name_exclusively(*temporary, lock);
        if (error == 0) return RefLock(std::move(*temporary), file, std::move(lock));
        // ENOENT: the directory went away as the last ref in it was deleted.
        if (error != EEXIST && error != ENOENT) return fail_errno(error, "lock", file.string());
        if (error == EEXIST && !remove_stale_lock(root, lock)) std::this_thread::sleep_for(pause_between);
    }
    return fail(Errc::busy, "lock", file.string(), "another program holds " + lock.string());
}

RefLock::RefLock(RefLock&& other) noexcept
    : temporary_(std::move(other.temporary_)),
      file_(std::move(other.file_)),
      lock_(std::exchange(other.lock_, fs::path())) {}

RefLock::~RefLock() {
    if (!lock_.empty()) remove_quietly(lock_);
}

Result<void> RefLock::commit(std::string_view content) {
    const Result<void> written = write_all(temporary_.fd(), content, lock_);
    if (!written) return written;
    if (::fchmod(temporary_.fd(), 0640) != 0) return fail_errno(errno, "chmod", lock_.string());
    const Result<void> synced = sync_file(temporary_.fd(), lock_);
    if (!synced) return synced;
    if (::rename(lock_.c_str(), file_.c_str()) != 0)
        return fail_errno(errno, "rename", lock_.string() + " to " + file_.string());
    lock_.clear();
    return sync_directory(file_.parent_path());
}

void RefLock::remove_leftovers(const fs::path& root) {
    const std::vector<fs::path> temporaries = our_temporaries(root);
    if (temporaries.empty()) return;
    // The locks first: without its other name a lock could not be told from one of another program's.
    const auto try_lock = [&temporaries](const fs::path& file) {
        if (file.extension() != ".lock") return;
        for (const fs::path& temporary : temporaries) take_away(file, temporary);
    };
    std::error_code error;
    for (fs::directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error))
        try_lock(entry->path());
    for (fs::recursive_directory_iterator entry(root / "refs", error), end; !error && entry != end;
         entry.increment(error)) {
        try_lock(entry->path());
    }
    remove_abandoned(root, temporary_prefix, std::chrono::seconds(0));
}

Result<void> make_directories_durably(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        return S_ISDIR(status.st_mode) ? Result<void>()
                                       : fail_errno(ENOTDIR, "make directory", path.string());
    }
    const Result<void> parent = make_directories_durably(path.parent_path());
    if (!parent) return parent;
    const Result<void> made = make_directories(path);
    if (!made) return made;
    return sync_directory(path.parent_path());
}

}  // namespace autobackup::git
