// SPDX-License-Identifier: MIT
// Room on the disk that the end of a run is written with when there is none left.
#pragma once

#include <cstdint>
#include <filesystem>

namespace autobackup::state {

/// As large as hundreds of reports, and nothing beside a backup.
inline constexpr std::uint64_t reserve_bytes = std::uint64_t{8} << 20;

/// `<storage>/state.reserve`.
std::filesystem::path reserve_file(const std::filesystem::path& storage);

/// Makes the file (0600, its blocks allocated) where it is missing or short, as long as it would take no more than half of
/// what is free. Whether it is there now; without it a full disk costs the record of a run, never a backup. Blocks; one
/// thread of a process at a time; not fsynced, as its content means nothing.
bool keep_reserve(const std::filesystem::path& storage) noexcept;

/// Gives the room back to the file system. False when there was none to give.
bool release_reserve(const std::filesystem::path& storage) noexcept;

}  // namespace autobackup::state
