// SPDX-License-Identifier: MIT
#include "lib/core/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace autobackup {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

int FileDescriptor::release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
}

void FileDescriptor::reset() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Result<FileDescriptor> open_file(const fs::path& path, int flags, mode_t mode) {
    for (;;) {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0) return FileDescriptor(fd);
        if (errno != EINTR) return fail_errno(errno, "open", path.string());
    }
}

Result<void> write_all(int fd, std::span<const std::byte> bytes, const fs::path& name_for_errors) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return fail_errno(errno, "write", name_for_errors.string());
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> write_all(int fd, std::string_view text, const fs::path& name_for_errors) {
    return write_all(fd, std::as_bytes(std::span(text.data(), text.size())), name_for_errors);
}

Result<void> read_exactly(int fd, std::span<std::byte> bytes, std::uint64_t offset, const fs::path& name_for_errors) {
    while (!bytes.empty()) {
        const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (got < 0) {
            if (errno == EINTR) continue;
            return fail_errno(errno, "read", name_for_errors.string());
        }
        if (got == 0) return fail(Errc::io_error, "read", name_for_errors.string(), "the file ends too early");
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return {};
}

Result<std::uint64_t> file_size(int fd, const fs::path& name_for_errors) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return fail_errno(errno, "stat", name_for_errors.string());
    return static_cast<std::uint64_t>(status.st_size);
}

Result<void> sync_file(int fd, const fs::path& name_for_errors) {
    // Never repeated after an error: the kernel has dropped the pages, and a second call would lie.
    if (::fsync(fd) != 0) return fail_errno(errno, "fsync", name_for_errors.string());
    return {};
}

Result<void> sync_directory(const fs::path& directory) {
    const Result<FileDescriptor> fd = open_file(directory, O_RDONLY | O_DIRECTORY);
    if (!fd) return fd.error();
    return sync_file(fd->get(), directory);
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
    const Result<FileDescriptor> fd = open_file(path, O_RDONLY);
    if (!fd) return fd.error();
    std::string text;
    struct stat status {};
    // Of a file in /proc the size is 0: it is a hint, no promise.
    if (::fstat(fd->get(), &status) == 0 && status.st_size > 0) text.reserve(std::min(static_cast<std::size_t>(status.st_size), limit) + 1);
    std::string piece(65'536, '\0');
    for (;;) {
        const ssize_t got = ::read(fd->get(), piece.data(), piece.size());
        if (got < 0) {
            if (errno == EINTR) continue;
            return fail_errno(errno, "read", path.string());
        }
        if (got == 0) return text;
        text.append(piece, 0, static_cast<std::size_t>(got));
        if (text.size() > limit) {
            return fail(Errc::response_too_large, "read", path.string(), "the file is longer than it may be");
        }
    }
}

namespace {

Result<void> write_and_sync(const fs::path& path, std::string_view text, mode_t mode) {
    const Result<FileDescriptor> fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!fd) return fd.error();
    if (::fchmod(fd->get(), mode) != 0) return fail_errno(errno, "chmod", path.string());
    const Result<void> written = write_all(fd->get(), text, path);
    if (!written) return written;
    return sync_file(fd->get(), path);
}

}  // namespace

Result<void> write_file_durably(const fs::path& path, std::string_view text, mode_t mode) {
    static std::atomic<unsigned> counter{0};
    fs::path temporary = path;
    temporary += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    Result<void> done = write_and_sync(temporary, text, mode);
    if (done) done = rename_durably(temporary, path);
    if (!done) remove_quietly(temporary);
    return done;
}

Result<void> rename_durably(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno(errno, "rename", from.string() + " to " + to.string());
    return sync_directory(to.has_parent_path() ? to.parent_path() : fs::path("."));
}

Result<void> make_directories(const fs::path& path, mode_t mode) {
    if (path.empty()) return {};
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) return {};
        return fail_errno(ENOTDIR, "make directory", path.string());
    }
    if (path.has_parent_path() && path.parent_path() != path) {
        const Result<void> parent = make_directories(path.parent_path(), mode);
        if (!parent) return parent;
    }
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return fail_errno(errno, "make directory", path.string());
    ::chmod(path.c_str(), mode);  // past the umask
    return {};
}

Result<std::uint64_t> free_bytes(const fs::path& path) {
    struct statvfs status {};
    if (::statvfs(path.c_str(), &status) != 0) return fail_errno(errno, "statvfs", path.string());
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

bool is_there(const fs::path& path) noexcept {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

void remove_quietly(const fs::path& path) noexcept { ::unlink(path.c_str()); }

}  // namespace autobackup
