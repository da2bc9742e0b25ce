// SPDX-License-Identifier: MIT
// Files under construction that tell by themselves whether their maker still lives. Private to lib/git.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "lib/core/file.hpp"

namespace autobackup::git {

/// How the names of packs and indexes under construction begin; what a dead process left of them goes when its repository is opened.
inline constexpr std::string_view new_pack_prefix = "tmp_pack_autobackup_";
inline constexpr std::string_view new_index_prefix = "tmp_idx_autobackup_";
/// Of packs that stay when their process ends, so that the next one goes on with them; nobody does so after so long.
inline constexpr std::string_view growing_prefix = "autobackup-growing-";
inline constexpr std::chrono::hours growing_age{7 * 24};

/// A new file with a unique name, which this process holds locked (flock) as long as it is open: a lock ends
/// with its process, whatever the way, so that a later one can tell a file that is being written from one
/// that was left behind. Removed when the object dies, unless keep() was called.
class LockedTemporary {
public:
    /// `directory`/`prefix`XXXXXX, readable by us alone.
    static Result<LockedTemporary> create(const fs::path& directory, std::string_view prefix);
    /// The file of this name, made when there is none; it belongs to the owner of its directory. busy: somebody holds it.
    static Result<LockedTemporary> open(const fs::path& path);
    LockedTemporary(LockedTemporary&& other) noexcept;
    LockedTemporary& operator=(LockedTemporary&&) = delete;
    ~LockedTemporary();

    [[nodiscard]] int fd() const noexcept { return file_.get(); }
    [[nodiscard]] const fs::path& path() const noexcept { return path_; }
    /// Sets the mode past the umask, fsyncs, and renames; from then on the file stays. The directory is not
    /// yet fsynced. What root publishes in a directory of another user belongs to that user, who could not
    /// read it otherwise.
    Result<void> publish(const fs::path& name, mode_t mode);
    /// The file has another name now, was taken care of, or is to stay.
    void keep() noexcept { path_.clear(); }

private:
    LockedTemporary(FileDescriptor file, fs::path path) noexcept
        : file_(std::move(file)), path_(std::move(path)) {}
    FileDescriptor file_;
    fs::path path_;
};

/// Locks a file or directory whose maker is dead; nothing open when a process holds it (or it is not there).
FileDescriptor lock_abandoned(const fs::path& path);

/// Removes files and directories of `directory` whose name begins with `prefix`, that nobody holds locked, and that were untouched for `age`
/// (zero: at once; git's own are never locked).
void remove_abandoned(const fs::path& directory, std::string_view prefix, std::chrono::seconds age);

/// What root makes in a directory of another user belongs to that user, who could not open it otherwise.
Result<void> give_to_owner_of(const fs::path& directory, int fd, const fs::path& name);

/// Whether `path` was last changed longer ago than `age` (false when it is not there).
bool is_older_than(const fs::path& path, std::chrono::seconds age);

}  // namespace autobackup::git
