// SPDX-License-Identifier: MIT
// Writing stored ZIPs exactly as CVAT's server does (python zipfile, mode "w"): no directory entries, no data
// descriptors, no extra below 2 GiB, zip64 by python's rules: all limits are at 2 GiB, and the local extra
// field 0x0001 appears from 2 GiB / 1.05 on. Synchronous: call on a worker. Streams; memory grows with the
// number of members only.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"

namespace autobackup::zip {

/// Takes bytes in order (a file, stdout, a digest …).
using Output = std::function<Result<void>(std::span<const std::byte>)>;

struct NewMember {
    std::string name;
    std::uint64_t size = 0;
    std::uint32_t crc32 = 0;
    std::uint32_t dos_time = 0x00210000;  ///< 1980-01-01
    std::uint32_t external_attributes =
        0x01800000;  ///< python's default for writestr; 0x81a40000 for files of data/
};

class Writer {
public:
    explicit Writer(Output output);
    /// Begins a member whose size and CRC are known; exactly `size` bytes of data() must follow. Data with
    /// another CRC are content_mismatch, told by the next begin() or finish(); a wrong order or number of
    /// calls or bytes is `internal`.
    Result<void> begin(const NewMember& member);
    Result<void> data(std::span<const std::byte> bytes);
    /// Central directory, zip64 records where needed, end record.
    Result<void> finish();
    [[nodiscard]] std::uint64_t bytes() const noexcept { return offset_; }

private:
    struct Entry {
        NewMember member;
        std::uint64_t offset;
    };
    Result<void> put_out(std::string_view text);
    Result<void> end_member();

    Output output_;
    std::vector<Entry> entries_;
    std::uint64_t offset_ = 0;
    std::uint64_t left_ = 0;
    std::uint32_t crc_ = 0;  ///< of the data of the member so far
    bool finished_ = false;
};

/// Tells how large an archive of such members is, without writing it.
class Measure {
public:
    /// Members in the order in which they would be begun.
    void add(const NewMember& member);
    [[nodiscard]] std::uint64_t bytes() const;

private:
    std::uint64_t members_ = 0, offset_ = 0, directory_bytes_ = 0;
};

/// DOS date and time (2 s steps) of a UTC time, as ZIP headers hold it; clamped to 1980..2107.
std::uint32_t dos_time(std::int64_t unix_seconds);

/// CRC-32 (ISO 3309) by libdeflate: 9 GB/s.
std::uint32_t crc32(std::uint32_t so_far, std::span<const std::byte> bytes);

}  // namespace autobackup::zip
