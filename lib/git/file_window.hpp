// SPDX-License-Identifier: MIT
// Reading a file front to back (or in jumps) through one buffer, and the zlib streams that lie in it. Private
// to lib/git.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// A piece of a file in memory. Reads with pread: a damaged disk is an error, not a SIGBUS as with mmap.
/// The descriptor is borrowed.
class FileWindow {
public:
    FileWindow(int fd, fs::path name, std::size_t capacity = std::size_t{256} << 10);
    /// What stands at `offset` and before `end`: at least one byte when offset < end; io_error when the file
    /// is shorter. Valid until the next call.
    Result<std::span<const std::byte>> at(std::uint64_t offset, std::uint64_t end);
    /// Copies what stands there, over the edges of the window: all of `bytes`, or as much as lies before
    /// `end`.
    Result<std::size_t> copy(std::uint64_t offset, std::uint64_t end, std::span<std::byte> bytes);
    [[nodiscard]] const fs::path& name() const noexcept { return name_; }

private:
    int fd_;
    fs::path name_;
    std::vector<std::byte> buffer_;
    std::uint64_t start_ = 0;
    std::size_t filled_ = 0;
    std::size_t ahead_ = 0;
};

/// Unpacks zlib streams, one after another.
class Inflater {
public:
    Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater();
    /// Unpacks the stream that begins at `offset` and ends before `end`; its content goes to `take` in
    /// pieces. Returns the offset behind the stream. `crc`, when not null, is continued over the compressed
    /// bytes. repository_invalid when the stream is damaged or not complete.
    Result<std::uint64_t> run(FileWindow& file, std::uint64_t offset, std::uint64_t end,
                              const TakeBytes& take, std::uint32_t* crc = nullptr);

private:
    struct StoredRun {
        std::uint64_t given = 0;   ///< content bytes
        std::uint64_t behind = 0;  ///< offset behind the stream; 0: not at its end
    };
    Result<StoredRun> run_stored(FileWindow& file, std::uint64_t offset, std::uint64_t end,
                                 const TakeBytes& take, std::uint32_t* crc);
    Result<std::uint64_t> run_inflate(FileWindow& file, std::uint64_t offset, std::uint64_t end,
                                      const TakeBytes& take, std::uint32_t* crc);

    z_stream stream_{};
    std::vector<std::byte> output_;
};

}  // namespace autobackup::git
