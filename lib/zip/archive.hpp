// SPDX-License-Identifier: MIT
// Reading and checking ZIP files (APPNOTE 6.3.10; stored and deflated, zip64). Synchronous: call on a worker.
// Nothing of a file is believed until check() has passed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"

namespace autobackup::zip {

struct Member {
    std::string name;          ///< bytes as in the central directory
    std::uint16_t method = 0;  ///< 0 stored, 8 deflated
    std::uint16_t flags = 0;   ///< 0x800 = UTF-8 name
    std::uint16_t version_needed = 20;
    std::uint32_t crc32 = 0;
    std::uint64_t compressed_size = 0;
    std::uint64_t size = 0;
    std::uint64_t header_offset = 0;  ///< of the local header
    std::uint64_t data_offset = 0;    ///< of the first data byte; set by check(), 0 before
    std::uint32_t dos_time = 0;       ///< date << 16 | time
    std::uint32_t external_attributes = 0;
    [[nodiscard]] bool is_directory() const { return !name.empty() && name.back() == '/'; }
};

struct Limits {
    std::uint64_t members = 5'000'000;
    std::uint64_t total_size = std::uint64_t{4} << 40;  ///< sum of uncompressed sizes
    std::uint64_t ratio = 1'100;  ///< uncompressed : compressed of one member above 1 MiB
    std::size_t name_bytes = 4'096;
};

/// Why a member name must not be used as a path, or nullopt. Refused: empty, absolute, backslash, drive
/// letter, NUL and control characters, empty/"."/".." parts, ".git" in any disguise (case, trailing
/// dots/spaces, NTFS "git~1" and ":" streams, HFS ignorable code points), invalid UTF-8 where flag 0x800 is
/// set. A part over 255 bytes is not refused (see long_part).
std::optional<std::string> unsafe_name(std::string_view name);
/// Whether a part of the path is longer than 255 bytes (cannot be checked out on common file systems).
bool long_part(std::string_view name);

/// Gets the data of one member at a time, in pieces, on one thread.
class Visitor {
public:
    virtual ~Visitor() = default;
    virtual void begin(std::size_t index, const Member& member) = 0;
    virtual void data(std::span<const std::byte> bytes) = 0;
    virtual void end() = 0;  ///< called only when size and CRC-32 were right
};

class Archive {
public:
    /// Reads end record, zip64 records and the central directory. archive_invalid says what is wrong where.
    static Result<Archive> open(const std::filesystem::path& path, Limits limits = Limits());
    /// Where the central directory begins, as the end records say: only the last 64 KiB of the file need be
    /// there.
    static Result<std::uint64_t> find_directory(const std::filesystem::path& path);

    [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }
    [[nodiscard]] std::vector<Member>& members() noexcept { return members_; }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] std::uint64_t file_bytes() const noexcept { return size_; }
    [[nodiscard]] std::uint64_t directory_offset() const noexcept { return directory_offset_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// Everything: names safe, no links (external attributes), no encryption, methods known, every local
    /// header equal to its central entry, members lie side by side from the first byte of the file to the
    /// central directory (no overlap, no gap), sizes within limits, CRC-32 of every member. Every bit of the
    /// file is checked but: the system and version in "version made by", the "text" bit of the internal
    /// attributes, permission and DOS bits of the external attributes that make no link or directory,
    /// comments, extra fields other than 0x0001 and 0x7075, and what deflate leaves open (content is the same
    /// then). The data pass is shared by `threads` threads; `make_visitor` (may be empty) is called once per
    /// thread before it starts, and each visitor is used by one thread. What a visitor throws comes out of
    /// check(). Memory: below 2 MiB a thread. Sets data_offset of every member. Duplicate names are allowed
    /// (CVAT writes them; see contract §6.1); so is no member at all. `cancelled` when `stop` was asked for.
    /// `absent` (empty, or one flag a member): members whose bytes are holes in this file, because the caller
    /// has their content from elsewhere. Of them the central entry alone is checked; their data_offset stays
    /// 0, so that they cannot be read.
    Result<void> check(std::size_t threads, const std::function<std::unique_ptr<Visitor>()>& make_visitor,
                       std::stop_token stop, const std::vector<bool>& absent = {});

    /// Uncompressed bytes of one member, in pieces of at most 256 KiB. Needs data_offset. Verifies size and
    /// CRC.
    Result<void> read(const Member& member,
                      const std::function<Result<void>(std::span<const std::byte>)>& take) const;
    /// The member's bytes, and those before, will not be read again (release_pages()).
    void release(const Member& member) const noexcept;
    /// Whole member as a string; longer than `limit` is response_too_large.
    Result<std::string> read_text(const Member& member, std::size_t limit) const;
    /// The last member of that name, or nullptr. Looks at every name: make an index for many.
    [[nodiscard]] const Member* find(std::string_view name) const;

private:
    FileDescriptor fd_;
    std::filesystem::path path_;
    std::uint64_t size_ = 0;
    std::uint64_t directory_offset_ = 0;
    Limits limits_;
    std::vector<Member> members_;
};

}  // namespace autobackup::zip
