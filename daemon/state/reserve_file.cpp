// SPDX-License-Identifier: MIT
#include "daemon/state/reserve_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "lib/core/file.hpp"

namespace autobackup::state {

fs::path reserve_file(const fs::path& storage) { return storage / "state.reserve"; }

bool keep_reserve(const fs::path& storage) noexcept {
    const fs::path path = reserve_file(storage);
    std::error_code missing;
    const std::uintmax_t there = fs::file_size(path, missing);
    if (!missing && there >= reserve_bytes) return true;
    const Result<std::uint64_t> free = free_bytes(storage);
    if (!free || *free < 2 * reserve_bytes) return false;
    const Result<FileDescriptor> file = open_file(path, O_WRONLY | O_CREAT, 0600);
    if (!file) return false;
    // A sparse file would keep nothing free.
    if (::posix_fallocate(file->get(), 0, static_cast<off_t>(reserve_bytes)) == 0) return true;
    remove_quietly(path);
    return false;
}

bool release_reserve(const fs::path& storage) noexcept { return ::unlink(reserve_file(storage).c_str()) == 0; }

}  // namespace autobackup::state
