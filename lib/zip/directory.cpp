// SPDX-License-Identifier: MIT
// Archive::open: end record, zip64 records, central directory.
#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/core/text.hpp"
#include "lib/zip/archive.hpp"
#include "lib/zip/extra.hpp"
#include "lib/zip/format.hpp"

namespace autobackup::zip {
namespace {

constexpr std::size_t tail_piece_bytes = std::size_t{512} << 10;

// Where the central directory lies, as the end records tell.
struct End {
    std::uint64_t offset = 0;  // of the first record behind the directory
    std::uint64_t members = 0;
    std::uint64_t directory_bytes = 0;
    std::uint64_t directory_offset = 0;
};

// Takes consecutive bytes of a part of a file with few reads and one buffer.
class Cursor {
public:
    Cursor(int fd, const fs::path& path, std::uint64_t from, std::uint64_t to)
        : fd_(fd), path_(path), next_(from), end_(to) {}

    // The next `count` bytes (at most tail_piece_bytes), valid until the next call; the caller has made sure with
    // left().
    Result<Bytes> take(std::size_t count) {
        if (buffer_.size() - at_ < count) {
            buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
            at_ = 0;
            const std::size_t had = buffer_.size();
            const std::uint64_t more = std::min<std::uint64_t>(end_ - next_, tail_piece_bytes);
            buffer_.resize(had + static_cast<std::size_t>(more));
            const auto read = read_exactly(fd_, std::span(buffer_).subspan(had), next_, path_);
            if (!read) return read.error();
            next_ += more;
        }
        const Bytes taken = Bytes(buffer_).subspan(at_, count);
        at_ += count;
        return taken;
    }
    [[nodiscard]] std::uint64_t left() const noexcept { return end_ - next_ + (buffer_.size() - at_); }

private:
    int fd_;
    const fs::path& path_;
    std::uint64_t next_, end_;
    std::vector<std::byte> buffer_;
    std::size_t at_ = 0;
};

// The only end record whose comment ends with the file. Two of them would let two readers see two different
// archives.
Result<std::uint64_t> find_end(int fd, const fs::path& path, std::uint64_t size) {
    if (size < end_bytes) return damaged(path, "it is shorter than any ZIP file");
    std::vector<std::byte> tail(static_cast<std::size_t>(std::min<std::uint64_t>(size, end_bytes + 0xFFFF)));
    const auto read = read_exactly(fd, tail, size - tail.size(), path);
    if (!read) return read.error();
    std::optional<std::size_t> found;
    for (std::size_t at = 0; at + end_bytes <= tail.size(); ++at) {
        if (tail[at] != std::byte{'P'} || u32(tail, at) != end_signature) continue;
        if (u16(tail, at + 20) != tail.size() - at - end_bytes) continue;
        if (found) return damaged(path, "it has two end records");
        found = at;
    }
    if (!found) return damaged(path, "it has no end record: cut off, or not a ZIP file");
    return size - tail.size() + *found;
}

// A field of the end record: the true value, or the sign that it is in the zip64 record.
bool same_or_saturated(std::uint64_t field, std::uint64_t value, std::uint64_t saturated) {
    return field == value || field == saturated;
}

Result<End> read_zip64_end(int fd, const fs::path& path, std::uint64_t locator_offset, Bytes locator,
                           Bytes end) {
    const std::uint64_t offset = u64(locator, 8);
    if (u32(locator, 4) != 0 || u32(locator, 16) != 1) return damaged(path, "it is one part of several");
    if (locator_offset < zip64_end_bytes || offset != locator_offset - zip64_end_bytes) {
        return damaged(path, "the zip64 locator does not point to the record before it");
    }
    std::vector<std::byte> record(zip64_end_bytes);
    const auto read = read_exactly(fd, record, offset, path);
    if (!read) return read.error();
    if (u32(record, 0) != zip64_end_signature || u64(record, 4) != zip64_end_bytes - 12 ||
        u16(record, 14) != 45) {
        return damaged(path, "the zip64 end record is wrong");
    }
    if (u32(record, 16) != 0 || u32(record, 20) != 0) return damaged(path, "it is one part of several");
    const End told{offset, u64(record, 32), u64(record, 40), u64(record, 48)};
    if (u64(record, 24) != told.members)
        return damaged(path, "the zip64 end record tells two counts of members");
    if (!same_or_saturated(u16(end, 8), told.members, saturated16) ||
        !same_or_saturated(u16(end, 10), told.members, saturated16) ||
        !same_or_saturated(u32(end, 12), told.directory_bytes, saturated32) ||
        !same_or_saturated(u32(end, 16), told.directory_offset, saturated32)) {
        return damaged(path, "the end record and the zip64 end record differ");
    }
    return told;
}

Result<End> read_end(int fd, const fs::path& path, std::uint64_t end_offset) {
    // The locator, if there is one, comes right before the end record.
    const std::size_t before = end_offset >= zip64_locator_bytes ? zip64_locator_bytes : 0;
    std::vector<std::byte> both(before + end_bytes);
    const auto read = read_exactly(fd, both, end_offset - before, path);
    if (!read) return read.error();
    const Bytes end = Bytes(both).subspan(before);
    if (u16(end, 4) != 0 || u16(end, 6) != 0) return damaged(path, "it is one part of several");
    if (before != 0 && u32(both, 0) == zip64_locator_signature) {
        return read_zip64_end(fd, path, end_offset - before, Bytes(both).first(before), end);
    }
    if (u16(end, 8) != u16(end, 10)) return damaged(path, "the end record tells two counts of members");
    return End{end_offset, u16(end, 10), u32(end, 12), u32(end, 16)};
}

Result<void> check_end(const fs::path& path, const End& end, const Limits& limits) {
    if (end.directory_offset > end.offset || end.offset - end.directory_offset != end.directory_bytes) {
        return damaged(path,
                       "the central directory does not lie where the end record says (cut, or bytes before "
                       "or after it)");
    }
    if (end.members > limits.members) {
        return damaged(path, "it has " + std::to_string(end.members) + " members, more than the " +
                                 std::to_string(limits.members) + " allowed");
    }
    if (end.directory_bytes / central_bytes < end.members)
        return damaged(path, "the central directory is too short for its members");
    return {};
}

// Where the central directory lies; nothing but the end of the file is read.
Result<End> locate(int fd, const fs::path& path, const Limits& limits) {
    const auto size = file_size(fd, path);
    if (!size) return size.error();
    const auto end_offset = find_end(fd, path, *size);
    if (!end_offset) return end_offset.error();
    const auto end = read_end(fd, path, *end_offset);
    if (!end) return end.error();
    const auto plausible = check_end(path, *end, limits);
    if (!plausible) return plausible.error();
    return end;
}

// Sizes and offset of a central entry, where they are saturated, from its zip64 extra field (APPNOTE 4.5.3).
bool take_zip64(const Extra& extra, Member& member) {
    Bytes body = extra.zip64;
    for (std::uint64_t* const field : {&member.size, &member.compressed_size, &member.header_offset}) {
        if (*field != saturated32) continue;
        if (!extra.has_zip64) return false;
        if (body.size() < 8) return false;
        *field = u64(body, 0);
        body = body.subspan(8);
    }
    return body.empty();
}

Result<Member> read_entry(Cursor& cursor, const fs::path& path, const Limits& limits) {
    if (cursor.left() < central_bytes) return damaged(path, "the central directory ends within an entry");
    const auto head = cursor.take(central_bytes);
    if (!head) return head.error();
    if (u32(*head, 0) != central_signature)
        return damaged(path, "the central directory has an entry without its signature");
    Member member;
    member.version_needed = u16(*head, 6);
    member.flags = u16(*head, 8);
    member.method = u16(*head, 10);
    member.dos_time = std::uint32_t{u16(*head, 14)} << 16 | u16(*head, 12);
    member.crc32 = u32(*head, 16);
    member.compressed_size = u32(*head, 20);
    member.size = u32(*head, 24);
    const std::size_t name_bytes = u16(*head, 28);
    const std::size_t extra_bytes = u16(*head, 30);
    const std::size_t comment_bytes = u16(*head, 32);
    const bool other_disk = u16(*head, 34) != 0;
    const bool odd_internal = (u16(*head, 36) & ~1U) != 0;  // bit 0 guesses "text"; the others are reserved
    member.external_attributes = u32(*head, 38);
    member.header_offset = u32(*head, 42);
    if (cursor.left() < name_bytes + extra_bytes + comment_bytes)
        return damaged(path, "the central directory ends within an entry");
    const auto rest = cursor.take(name_bytes + extra_bytes + comment_bytes);
    if (!rest) return rest.error();
    member.name = as_text(rest->first(name_bytes));
    if (name_bytes > limits.name_bytes) return damaged(path, member.name, "its name is too long");
    if (other_disk) return damaged(path, member.name, "it is said to begin on another disk");
    if (odd_internal) return damaged(path, member.name, "its internal attributes have reserved bits set");
    std::string wrong;
    const Extra extra = read_extra(rest->subspan(name_bytes, extra_bytes), member.name, wrong);
    if (!wrong.empty()) return damaged(path, member.name, wrong);
    if (!take_zip64(extra, member))
        return damaged(path, member.name, "its zip64 extra field does not fit its entry");
    return member;
}

}  // namespace

Failure damaged(const fs::path& path, std::string message) {
    return fail(Errc::archive_invalid, "read ZIP", path.string(), std::move(message));
}

Failure damaged(const fs::path& path, std::string_view member, const std::string& message) {
    return damaged(path, "member \"" + cut_utf8(one_line(member), 200) + "\": " + message);
}

Result<std::uint64_t> Archive::find_directory(const fs::path& path) {
    const auto fd = open_file(path, O_RDONLY);
    if (!fd) return fd.error();
    const auto end = locate(fd->get(), path, Limits());
    if (!end) return end.error();
    return end->directory_offset;
}

Result<Archive> Archive::open(const fs::path& path, Limits limits) {
    auto fd = open_file(path, O_RDONLY);
    if (!fd) return fd.error();
    const auto end = locate(fd->get(), path, limits);
    if (!end) return end.error();
    const auto size = file_size(fd->get(), path);
    if (!size) return size.error();

    Archive archive;
    archive.limits_ = limits;
    archive.path_ = path;
    archive.size_ = *size;
    archive.directory_offset_ = end->directory_offset;
    archive.members_.reserve(static_cast<std::size_t>(end->members));
    Cursor cursor(fd->get(), path, end->directory_offset, end->offset);
    for (std::uint64_t i = 0; i < end->members; ++i) {
        auto member = read_entry(cursor, path, limits);
        if (!member) return member.error();
        archive.members_.push_back(std::move(*member));
    }
    if (cursor.left() != 0)
        return damaged(path, "the central directory has more entries than the end record counts");
    archive.fd_ = std::move(*fd);
    return archive;
}

}  // namespace autobackup::zip
