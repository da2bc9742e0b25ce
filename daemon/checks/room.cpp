// SPDX-License-Identifier: MIT
#include "daemon/checks/room.hpp"

#include <fcntl.h>

#include <algorithm>
#include <vector>

#include "daemon/mirror/local.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

constexpr std::uint64_t piece_bytes = std::uint64_t{4} << 20;

}  // namespace

Result<void> need_room(const fs::path& place, std::uint64_t bytes, std::uint64_t reserve, std::string operation, std::string object) {
    const Result<std::uint64_t> free = free_bytes(mirror::nearest_there(place));
    if (!free) return free.error();
    if (*free >= reserve && *free - reserve >= bytes) return {};
    return fail(Errc::reserve, std::move(operation), std::move(object),
                "there is no room: " + (bytes > 0 ? "it takes " + human_bytes(bytes) + " for a while, " : std::string()) + human_bytes(*free) +
                    " are free, of which limits.reserve keeps " + human_bytes(reserve));
}

std::uint64_t bytes_of(const fs::path& file) {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(file, error);
    return error ? 0 : bytes;
}

Result<void> copy_file(const fs::path& from, const fs::path& to, const std::stop_token& stop) {
    const Result<FileDescriptor> source = open_file(from, O_RDONLY);
    if (!source) return source.error();
    const Result<std::uint64_t> size = file_size(source->get(), from);
    if (!size) return size.error();
    const Result<FileDescriptor> copy = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);
    if (!copy) return copy.error();
    std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(*size, piece_bytes)));
    for (std::uint64_t at = 0; at < *size;) {
        if (stop.stop_requested()) return fail_cancelled("copy", from.string());
        const std::span<std::byte> piece = std::span(buffer).first(static_cast<std::size_t>(std::min(*size - at, piece_bytes)));
        Result<void> done = read_exactly(source->get(), piece, at, from);
        if (done) done = write_all(copy->get(), std::span<const std::byte>(piece), to);
        if (!done) return done;
        at += piece.size();
    }
    return {};
}

}  // namespace autobackup::checks
