// SPDX-License-Identifier: MIT
// Builds small ZIP files byte by byte, good ones and bad ones.
#pragma once

#include <libdeflate.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace autobackup::test {

inline std::string le(std::uint64_t value, std::size_t bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
    return out;
}

inline void patch(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t width) {
    bytes.replace(at, width, le(value, width));
}

inline std::uint64_t number_at(const std::string& bytes, std::size_t at, std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
    return value;
}

inline std::string deflate(const std::string& text) {
    libdeflate_compressor* const compressor = libdeflate_alloc_compressor(6);
    std::string out(libdeflate_deflate_compress_bound(compressor, text.size()), '\0');
    out.resize(libdeflate_deflate_compress(compressor, text.data(), text.size(), out.data(), out.size()));
    libdeflate_free_compressor(compressor);
    return out;
}

struct ZipMember {
    std::string name{};
    std::string content{};
    bool deflated = false;
    std::uint16_t flags = 0;
    std::uint32_t attributes = 0x81a40000;
    int descriptor = 0;  ///< its length: 0 none, 12, 16, 20, 24; sets flag 8
    bool zip64 = false;  ///< saturated fields and zip64 extra fields, whatever the sizes
    std::string local_extra{}, central_extra{}, comment{};
};

/// A whole file, and where its parts lie.
struct BuiltZip {
    std::string bytes;
    std::vector<std::size_t> local, data, central;
    std::size_t directory = 0, end = 0;
};

inline std::string descriptor_of(const ZipMember& member, std::uint32_t crc, std::size_t compressed) {
    const std::size_t width = member.descriptor >= 20 ? 8 : 4;
    const std::string signature = member.descriptor % 8 == 0 ? le(0x08074b50, 4) : std::string();
    return signature + le(crc, 4) + le(compressed, width) + le(member.content.size(), width);
}

/// `zip64_end` adds the zip64 records and saturates the end record.
inline BuiltZip build_zip(const std::vector<ZipMember>& members, const std::string& comment = {},
                          bool zip64_end = false) {
    BuiltZip zip;
    std::string directory;
    for (const ZipMember& member : members) {
        const std::string data = member.deflated ? deflate(member.content) : member.content;
        const std::uint32_t crc = libdeflate_crc32(0, member.content.data(), member.content.size());
        const std::uint16_t flags = member.flags | static_cast<std::uint16_t>(member.descriptor != 0 ? 8 : 0);
        const std::string common =
            le(flags, 2) + le(member.deflated ? 8 : 0, 2) + le(0x5a6b, 2) + le(0x5b75, 2);
        const std::size_t offset = zip.bytes.size();
        const bool hidden = member.descriptor != 0;
        const std::string both = le(hidden ? 0 : member.content.size(), 8) + le(hidden ? 0 : data.size(), 8);
        const std::string local_extra =
            (member.zip64 ? le(1, 2) + le(16, 2) + both : std::string()) + member.local_extra;
        const std::uint64_t saturated = 0xFFFFFFFF;
        zip.local.push_back(offset);
        zip.bytes += le(0x04034b50, 4) + le(member.zip64 ? 45 : 20, 2) + common + le(hidden ? 0 : crc, 4) +
                     le(member.zip64 ? saturated
                        : hidden     ? 0
                                     : data.size(),
                        4) +
                     le(member.zip64 ? saturated
                        : hidden     ? 0
                                     : member.content.size(),
                        4) +
                     le(member.name.size(), 2) + le(local_extra.size(), 2) + member.name + local_extra;
        zip.data.push_back(zip.bytes.size());
        zip.bytes += data + (hidden ? descriptor_of(member, crc, data.size()) : std::string());
        const std::string central_extra =
            (member.zip64
                 ? le(1, 2) + le(24, 2) + le(member.content.size(), 8) + le(data.size(), 8) + le(offset, 8)
                 : std::string()) +
            member.central_extra;
        zip.central.push_back(directory.size());
        directory += le(0x02014b50, 4) + le(20, 1) + le(3, 1) + le(member.zip64 ? 45 : 20, 2) + common +
                     le(crc, 4) + le(member.zip64 ? saturated : data.size(), 4) +
                     le(member.zip64 ? saturated : member.content.size(), 4) + le(member.name.size(), 2) +
                     le(central_extra.size(), 2) + le(member.comment.size(), 2) + le(0, 4) +
                     le(member.attributes, 4) + le(member.zip64 ? saturated : offset, 4) + member.name +
                     central_extra + member.comment;
    }
    zip.directory = zip.bytes.size();
    for (std::size_t& at : zip.central) at += zip.directory;
    zip.bytes += directory;
    const std::size_t behind = zip.bytes.size();
    if (zip64_end) {
        zip.bytes += le(0x06064b50, 4) + le(44, 8) + le(45, 2) + le(45, 2) + le(0, 8) +
                     le(members.size(), 8) + le(members.size(), 8) + le(directory.size(), 8) +
                     le(zip.directory, 8);
        zip.bytes += le(0x07064b50, 4) + le(0, 4) + le(behind, 8) + le(1, 4);
    }
    zip.end = zip.bytes.size();
    const std::uint64_t count = zip64_end ? 0xFFFF : members.size();
    zip.bytes += le(0x06054b50, 4) + le(0, 4) + le(count, 2) + le(count, 2) +
                 le(zip64_end ? 0xFFFFFFFF : directory.size(), 4) +
                 le(zip64_end ? 0xFFFFFFFF : zip.directory, 4) + le(comment.size(), 2) + comment;
    return zip;
}

/// A new file in place of what was there (writing over a truncated one would make the file system flush it
/// each time).
inline std::filesystem::path write_bytes(const std::filesystem::path& path, const std::string& bytes) {
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
}

inline std::string read_bytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace autobackup::test
