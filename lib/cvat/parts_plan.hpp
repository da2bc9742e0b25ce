// SPDX-License-Identifier: MIT
// Which bytes of a backup ZIP must come when the caller holds most of its media already. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/zip/archive.hpp"

namespace autobackup::cvat {

/// What the caller could give instead of a download: members by their name in the ZIP to come.
struct HeldContent {
    struct Member {
        std::uint64_t size = 0;
        std::uint32_t crc32 = 0;
    };
    std::unordered_map<std::string, Member> members;
    std::uint64_t bytes = 0;          ///< sum of their sizes
    std::uint64_t trailing_text = 0;  ///< bytes behind the last of them in the ZIP held: what will be asked for anyway
};

struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  ///< one past the last byte
    [[nodiscard]] std::uint64_t bytes() const { return end - begin; }
};

struct PartsPlan {
    std::vector<ByteRange> ranges;  ///< still to be fetched, in file order
    std::vector<bool> absent;       ///< of every member: whether its bytes will not come
    std::uint64_t bytes = 0;        ///< sum of the ranges
};

/// A file of which less than this could be spared is not worth the requests.
inline constexpr std::uint64_t least_spared = std::uint64_t{256} << 10;

/// `members` as the central directory tells them, which begins at `directory`; everything from `have_from` (not
/// behind `directory`) on is here already. A member is spared when the caller holds one of the same name, size
/// and CRC-32 and its name is not there twice. Neighbouring ranges are joined over small gaps. nullopt: fetching the whole is as good
/// (most bytes would come anyway, or many requests would spare little), or the directory makes no sense.
std::optional<PartsPlan> plan_parts(const std::vector<zip::Member>& members, std::uint64_t directory,
                                    std::uint64_t have_from, const HeldContent& held);

/// How many bytes to ask for at the end of the file at first: end records and directory, and where they are not
/// many the bytes that have to come anyway.
std::uint64_t tail_guess(const HeldContent& held);

}  // namespace autobackup::cvat
