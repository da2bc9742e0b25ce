// SPDX-License-Identifier: MIT
#include "lib/core/page_cache.hpp"

#include <fcntl.h>

#include <algorithm>

namespace autobackup {

void release_pages(int fd, std::uint64_t begin, std::uint64_t end) noexcept {
    // Linux keeps a file in folios of up to 2 MiB and gives back only those that lie wholly within the range: the one in which the range
    // begins goes with what comes before it.
    constexpr std::uint64_t two_folios = std::uint64_t{4} << 20;
    const std::uint64_t from = begin - std::min(begin, two_folios);
    ::posix_fadvise(fd, static_cast<off_t>(from), static_cast<off_t>(end - from), POSIX_FADV_DONTNEED);
}

}  // namespace autobackup
