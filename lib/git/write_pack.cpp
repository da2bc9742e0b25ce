// SPDX-License-Identifier: MIT
#include "lib/git/write_pack.hpp"

#include <vector>

#include "lib/core/file.hpp"

namespace autobackup::git {

Result<void> write_pack(PackReader& reader, int fd, const std::filesystem::path& file, const std::function<bool()>& stop) {
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    for (;;) {
        if (stop && stop()) return fail(Errc::cancelled, "write", file.string(), "stopped by request");
        const Result<std::size_t> read = reader.read(buffer);
        if (!read) return read.error();
        if (*read == 0) return {};
        const Result<void> written = write_all(fd, std::span(buffer).first(*read), file);
        if (!written) return written;
    }
}

}  // namespace autobackup::git
