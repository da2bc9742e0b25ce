// SPDX-License-Identifier: MIT
#include "lib/zip/local_header.hpp"

#include "lib/zip/extra.hpp"

namespace autobackup::zip {
namespace {

// CRC and sizes of a local header, its zip64 extra field taken into account.
struct Sums {
    std::uint32_t crc32 = 0;
    std::uint64_t compressed_size = 0;
    std::uint64_t size = 0;
    friend bool operator==(const Sums&, const Sums&) = default;
};

// Replaces what is saturated by the values of the extra field; a value that stands in both places must be the
// same. Python writes the field already for members that come near to 2 GiB, with the true values in the
// header too.
bool take_zip64(const Extra& extra, Sums& sums) {
    if (!extra.has_zip64) return true;
    if (extra.zip64.size() != 16) return false;
    const std::uint64_t size = u64(extra.zip64, 0);
    const std::uint64_t compressed_size = u64(extra.zip64, 8);
    if (sums.size != saturated32 && sums.size != size) return false;
    if (sums.compressed_size != saturated32 && sums.compressed_size != compressed_size) return false;
    sums.size = size;
    sums.compressed_size = compressed_size;
    return true;
}

// With flag 8 the header leaves CRC and sizes to the descriptor; Info-ZIP then still tells the size, in the
// zip64 field, when it knows it.
bool left_to_descriptor(const Sums& local, const Sums& central, bool has_zip64) {
    return local == Sums() || (has_zip64 && local == Sums{0, 0, central.size});
}

}  // namespace

std::size_t check_local_header(const Member& member, Bytes head, std::string& wrong) {
    if (head.size() < local_bytes || u32(head, 0) != local_signature) {
        wrong = "there is no local header where the central directory says";
        return 0;
    }
    const std::size_t name_bytes = u16(head, 26);
    const std::size_t extra_bytes = u16(head, 28);
    if (head.size() < local_bytes + name_bytes + extra_bytes) {
        wrong = "its local header is cut off";
        return 0;
    }
    const Extra extra = read_extra(head.subspan(local_bytes + name_bytes, extra_bytes), member.name, wrong);
    if (!wrong.empty()) return 0;
    const std::uint32_t time = std::uint32_t{u16(head, 12)} << 16 | u16(head, 10);
    Sums local{u32(head, 14), u32(head, 18), u32(head, 22)};
    const Sums central{member.crc32, member.compressed_size, member.size};
    if (as_text(head.subspan(local_bytes, name_bytes)) != member.name) {
        wrong = "its local header has another name";
    } else if (!known_version(u16(head, 4)) || u16(head, 4) > member.version_needed) {
        wrong = "its local header has another version";
    } else if (u16(head, 6) != member.flags) {
        wrong = "its local header has other flags";
    } else if (u16(head, 8) != member.method) {
        wrong = "its local header has another method";
    } else if (time != member.dos_time) {
        wrong = "its local header has another time";
    } else if (!take_zip64(extra, local)) {
        wrong = "the zip64 extra field of its local header is wrong";
    } else if (local != central && !((member.flags & flag_descriptor) != 0 &&
                                     left_to_descriptor(local, central, extra.has_zip64))) {
        wrong = "its local header has another CRC-32 or size";
    }
    return wrong.empty() ? local_bytes + name_bytes + extra_bytes : 0;
}

std::string check_descriptor(const Member& member, Bytes tail) {
    if ((member.flags & flag_descriptor) == 0) {
        return tail.empty() ? std::string() : "there are bytes between it and what comes next";
    }
    const bool wide = tail.size() == 20 || tail.size() == 24;
    if (!wide && tail.size() != 12 && tail.size() != 16) return "its data descriptor has a wrong length";
    if (tail.size() % 8 == 0) {
        if (u32(tail, 0) != descriptor_signature) return "its data descriptor has no signature";
        tail = tail.subspan(4);
    }
    const std::uint64_t compressed_size = wide ? u64(tail, 4) : u32(tail, 4);
    const std::uint64_t size = wide ? u64(tail, 12) : u32(tail, 8);
    if (u32(tail, 0) != member.crc32 || compressed_size != member.compressed_size || size != member.size) {
        return "its data descriptor has another CRC-32 or size";
    }
    return {};
}

}  // namespace autobackup::zip
