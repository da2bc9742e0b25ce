// SPDX-License-Identifier: MIT
// A file that comes in parts: which of its bytes are there, also for a later process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/cvat/parts_plan.hpp"
#include "lib/cvat/resume.hpp"

namespace autobackup::cvat {

/// A file (0600) that is written here and there; removed with the object unless it was kept or left. Every call blocks: on a worker, one
/// at a time.
class PartsFile {
public:
    /// `object` ("project 12 of lab") must match in a side file that is to be believed.
    PartsFile(std::filesystem::path path, std::string object) : path_(std::move(path)), object_(std::move(object)) {}
    PartsFile(const PartsFile&) = delete;
    PartsFile& operator=(const PartsFile&) = delete;
    ~PartsFile() { remove(); }

    /// Opens or creates it. What an earlier process has left of the same object is kept until begin() says what file it is of.
    Result<void> open();
    /// These are the bytes that come: goes on with what was left of the same file, or empties it, and grows it to its full length,
    /// which holes fill.
    Result<void> begin(const FileStamp& stamp);
    /// Notes the progress in the side file every SpoolFile::note_every bytes.
    Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
    /// What of the range is not there yet, in order.
    [[nodiscard]] std::vector<ByteRange> missing(ByteRange range) const;
    /// Bytes that an earlier process has left.
    [[nodiscard]] std::uint64_t left_over() const noexcept { return left_over_; }

    /// Closes it: whole, it stays without a side file.
    void keep() noexcept;
    /// For a later process: it stays with its side file, on the disk when this returns. Removed when there is nothing worth it.
    void leave() noexcept;
    /// Closes and removes it, unless it was kept or left.
    void remove() noexcept;

private:
    void add(ByteRange range);
    [[nodiscard]] ResumeNote note_now() const;

    std::filesystem::path path_;
    std::string object_;
    FileDescriptor file_;
    FileStamp stamp_;
    std::vector<ByteRange> have_;  ///< in order, apart from each other
    std::uint64_t left_over_ = 0;
    std::uint64_t since_note_ = 0;
};

}  // namespace autobackup::cvat
