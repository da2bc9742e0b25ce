// SPDX-License-Identifier: MIT
#include "lib/cvat/spool_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "lib/cvat/resume_file.hpp"

namespace autobackup::cvat {

SpoolFile::SpoolFile(std::filesystem::path path, std::string object, bool with_digest)
    : path_(std::move(path)), object_(std::move(object)), with_digest_(with_digest), digest_(hash::Algorithm::sha256) {}

std::uint64_t SpoolFile::believable_bytes(const ResumeNote& note) const {
    const Result<std::uint64_t> there = file_size(file_.get(), path_);
    if (!there || *there < note.bytes) return 0;
    // One byte at least is asked for again, so that the server says whether the file is still the same.
    return std::min(note.bytes, note.stamp.total - 1);
}

Result<void> SpoolFile::open(std::stop_token stop) {
    Result<FileDescriptor> file = open_file(path_, O_RDWR | O_CREAT, 0600);
    if (!file) return file.error();
    file_ = std::move(*file);
    const std::optional<ResumeNote> note = believable_note(path_, object_);
    const std::uint64_t kept = note ? believable_bytes(*note) : 0;
    if (kept == 0) return restart();
    stamp_ = note->stamp;
    const Result<void> cut = cut_to(kept);
    if (!cut) return cut;
    noted_ = kept;
    if (!with_digest_) return {};
    return hash_existing(kept, stop);
}

Result<void> SpoolFile::hash_existing(std::uint64_t bytes, const std::stop_token& stop) {
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    for (std::uint64_t at = 0; at < bytes;) {
        if (stop.stop_requested()) return fail_cancelled("read", path_.string());
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes - at));
        const std::span<std::byte> piece(buffer.data(), length);
        const Result<void> read = read_exactly(file_.get(), piece, at, path_);
        if (!read) return read;
        digest_.update(piece);
        at += length;
    }
    return {};
}

Result<void> SpoolFile::cut_to(std::uint64_t bytes) {
    const Result<void> cut = set_length(file_.get(), bytes, path_);
    if (!cut) return cut;
    if (::lseek(file_.get(), static_cast<off_t>(bytes), SEEK_SET) < 0)
        return fail_errno(errno, "seek", path_.string());
    size_ = bytes;
    return {};
}

Result<void> SpoolFile::restart() {
    remove_quietly(side_file(path_));  // first: it must never describe other bytes
    digest_ = hash::Digest(hash::Algorithm::sha256);
    stamp_ = FileStamp();
    noted_ = 0;
    return cut_to(0);
}

Result<void> SpoolFile::append(std::span<const std::byte> bytes) {
    const Result<void> written = write_all(file_.get(), bytes, path_);
    if (!written) {
        // A part of it may be there: go back to what the digest has seen. The first error is the one to tell.
        static_cast<void>(cut_to(size_));
        return written;
    }
    if (with_digest_) digest_.update(bytes);
    size_ += bytes.size();
    flush_behind();
    if (size_ - noted_ < note_every) return {};
    return note();
}

// Only starts the transfer to the disk: pages that lie there can be given back (Archive::release) when the pack is written, in place of
// fresh ones. Where a system takes its memory from a host, a fresh page costs as much as hashing it four times. A small file may be gone before the system would write it.
void SpoolFile::flush_behind() {
    if (size_ < flushed_) flushed_ = size_;
    if (size_ < flush_from || size_ - flushed_ < note_every) return;
    ::sync_file_range(file_.get(), static_cast<off64_t>(flushed_), static_cast<off64_t>(size_ - flushed_), SYNC_FILE_RANGE_WRITE);
    flushed_ = size_;
}

ResumeNote SpoolFile::note_now() const {
    ResumeNote note;
    note.stamp = stamp_;
    note.object = object_;
    note.bytes = size_;
    return note;
}

Result<void> SpoolFile::note() {
    if (size_ == noted_ || stamp_.total == 0) return {};
    const Result<void> written = write_note(path_, note_now());
    if (!written) return written;
    noted_ = size_;
    return {};
}

void SpoolFile::leave() noexcept {
    if (size_ == 0 || stamp_.total == 0) return discard();
    if (!leave_note(file_.get(), path_, note_now())) discard();
}

// Not fsynced: after a power loss the boot id in the note says that a partial file is not to be believed, and a complete one is
// read from end to end before it is used. Whoever keeps the file for good syncs it.
Result<std::string> SpoolFile::finish() {
    remove_quietly(side_file(path_));
    file_.reset();
    if (!with_digest_) return std::string();
    return digest_.finish_hex();
}

void SpoolFile::discard() noexcept {
    file_.reset();
    remove_quietly(side_file(path_));
    remove_quietly(path_);
}

}  // namespace autobackup::cvat
