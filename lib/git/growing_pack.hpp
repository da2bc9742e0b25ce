// SPDX-License-Identifier: MIT
// A pack that is filled bit by bit while its contents still arrive, and a stream of a part of it. Synchronous; worker thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/git/repository.hpp"

namespace autobackup::git {

/// The next pack of a repository, under construction: nobody sees its objects before Repository::finish_pack() has published it, and
/// nothing of it stays when it dies before (or its process does: the next Repository::open_or_init() removes the file).
class GrowingPack {
public:
    /// `repository` is borrowed as long as this lives and not finished; whoever uses either uses both on one thread at a time.
    static Result<GrowingPack> begin(Repository& repository);
    GrowingPack(GrowingPack&&) noexcept;
    GrowingPack& operator=(GrowingPack&&) noexcept;
    ~GrowingPack();

    /// Appends the blobs that neither this pack nor the repository has. On return they stand in the file, and were read back: each has its
    /// name. On failure (as Repository::write_pack) the pack is what it was before.
    Result<void> add(const std::vector<NewBlob>& blobs);
    [[nodiscard]] bool has(const Oid& oid) const;
    /// Entries so far.
    [[nodiscard]] std::size_t objects() const noexcept;
    /// Bytes of the file so far.
    [[nodiscard]] std::uint64_t bytes() const noexcept;

private:
    friend class Repository;
    friend class SlicePack;
    struct Impl;
    explicit GrowingPack(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// A pack, as a stream, of entries of a growing one and of a commit that holds them (see CommitPart). It reads the growing pack's file,
/// which stays good whatever becomes of that; it needs neither it nor the repository once made.
class SlicePack {
public:
    /// Entries [first, last) of `pack`. `unix_seconds` and `message` are the commit's.
    static Result<SlicePack> make(GrowingPack& pack, std::size_t first, std::size_t last, std::int64_t unix_seconds, const std::string& message);
    SlicePack(SlicePack&&) noexcept;
    SlicePack& operator=(SlicePack&&) noexcept;
    ~SlicePack();

    /// The commit.
    [[nodiscard]] const Oid& tip() const noexcept;
    [[nodiscard]] const std::vector<Oid>& blobs() const noexcept;
    [[nodiscard]] std::uint64_t size() const noexcept;
    /// Fills from the front; 0 = end. The memory in which the system keeps what was read is given back at the end. repository_invalid when the entries are no longer what they were when they were read back.
    Result<std::size_t> read(std::span<std::byte> buffer);
    void rewind();

private:
    struct Impl;
    explicit SlicePack(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace autobackup::git
