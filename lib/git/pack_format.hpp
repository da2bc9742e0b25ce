// SPDX-License-Identifier: MIT
// Numbers and headers of gitformat-pack(5): pack files of version 2, index files of version 2. Private to
// lib/git.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "lib/core/failure.hpp"
#include "lib/git/oid.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::git {

inline constexpr std::size_t pack_header_bytes = 12;   ///< "PACK", version, number of objects
/// Packs are written and copied in pieces of this size.
inline constexpr std::size_t piece_bytes = std::size_t{1} << 20;
inline constexpr std::size_t digest_bytes = 20;        ///< SHA-1 at the end of packs and indexes
inline constexpr std::size_t longest_entry_head = 16;  ///< type and 64-bit size take at most 10
inline constexpr unsigned pack_mode = 0640;            ///< as every file under `storage`
inline constexpr unsigned offset_delta = 6;            ///< entry types besides those of ObjectType
inline constexpr unsigned reference_delta = 7;

using RawDigest = std::array<unsigned char, digest_bytes>;
/// The SHA-1 of what `digest` was given; it begins anew.
RawDigest finish(hash::Digest& digest);
/// repository_invalid: `file`, a pack, an index or a bundle, does not hold what it must.
Failure damaged_file(const std::filesystem::path& file, std::string what);

constexpr void put32(unsigned char* at, std::uint32_t value) noexcept {
    for (int i = 0; i < 4; ++i) at[i] = static_cast<unsigned char>(value >> (24 - 8 * i));
}
constexpr std::uint32_t get32(const unsigned char* at) noexcept {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | at[i];
    return value;
}
constexpr std::uint64_t get64(const unsigned char* at) noexcept {
    return static_cast<std::uint64_t>(get32(at)) << 32 | get32(at + 4);
}

std::array<std::byte, pack_header_bytes> pack_header(std::uint32_t objects) noexcept;
/// Number of objects; nothing when these are not the first bytes of a pack of version 2 or 3.
std::optional<std::uint32_t> parse_pack_header(std::span<const std::byte> bytes) noexcept;

/// Type and inflated size in front of every entry.
struct EntryHead {
    unsigned type = 0;  ///< an ObjectType, offset_delta or reference_delta
    std::uint64_t size = 0;
    std::size_t length = 0;  ///< bytes of the head itself

    [[nodiscard]] bool is_delta() const noexcept { return type == offset_delta || type == reference_delta; }
};

/// Writes the head to `out` and returns its length.
std::size_t encode_entry_head(unsigned type, std::uint64_t size,
                              std::span<std::byte, longest_entry_head> out) noexcept;
/// Nothing when the bytes end within the head or it is not one.
std::optional<EntryHead> decode_entry_head(std::span<const std::byte> bytes) noexcept;

/// The distance back to the base of an offset_delta entry.
struct BaseDistance {
    std::uint64_t distance = 0;
    std::size_t length = 0;
};
std::optional<BaseDistance> decode_base_distance(std::span<const std::byte> bytes) noexcept;

/// Where an object lies in a pack; a row of its index.
struct IndexEntry {
    Oid oid;
    std::uint64_t offset = 0;
    std::uint32_t crc = 0;
};

}  // namespace autobackup::git
