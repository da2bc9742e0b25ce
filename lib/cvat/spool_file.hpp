// SPDX-License-Identifier: MIT
// A download on disk: the bytes so far, their digest, and a side file "<file>.resume" that tells a later
// process whose they are. Every call blocks: on a worker, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>

#include "lib/core/file.hpp"
#include "lib/cvat/resume.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::cvat {

class SpoolFile {
public:
    /// `object` ("project 12 of lab") must match in a side file that is to be believed. `with_digest`: whether finish()
    /// gives the SHA-256.
    SpoolFile(std::filesystem::path path, std::string object, bool with_digest = true);

    /// Opens or creates the file (0600). What an earlier process of this boot has written of the same object, or one that ended in
    /// order has left, is kept and read again for the digest; anything else is cut off. `stop` ends the reading early (cancelled).
    Result<void> open(std::stop_token stop);
    /// Length so far: where to go on.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Of the file that the bytes so far belong to.
    [[nodiscard]] const FileStamp& stamp() const noexcept { return stamp_; }

    /// Empties the file: what comes is another one.
    Result<void> restart();
    /// From now on the bytes belong to this (after a re-export without changes the ETag is another).
    void set_stamp(FileStamp stamp) { stamp_ = std::move(stamp); }
    /// Writes at the end; notes the progress in the side file every `note_every` bytes.
    Result<void> append(std::span<const std::byte> bytes);
    /// Writes the side file now. Not fsynced: it is for a killed process; a reboot is noticed by its boot id.
    Result<void> note();
    /// For a later process, in order: file and side file stay, on the disk when this returns, so that they are believed after a
    /// reboot as well. Discarded when there is nothing worth it, or when an fsync fails.
    void leave() noexcept;
    /// Side file removed. SHA-256 of the whole in hex; "" without a digest.
    Result<std::string> finish();
    /// Removes file and side file.
    void discard() noexcept;

    static constexpr std::uint64_t note_every = std::uint64_t{16} << 20;
    static constexpr std::uint64_t flush_from = std::uint64_t{64} << 20;

private:
    [[nodiscard]] std::uint64_t believable_bytes(const ResumeNote& note) const;
    Result<void> hash_existing(std::uint64_t bytes, const std::stop_token& stop);
    Result<void> cut_to(std::uint64_t bytes);
    void flush_behind();
    [[nodiscard]] ResumeNote note_now() const;

    std::filesystem::path path_;
    std::string object_;
    bool with_digest_;
    FileDescriptor file_;
    hash::Digest digest_;
    FileStamp stamp_;
    std::uint64_t size_ = 0;
    std::uint64_t noted_ = 0;
    std::uint64_t flushed_ = 0;
};

}  // namespace autobackup::cvat
