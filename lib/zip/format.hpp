// SPDX-License-Identifier: MIT
// The fixed parts of a ZIP file (APPNOTE 6.3.10 §4.3), for the files of this folder only. All numbers are
// little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::zip {

using Bytes = std::span<const std::byte>;

inline constexpr std::uint32_t local_signature = 0x04034b50;
inline constexpr std::uint32_t central_signature = 0x02014b50;
inline constexpr std::uint32_t descriptor_signature = 0x08074b50;
inline constexpr std::uint32_t end_signature = 0x06054b50;
inline constexpr std::uint32_t zip64_end_signature = 0x06064b50;
inline constexpr std::uint32_t zip64_locator_signature = 0x07064b50;

/// So much of a member is in memory at once. Fits the second-level cache, so that the CRC reads what the kernel has just copied.
inline constexpr std::size_t piece_bytes = std::size_t{256} << 10;

inline constexpr std::size_t local_bytes = 30;
inline constexpr std::size_t central_bytes = 46;
inline constexpr std::size_t end_bytes = 22;
inline constexpr std::size_t zip64_end_bytes = 56;
inline constexpr std::size_t zip64_locator_bytes = 20;

inline constexpr std::uint16_t stored = 0;
inline constexpr std::uint16_t deflated = 8;
inline constexpr std::uint16_t flag_encrypted = 0x0001;
inline constexpr std::uint16_t flag_descriptor = 0x0008;
inline constexpr std::uint16_t flag_utf8 = 0x0800;
inline constexpr std::uint16_t extra_zip64 = 0x0001;
inline constexpr std::uint16_t extra_unicode_path = 0x7075;

/// "Look in the zip64 record instead."
inline constexpr std::uint16_t saturated16 = 0xFFFF;
inline constexpr std::uint32_t saturated32 = 0xFFFFFFFF;

template <class Number>
Number read_number(Bytes bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(Number); i-- > 0;) {
        value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
    }
    return static_cast<Number>(value);
}
inline std::uint16_t u16(Bytes bytes, std::size_t at) {
    return read_number<std::uint16_t>(bytes, at);
}
inline std::uint32_t u32(Bytes bytes, std::size_t at) {
    return read_number<std::uint32_t>(bytes, at);
}
inline std::uint64_t u64(Bytes bytes, std::size_t at) {
    return read_number<std::uint64_t>(bytes, at);
}

inline std::string_view as_text(Bytes bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// Whether a version needed to extract is one that goes with methods 0 and 8 (APPNOTE 4.4.3: 1.0, 2.0, 4.5).
inline bool known_version(std::uint16_t version) {
    return version == 10 || version == 20 || version == 45;
}

/// archive_invalid about the file as a whole.
Failure damaged(const std::filesystem::path& path, std::string message);
/// archive_invalid about one member, which is named (cut, on one line).
Failure damaged(const std::filesystem::path& path, std::string_view member, const std::string& message);

}  // namespace autobackup::zip
