// SPDX-License-Identifier: MIT
// Room on the disk for what a check or a repair makes. Private to daemon/checks. Synchronous; worker thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "lib/core/failure.hpp"

namespace autobackup::checks {

/// Whether `bytes` more have room where `place` is, or will be, without touching `reserve` (limits.reserve). Errc::reserve, of that operation and object.
Result<void> need_room(const std::filesystem::path& place, std::uint64_t bytes, std::uint64_t reserve, std::string operation, std::string object);

/// Bytes of a file; 0 when there is none.
std::uint64_t bytes_of(const std::filesystem::path& file);

/// Copies a file over `to`, and looks at `stop` in between: cancelled. Not synced.
Result<void> copy_file(const std::filesystem::path& from, const std::filesystem::path& to, const std::stop_token& stop);

}  // namespace autobackup::checks
