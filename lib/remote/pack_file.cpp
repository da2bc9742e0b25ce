// SPDX-License-Identifier: MIT
#include "lib/remote/pack_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace autobackup::remote {
namespace {

constexpr std::size_t piece = std::size_t{1} << 20;
constexpr std::size_t room_for_one_packet = std::size_t{64} << 10;

Result<FileDescriptor> open_private(const std::filesystem::path& path) {
    Result<FileDescriptor> fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    if (fd && ::fchmod(fd->get(), 0600) != 0)
        return fail_errno(errno, "chmod", path.string());  // one that was there before
    return fd;
}

}  // namespace

PackFile::~PackFile() {
    if (!keep_) remove_quietly(path_);
}

Awaitable<Result<void>> PackFile::open() {
    auto work = [this] { return open_private(path_); };
    Result<FileDescriptor> fd = co_await workers_.run(std::move(work));
    if (!fd) co_return fd.error();
    keep_ = false;
    fd_ = std::move(*fd);
    buffer_.reserve(piece + room_for_one_packet);
    co_return Result<void>();
}

bool PackFile::add(std::string_view bytes) {
    buffer_ += bytes;
    bytes_ += bytes.size();
    return buffer_.size() >= piece;
}

Awaitable<Result<void>> PackFile::write() {
    auto work = [this] { return write_all(fd_.get(), buffer_, path_); };
    Result<void> done = co_await workers_.run(std::move(work));
    buffer_.clear();
    co_return done;
}

Awaitable<Result<void>> PackFile::finish() {
    Result<void> done = co_await write();
    if (!done) co_return done;
    auto work = [this] { return sync_file(fd_.get(), path_); };
    done = co_await workers_.run(std::move(work));
    fd_.reset();
    keep_ = done.has_value();
    co_return done;
}

}  // namespace autobackup::remote
