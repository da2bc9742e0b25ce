// SPDX-License-Identifier: MIT
#include "lib/git/file_window.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace autobackup::git {

namespace {

constexpr std::size_t first_read = std::size_t{8} << 10;

}  // namespace

FileWindow::FileWindow(int fd, fs::path name, std::size_t capacity)
    : fd_(fd), name_(std::move(name)), buffer_(capacity) {}

Result<std::span<const std::byte>> FileWindow::at(std::uint64_t offset, std::uint64_t end) {
    const bool inside = offset >= start_ && offset < start_ + filled_;
    if (!inside) {
        // Going on where the last piece ended: read more and more ahead. After a jump: a little.
        const bool going_on = filled_ != 0 && offset == start_ + filled_;
        ahead_ = std::min(buffer_.size(), going_on ? 4 * ahead_ : first_read);
        filled_ = 0;
        start_ = offset;
        for (;;) {
            const ssize_t got = ::pread(fd_, buffer_.data(), ahead_, static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return fail_errno(errno, "read", name_.string());
            if (got == 0 && offset < end)
                return fail(Errc::io_error, "read", name_.string(), "the file ends too early");
            filled_ = static_cast<std::size_t>(got);
            break;
        }
    }
    const std::span<const std::byte> there =
        std::span<const std::byte>(buffer_).first(filled_).subspan(offset - start_);
    return there.first(static_cast<std::size_t>(std::min<std::uint64_t>(there.size(), end - offset)));
}

Result<std::size_t> FileWindow::copy(std::uint64_t offset, std::uint64_t end, std::span<std::byte> bytes) {
    std::size_t have = 0;
    while (have < bytes.size() && offset + have < end) {
        const Result<std::span<const std::byte>> piece = at(offset + have, end);
        if (!piece) return piece.error();
        const std::size_t take = std::min(piece->size(), bytes.size() - have);
        std::copy_n(piece->begin(), take, bytes.begin() + static_cast<std::ptrdiff_t>(have));
        have += take;
    }
    return have;
}

}  // namespace autobackup::git
