// SPDX-License-Identifier: MIT
// Numbers that a download in one piece and one in parts share. Private to lib/cvat.
#pragma once

#include <cstddef>
#include <cstdint>

namespace autobackup::cvat {

/// What is handed to a worker at once, to be written and hashed: large enough that the hop costs nothing, small enough to be no matter in memory.
inline constexpr std::size_t download_piece_bytes = std::size_t{512} << 10;
/// A try that brought so much counts as progress: the failures before it are forgotten.
inline constexpr std::uint64_t progress_bytes = std::uint64_t{1} << 20;

}  // namespace autobackup::cvat
