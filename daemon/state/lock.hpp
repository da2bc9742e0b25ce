// SPDX-License-Identifier: MIT
// One run of a job at a time, over all processes that share the storage.
#pragma once

#include <filesystem>
#include <string>

#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"

namespace autobackup::state {

/// An exclusive flock(2) on `<storage>/locks/<job>.lock`, held as long as the object lives. The kernel
/// releases it when the process dies, however it dies: a lock is never stale, and the file that stays behind
/// means nothing.
class JobLock {
public:
    /// Does not wait. busy: another process (or another run of this one) holds it; the message names its pid
    /// and since when.
    static Result<JobLock> acquire(const std::filesystem::path& storage, const std::string& job);
    /// The same for `<storage>/daemon.lock`: one daemon on a storage.
    static Result<JobLock> acquire_daemon(const std::filesystem::path& storage);

    JobLock(JobLock&&) noexcept = default;
    JobLock& operator=(JobLock&&) noexcept = default;

private:
    explicit JobLock(FileDescriptor fd) : fd_(std::move(fd)) {}
    static Result<JobLock> acquire_file(const std::filesystem::path& path, Failure (*busy)(const std::filesystem::path& path));
    FileDescriptor fd_;
};

}  // namespace autobackup::state
