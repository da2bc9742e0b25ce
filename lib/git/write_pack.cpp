// SPDX-License-Identifier: MIT
#include "lib/git/write_pack.hpp"

#include <vector>

#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"

namespace autobackup::git {

Result<void> write_pack(PackReader& reader, int fd, const std::filesystem::path& file, const StopAsked& stop) {
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    for (;;) {
        if (stop && stop()) return fail_cancelled("write", file.string());
        const Result<std::size_t> read = reader.read(buffer);
        if (!read) return read.error();
        if (*read == 0) return {};
        const Result<void> written = write_all(fd, std::span(buffer).first(*read), file);
        if (!written) return written;
    }
}

}  // namespace autobackup::git
