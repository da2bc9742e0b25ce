// SPDX-License-Identifier: MIT
// Bytes on their way into a pack file. Private to lib/git.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/git/pack_format.hpp"
#include "lib/git/repository.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::git {

/// Writes a file in order, 1 MiB at a time, on a second thread that also computes the SHA-1 of all of it:
/// while that thread hashes and writes one piece, the caller hashes and fills the next. Four pieces at most
/// are under way. Used by one thread; the file must outlive it.
class PackSink {
public:
    /// `tap` (may be null) hears what stands in the file, on the second thread. `from`: bytes that the file has already, and behind which
    /// it stands open for writing; of such a file no SHA-1 is computed, and its parts end with flush().
    PackSink(int fd, fs::path name, PackTap* tap, std::uint64_t from = 0);
    PackSink(const PackSink&) = delete;
    PackSink& operator=(const PackSink&) = delete;
    /// Waits for the second thread; what was not finish()ed is lost.
    ~PackSink();

    /// An error of an earlier piece (disk_full, io_error) is told here or by finish(), and again by every
    /// later call.
    Result<void> put(std::span<const std::byte> bytes);
    /// Bytes put so far, and those before them.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
    /// Returns when everything that was put stands in the file.
    Result<void> flush();
    /// Writes out what is left and then the SHA-1 of everything, which it returns. Call once.
    Result<RawDigest> finish();

private:
    using Piece = std::vector<std::byte>;
    Result<void> hand_over();
    void write_pieces();
    Result<void> write_piece(const Piece& piece);
    void stop();

    int fd_;
    fs::path name_;
    PackTap* tap_;
    bool with_digest_;
    std::uint64_t offset_;
    Piece current_;

    // Of the second thread alone, until it is joined.
    hash::Digest digest_;
    std::uint64_t written_;
    std::uint64_t flushed_;

    std::mutex mutex_;  ///< guards what follows
    std::condition_variable changed_;
    std::deque<Piece> full_;
    std::vector<Piece> empty_;
    std::optional<Failure> failure_;
    bool writing_ = false;
    bool done_ = false;
    std::thread thread_;
};

}  // namespace autobackup::git
