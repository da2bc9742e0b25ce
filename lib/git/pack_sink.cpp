// SPDX-License-Identifier: MIT
#include "lib/git/pack_sink.hpp"

#include <fcntl.h>

#include <algorithm>

namespace autobackup::git {

namespace {

constexpr std::size_t pieces = 4;
constexpr std::uint64_t flush_bytes = std::uint64_t{16} << 20;

}  // namespace

PackSink::PackSink(int fd, fs::path name, PackTap* tap, std::uint64_t from)
    : fd_(fd),
      name_(std::move(name)),
      tap_(tap),
      with_digest_(from == 0),
      offset_(from),
      digest_(hash::Algorithm::sha1),
      written_(from),
      flushed_(from) {
    current_.reserve(piece_bytes);
    empty_.resize(pieces - 1);
    thread_ = std::thread(&PackSink::write_pieces, this);
}

PackSink::~PackSink() {
    stop();
}

void PackSink::stop() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        done_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

Result<void> PackSink::put(std::span<const std::byte> bytes) {
    offset_ += bytes.size();
    while (!bytes.empty()) {
        const std::size_t take = std::min(bytes.size(), piece_bytes - current_.size());
        current_.insert(current_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
        bytes = bytes.subspan(take);
        if (current_.size() < piece_bytes) continue;
        const Result<void> handed = hand_over();
        if (!handed) return handed;
    }
    return {};
}

Result<void> PackSink::hand_over() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !empty_.empty() || failure_.has_value(); });
    if (failure_) return *failure_;
    full_.push_back(std::move(current_));
    current_ = std::move(empty_.back());
    empty_.pop_back();
    lock.unlock();
    changed_.notify_all();
    current_.clear();
    current_.reserve(piece_bytes);
    return {};
}

Result<void> PackSink::flush() {
    const Result<void> handed = hand_over();
    if (!handed) return handed;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failure_.has_value() || (full_.empty() && !writing_); });
    if (failure_) return *failure_;
    return {};
}

Result<RawDigest> PackSink::finish() {
    const Result<void> handed = hand_over();
    if (!handed) return handed.error();
    stop();
    if (failure_) return *failure_;
    const RawDigest digest = git::finish(digest_);
    const Result<void> written = write_all(fd_, std::as_bytes(std::span(digest)), name_);
    if (!written) return written.error();
    offset_ += digest.size();
    if (tap_ != nullptr) tap_->complete(offset_);
    return digest;
}

void PackSink::write_pieces() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return done_ || !full_.empty(); });
        if (full_.empty() || failure_) return;
        Piece piece = std::move(full_.front());
        full_.pop_front();
        writing_ = true;
        lock.unlock();
        const Result<void> written = write_piece(piece);
        lock.lock();
        writing_ = false;
        if (!written) failure_ = written.error();
        empty_.push_back(std::move(piece));
        changed_.notify_all();
    }
}

Result<void> PackSink::write_piece(const Piece& piece) {
    if (with_digest_) digest_.update(std::span<const std::byte>(piece));
    const Result<void> written = write_all(fd_, std::span<const std::byte>(piece), name_);
    if (!written) return written;
    written_ += piece.size();
    if (tap_ != nullptr) tap_->written(written_);
    if (written_ - flushed_ >= flush_bytes) {
        // Only starts the transfer to the disk, so that the fsync at the end finds little left; a file system
        // that cannot do it loses nothing, and errors are told by that fsync.
        ::sync_file_range(fd_, static_cast<off64_t>(flushed_), static_cast<off64_t>(written_ - flushed_),
                          SYNC_FILE_RANGE_WRITE);
        flushed_ = written_;
    }
    return {};
}

}  // namespace autobackup::git
