// SPDX-License-Identifier: MIT
#include "lib/git/pack_check.hpp"

#include <libdeflate.h>

namespace autobackup::git {

std::uint64_t PackCheck::check(PackFile& pack) {
    hash::Digest digest(hash::Algorithm::sha1);
    digest.update(pack.content());
    if (finish(digest) != pack.index_digest())
        problem_(pack.index_path().string() + ": the index does not have its SHA-1", std::nullopt);
    const Result<FileDescriptor> file = pack.open_pack();
    if (!file) {
        problem_(describe(file.error()), std::nullopt);
        return 0;
    }
    const Result<void> raw = check_bytes(pack, file->get());
    if (!raw) problem_(describe(raw.error()), std::nullopt);
    std::uint64_t objects = 0;
    for (const std::uint32_t row : pack.rows_by_offset()) {
        if (stopped()) break;
        ++objects;
        PackLocation location;
        location.pack = &pack;
        location.row = row;
        const Result<ObjectType> type = reader_.stream_entry(location, look_only);
        if (!type) problem_(describe(type.error()), pack.oid(row));
    }
    return objects;
}

/// SHA-1 of the pack and CRC-32 of each entry, in one pass.
Result<void> PackCheck::check_bytes(PackFile& pack, int fd) {
    FileWindow window(fd, pack.pack_path(), std::size_t{1} << 20);
    hash::Digest digest(hash::Algorithm::sha1);
    std::uint32_t crc = 0;
    std::uint64_t at = 0;
    const auto read_to = [&](std::uint64_t end) -> Result<void> {
        while (at < end) {
            const Result<std::span<const std::byte>> piece = window.at(at, end);
            if (!piece) return piece.error();
            digest.update(*piece);
            crc = libdeflate_crc32(crc, piece->data(), piece->size());
            at += piece->size();
        }
        return {};
    };
    Result<void> done = read_to(pack_header_bytes);
    if (!done) return done;
    for (const std::uint32_t row : pack.rows_by_offset()) {
        if (stopped()) return {};
        const Result<std::uint64_t> end = pack.end_of(pack.offset(row));
        if (!end) return end.error();
        crc = 0;
        done = read_to(*end);
        if (!done) return done;
        if (crc != pack.crc(row))
            problem_(pack.pack_path().string() + ": the checksum of object " + pack.oid(row).hex() + " differs", pack.oid(row));
    }
    if (finish(digest) != pack.pack_digest())
        problem_(pack.pack_path().string() + ": the pack does not have its SHA-1", std::nullopt);
    return {};
}

}  // namespace autobackup::git
