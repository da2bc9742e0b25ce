// SPDX-License-Identifier: MIT
#include "daemon/archive/version_zip.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "lib/core/page_cache.hpp"

namespace autobackup::archive {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;
constexpr std::uint64_t window = std::uint64_t{32} << 20;

// data/ members carry the mode that the server's os.walk found, generated ones python's default (contract §6.1).
std::uint32_t attributes_of(const std::string& name) {
    const bool media = name.starts_with("data/") || name.find("/data/") != std::string::npos;
    return media ? 0x81a40000U : 0x01800000U;
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

}  // namespace

zip::NewMember header_of(const vault::ManifestMember& entry) {
    zip::NewMember header;
    header.name = entry.name;
    header.size = entry.size;
    header.crc32 = entry.crc32;
    header.dos_time = entry.dos_time;
    header.external_attributes = attributes_of(entry.name);
    return header;
}

vault::VersionMember text_member(std::string name, std::string text, std::uint32_t dos_time) {
    vault::VersionMember member;
    member.entry.name = std::move(name);
    member.entry.size = text.size();
    member.entry.crc32 = zip::crc32(0, bytes_of(text));
    member.entry.dos_time = dos_time;
    member.oid = git::hash_object(git::ObjectType::blob, text);
    const auto shared = std::make_shared<const std::string>(std::move(text));
    member.produce = [shared](const git::TakeBytes& take) { return take(bytes_of(*shared)); };
    return member;
}

Result<void> write_zip(const git::Repository* vault, const std::vector<vault::VersionMember>& members, const zip::Output& output) {
    std::vector<std::byte> buffer;
    buffer.reserve(piece_bytes);
    const auto flush = [&]() -> Result<void> {
        const Result<void> written = output(buffer);
        buffer.clear();
        return written;
    };
    zip::Writer writer([&](std::span<const std::byte> piece) -> Result<void> {
        buffer.insert(buffer.end(), piece.begin(), piece.end());
        if (buffer.size() < piece_bytes) return {};
        return flush();
    });
    const git::TakeBytes take = [&](std::span<const std::byte> piece) { return writer.data(piece); };
    for (const vault::VersionMember& member : members) {
        Result<void> done = writer.begin(header_of(member.entry));
        if (done) done = member.produce ? member.produce(take) : vault->stream_blob(member.oid, take);
        if (!done) return done;
    }
    const Result<void> finished = writer.finish();
    if (!finished) return finished;
    return flush();
}

std::uint64_t zip_bytes(const std::vector<vault::VersionMember>& members) {
    zip::Measure measure;
    for (const vault::VersionMember& member : members) measure.add(header_of(member.entry));
    return measure.bytes();
}

Result<void> HashingFile::write(std::span<const std::byte> piece) {
    if (stop.stop_requested()) return fail_cancelled("write", path.string());
    if (hashes) digest.update(piece);
    const Result<void> written = write_all(fd.get(), piece, path);
    if (!written) return written;
    bytes += piece.size();
    return drop_behind && bytes - started_ >= window ? drop() : Result<void>();
}

// The window before the last one is waited for: by then it has had its time. An error of the disk is told here and not by fsync() any more.
Result<void> HashingFile::drop() {
    const auto transfer = [this](std::uint64_t begin, std::uint64_t end, unsigned flags) {
        return ::sync_file_range(fd.get(), static_cast<off64_t>(begin), static_cast<off64_t>(end - begin), flags) == 0;
    };
    constexpr unsigned whole = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    bool good = transfer(started_, bytes, SYNC_FILE_RANGE_WRITE);
    if (good && started_ > dropped_) {
        good = transfer(dropped_, started_, whole);
        if (good) release_pages(fd.get(), dropped_, started_);
        dropped_ = started_;
    }
    if (!good && (errno == ENOSYS || errno == ESPIPE || errno == EINVAL)) {
        drop_behind = false;  // not here, then
        return {};
    }
    if (!good) return fail_errno(errno, "write", path.string());
    started_ = bytes;
    return {};
}

Result<std::string> read_through(int fd, std::uint64_t bytes, const std::filesystem::path& path, const std::stop_token& stop,
                                 const zip::Output& take) {
    hash::Digest digest(hash::Algorithm::sha256);
    std::vector<std::byte> buffer(piece_bytes);
    for (std::uint64_t at = 0; at < bytes;) {
        if (stop.stop_requested()) return fail_cancelled("read", path.string());
        const auto piece = std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes - at)));
        const Result<void> read = read_exactly(fd, piece, at, path);
        if (!read) return read.error();
        digest.update(piece);
        if (take) {
            const Result<void> taken = take(piece);
            if (!taken) return taken.error();
        }
        at += piece.size();
    }
    return digest.finish_hex();
}

}  // namespace autobackup::archive
