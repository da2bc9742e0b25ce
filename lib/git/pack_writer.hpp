// SPDX-License-Identifier: MIT
// A new pack file, entry by entry. Private to lib/git.
#pragma once

#include <utility>
#include <vector>

#include "lib/git/pack_sink.hpp"
#include "lib/git/repository.hpp"
#include "lib/git/zlib_encoder.hpp"

namespace autobackup::git {

/// Called with the content bytes written so far.
using Progress = std::function<void(std::uint64_t)>;

class PackWriter {
public:
    /// The file is borrowed; `progress` may be empty, `tap` null. `from`: as in PackSink; then neither begin() nor finish(), but flush().
    PackWriter(int fd, fs::path name, const Progress& progress, PackTap* tap, std::uint64_t from = 0);
    Result<void> begin(std::uint32_t objects);
    /// content_mismatch when the content has not the length announced. That it has its name is proved by
    /// verify_entries(), which reads every byte back: hashing it here too would prove nothing more.
    Result<void> add(const RawObject& object);
    /// The same for a blob; whatever its `produce` fails with is passed on.
    Result<void> add(const NewBlob& blob);
    /// Writes the trailer and returns the pack's SHA-1.
    Result<RawDigest> finish() { return sink_.finish(); }
    Result<void> flush() { return sink_.flush(); }
    /// Those since the last call.
    [[nodiscard]] std::vector<IndexEntry> take_entries() { return std::exchange(entries_, {}); }
    /// In the order of the file.
    [[nodiscard]] const std::vector<IndexEntry>& entries() const noexcept { return entries_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return sink_.offset(); }

private:
    Result<void> begin_entry(const Oid& oid, ObjectType type, std::uint64_t size, bool compress);
    Result<void> add_content(std::span<const std::byte> bytes);
    Result<void> end_entry();
    Result<void> put(std::span<const std::byte> bytes);

    PackSink sink_;
    Progress progress_;
    ZlibEncoder encoder_;
    TakeBytes put_;
    std::vector<IndexEntry> entries_;
    std::uint64_t left_ = 0;
    std::uint64_t done_ = 0;
};

/// Reads back entries that were just written and proves each: its head, that its compressed bytes have the
/// CRC of the index, that it unpacks, that its content has its name, and that it ends where the next begins
/// (the last one at `end`). content_mismatch when the bytes are those that were written, but their name is another. `entries` in the order of the file. Uses two threads.
Result<void> verify_entries(int fd, const fs::path& name, std::span<const IndexEntry> entries,
                            std::uint64_t end);

}  // namespace autobackup::git
