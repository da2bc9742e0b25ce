// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace autobackup {

/// Tells the system that bytes [begin, end) of a file, and some before them, will not be read again soon: their memory is of more use for what is written
/// next, here or by others on the machine. A hint: they can still be read, and what is not on the disk yet stays. Any thread.
void release_pages(int fd, std::uint64_t begin, std::uint64_t end) noexcept;

}  // namespace autobackup
