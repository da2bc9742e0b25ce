// SPDX-License-Identifier: MIT
#include <libdeflate.h>

#include "lib/zip/writer.hpp"

namespace autobackup::zip {

std::uint32_t crc32(std::uint32_t so_far, std::span<const std::byte> bytes) {
    // libdeflate takes a null buffer for "give me the initial value", whatever the length.
    if (bytes.empty()) return so_far;
    return libdeflate_crc32(so_far, bytes.data(), bytes.size());
}

}  // namespace autobackup::zip
