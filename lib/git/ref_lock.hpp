// SPDX-License-Identifier: MIT
#pragma once

#include "lib/git/temporary.hpp"

namespace autobackup::git {

/// git's lock on a file of a repository: `<file>.lock`, made exclusively, holding the new content, renamed
/// over the file. Ours is a second name of a LockedTemporary, by which a lock whose process is dead is
/// recognised and taken away at once. A lock of another program counts as left behind after an hour.
class RefLock {
public:
    /// Makes missing directories on the way. Waits a second for the holder, then fails with busy.
    static Result<RefLock> acquire(const fs::path& root, const fs::path& file);
    RefLock(RefLock&& other) noexcept;
    RefLock& operator=(RefLock&&) = delete;
    ~RefLock();
    /// Writes, fsyncs, renames over the file, fsyncs its directory.
    Result<void> commit(std::string_view content);

    /// Removes the locks and temporary files of dead processes in the repository at `root`.
    static void remove_leftovers(const fs::path& root);

    /// Prefix of the temporary files' names, in the root of the repository.
    static constexpr std::string_view temporary_prefix = "autobackup_ref_";

private:
    RefLock(LockedTemporary temporary, fs::path file, fs::path lock) noexcept
        : temporary_(std::move(temporary)), file_(std::move(file)), lock_(std::move(lock)) {}
    LockedTemporary temporary_;
    fs::path file_;
    fs::path lock_;
};

/// mkdir -p with 0750, each new directory fsynced into its parent.
Result<void> make_directories_durably(const fs::path& path);

}  // namespace autobackup::git
