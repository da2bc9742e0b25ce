// SPDX-License-Identifier: MIT
// A version as the ZIP that the server itself would give (CVAT 2.54.1 and 2.14.4: stored members in the manifest's order, python's zipfile), and
// the file that it goes into. Synchronous; worker thread.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/vault/version.hpp"
#include "lib/core/file.hpp"
#include "lib/hash/digest.hpp"
#include "lib/zip/writer.hpp"

namespace autobackup::archive {

/// The header of a member as the server writes it: name, size, CRC-32, time, and the mode that goes with the name.
zip::NewMember header_of(const vault::ManifestMember& entry);

/// A member whose content is `text`.
vault::VersionMember text_member(std::string name, std::string text, std::uint32_t dos_time);

/// Streams the members in their order; `output` gets pieces of about 1 MiB. A member without `produce` is read from `vault` (may be null when
/// every one has it). Each is compared with its size and CRC-32 (content_mismatch) before the next one begins; blobs and large files with
/// their names too. Memory: flat.
Result<void> write_zip(const git::Repository* vault, const std::vector<vault::VersionMember>& members, const zip::Output& output);

/// Bytes of what write_zip() writes.
std::uint64_t zip_bytes(const std::vector<vault::VersionMember>& members);

/// Writes bytes to a file, from its beginning, and hashes them on the way; a stop ends it with `cancelled`.
struct HashingFile {
    HashingFile(FileDescriptor file, std::filesystem::path name, std::stop_token wish = {}) : fd(std::move(file)), path(std::move(name)), stop(std::move(wish)) {}

    FileDescriptor fd;
    std::filesystem::path path;
    std::stop_token stop;
    /// Set before the first write: a regular file that nobody reads soon: its pages go to the disk and are given back while it grows, 64 MiB at most are held. So it
    /// pushes nothing else out of the memory, and where that comes from a host, no fresh page has to be had for each new one.
    bool drop_behind = false;
    bool hashes = true;  ///< false: somebody hashes the same bytes already
    hash::Digest digest{hash::Algorithm::sha256};
    std::uint64_t bytes = 0;

    Result<void> write(std::span<const std::byte> piece);

private:
    Result<void> drop();
    std::uint64_t started_ = 0;  // the transfer to the disk was begun up to here
    std::uint64_t dropped_ = 0;
};

/// Reads a whole file front to back in pieces of at most 1 MiB; each goes to `take` (may be empty). Returns its SHA-256 in hex. `cancelled`
/// when `stop` was asked for.
Result<std::string> read_through(int fd, std::uint64_t bytes, const std::filesystem::path& path, const std::stop_token& stop,
                                 const zip::Output& take = {});

}  // namespace autobackup::archive
