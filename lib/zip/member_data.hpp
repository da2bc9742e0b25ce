// SPDX-License-Identifier: MIT
// The data of one member: from the bytes in the file to uncompressed bytes whose length and CRC-32 are right.
#pragma once

#include <filesystem>

#include "lib/zip/archive.hpp"
#include "lib/zip/inflate.hpp"

namespace autobackup::zip {

/// Used for one member after the other, on one thread. Every failure is archive_invalid and names the member;
/// a Failure of `take` passes through. Nothing beyond the size that the member claims is ever handed on (a
/// bomb stops there).
class MemberData {
public:
    explicit MemberData(const std::filesystem::path& path) : path_(path) {}

    /// The whole compressed data at once.
    Result<void> all(const Member& member, Bytes compressed, const Take& take);

    /// In pieces: begin, feed until all compressed data are in, finish. `member` and `take` are borrowed
    /// until then.
    void begin(const Member& member, const Take& take);
    Result<void> feed(Bytes compressed);
    Result<void> finish();

private:
    void start(const Member& member, const Take& take);
    Result<void> hand_on(Bytes bytes);
    [[nodiscard]] Failure bad(const std::string& message) const;

    const std::filesystem::path& path_;
    Inflater inflater_;
    const Member* member_ = nullptr;
    const Take* take_ = nullptr;
    std::uint64_t size_ = 0;
    std::uint32_t crc32_ = 0;
    bool in_pieces_ = false;  ///< inflated piece by piece
};

}  // namespace autobackup::zip
