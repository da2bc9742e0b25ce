// SPDX-License-Identifier: MIT
#include "lib/git/pack_format.hpp"

#include <algorithm>

namespace autobackup::git {

Failure damaged_file(const std::filesystem::path& file, std::string what) {
    return fail(Errc::repository_invalid, "read", file.string(), std::move(what));
}

RawDigest finish(hash::Digest& digest) {
    const std::string raw = digest.finish();
    RawDigest result{};
    std::copy_n(raw.begin(), result.size(), result.begin());
    return result;
}

std::array<std::byte, pack_header_bytes> pack_header(std::uint32_t objects) noexcept {
    unsigned char raw[pack_header_bytes] = {'P', 'A', 'C', 'K', 0, 0, 0, 2};
    put32(raw + 8, objects);
    std::array<std::byte, pack_header_bytes> header{};
    std::memcpy(header.data(), raw, sizeof raw);
    return header;
}

std::optional<std::uint32_t> parse_pack_header(std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < pack_header_bytes || std::memcmp(bytes.data(), "PACK", 4) != 0) return std::nullopt;
    const auto* raw = reinterpret_cast<const unsigned char*>(bytes.data());
    const std::uint32_t version = get32(raw + 4);
    if (version != 2 && version != 3) return std::nullopt;
    return get32(raw + 8);
}

std::size_t encode_entry_head(unsigned type, std::uint64_t size,
                              std::span<std::byte, longest_entry_head> out) noexcept {
    // The first byte holds the type and four bits of the size, the others seven bits each, lowest first.
    std::size_t length = 0;
    unsigned byte = type << 4 | static_cast<unsigned>(size & 15);
    size >>= 4;
    while (size != 0) {
        out[length++] = static_cast<std::byte>(byte | 0x80);
        byte = static_cast<unsigned>(size & 0x7f);
        size >>= 7;
    }
    out[length++] = static_cast<std::byte>(byte);
    return length;
}

std::optional<EntryHead> decode_entry_head(std::span<const std::byte> bytes) noexcept {
    if (bytes.empty()) return std::nullopt;
    EntryHead head;
    unsigned byte = std::to_integer<unsigned>(bytes[0]);
    head.type = byte >> 4 & 7;
    head.size = byte & 15;
    head.length = 1;
    unsigned shift = 4;
    while ((byte & 0x80) != 0) {
        if (head.length == bytes.size() || shift > 60) return std::nullopt;
        byte = std::to_integer<unsigned>(bytes[head.length++]);
        head.size |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        shift += 7;
    }
    if (head.type == 0 || head.type == 5) return std::nullopt;
    return head;
}

std::optional<BaseDistance> decode_base_distance(std::span<const std::byte> bytes) noexcept {
    BaseDistance base;
    for (;;) {
        if (base.length == bytes.size() || base.length == 9) return std::nullopt;
        const unsigned byte = std::to_integer<unsigned>(bytes[base.length++]);
        base.distance |= byte & 0x7f;
        if ((byte & 0x80) == 0) return base;
        // Each further byte counts from one on, so that no distance has two spellings.
        base.distance = (base.distance + 1) << 7;
    }
}

}  // namespace autobackup::git
