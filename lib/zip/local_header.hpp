// SPDX-License-Identifier: MIT
// What stands around the data of a member: local header before it, data descriptor after it. Pure.
#pragma once

#include <string>

#include "lib/zip/archive.hpp"
#include "lib/zip/format.hpp"

namespace autobackup::zip {

/// Longest local header: fixed part, name and extra field with 16-bit lengths.
inline constexpr std::size_t max_local_header = local_bytes + 2 * 0xFFFF;

/// Compares the local header at the start of `head` with the central entry. Returns its length, or 0 with
/// `wrong` set. `head` holds the whole header unless the file ends before it does.
std::size_t check_local_header(const Member& member, Bytes head, std::string& wrong);

/// What follows the data: nothing, or with flag 8 a data descriptor in one of its four forms (with or without
/// signature, 32 or 64 bit sizes; APPNOTE 4.3.9), told apart by their lengths. Empty when it agrees with the
/// central entry.
std::string check_descriptor(const Member& member, Bytes tail);

/// Longest data descriptor.
inline constexpr std::size_t max_descriptor = 24;

}  // namespace autobackup::zip
