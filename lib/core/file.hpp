// SPDX-License-Identifier: MIT
// POSIX files with checked, durable writes. Everything here blocks: call it on a worker, or for small files only.
// The rules: a file appears under its final name only when complete and fsynced; an fsync error is final for that file
// (Linux drops the dirty pages and the next fsync "succeeds"); EINTR is retried.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup {

namespace fs = std::filesystem;

/// Owns a file descriptor; closed (without fsync) when it dies.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() { reset(); }
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    int release() noexcept;
    void reset() noexcept;

private:
    int fd_ = -1;
};

/// open(2) with O_CLOEXEC added; `mode` counts with O_CREAT. Failure names the path.
Result<FileDescriptor> open_file(const fs::path& path, int flags, mode_t mode = 0640);
Result<void> write_all(int fd, std::span<const std::byte> bytes, const fs::path& name_for_errors);
Result<void> write_all(int fd, std::string_view text, const fs::path& name_for_errors);
/// Reads exactly bytes.size() bytes at `offset`; a shorter file is an io_error.
Result<void> read_exactly(int fd, std::span<std::byte> bytes, std::uint64_t offset, const fs::path& name_for_errors);
Result<std::uint64_t> file_size(int fd, const fs::path& name_for_errors);
Result<void> sync_file(int fd, const fs::path& name_for_errors);
Result<void> sync_directory(const fs::path& directory);
/// Whole file as text, at most `limit` bytes (longer: response_too_large).
Result<std::string> read_file(const fs::path& path, std::size_t limit = std::size_t{64} << 20);
/// temp file in the same directory → write → fsync → rename over `path` → fsync directory. The temp file is removed on failure.
Result<void> write_file_durably(const fs::path& path, std::string_view text, mode_t mode = 0640);
/// rename(2) + fsync of the target directory.
Result<void> rename_durably(const fs::path& from, const fs::path& to);
/// mkdir -p; new directories get `mode`; an existing one is left as it is.
Result<void> make_directories(const fs::path& path, mode_t mode = 0750);
/// Bytes that an unprivileged process may still write there (statvfs f_bavail).
Result<std::uint64_t> free_bytes(const fs::path& path);
/// Removes a file; a missing one is no error.
void remove_quietly(const fs::path& path) noexcept;
/// Whether there is such a file or directory; no when that cannot be told.
[[nodiscard]] bool is_there(const fs::path& path) noexcept;

}  // namespace autobackup
