// SPDX-License-Identifier: MIT
// A pack that is filled bit by bit while its contents still arrive, and a stream of a part of it. Synchronous; worker thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/core/stop.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// Some entries of a growing pack as a pack of their own, with a commit that holds them (see CommitPart).
struct SlicePack {
    Oid tip;  ///< the commit
    std::vector<Oid> blobs;
    PackReader pack;
};

/// The next pack of a repository, under construction: nobody sees its objects before Repository::finish_pack() has published it. What becomes
/// of it when it dies before, or its process does, is begin()'s choice.
class GrowingPack {
public:
    /// `repository` is borrowed as long as this lives and not finished; whoever uses either uses both on one thread at a time.
    /// `name` (of a file; "": none): what was added stays on the disk, and the next begin() with that name goes on with as much of it as is
    /// read back and has its names; after a week without it Repository::open_or_init() removes it. Without a name, or where that pack
    /// cannot be had (another process holds it), nothing stays. `stop` is asked while it is read back; true: cancelled, and all stays.
    static Result<GrowingPack> begin(Repository& repository, const std::string& name = {}, const StopAsked& stop = {});
    GrowingPack(GrowingPack&&) noexcept;
    GrowingPack& operator=(GrowingPack&&) noexcept;
    ~GrowingPack();

    /// Appends the blobs that neither this pack nor the repository has. On return they stand in the file, and were read back: each has its
    /// name. On failure (as Repository::write_pack) the pack is what it was before. `note` is kept with them: see notes().
    Result<void> add(const std::vector<NewBlob>& blobs, const std::string& note = {});
    /// The notes of what begin() found, in their order.
    [[nodiscard]] const std::vector<std::string>& notes() const noexcept;
    /// Nothing of it is to stay.
    void give_up();
    [[nodiscard]] bool has(const Oid& oid) const;
    /// Entries so far.
    [[nodiscard]] std::size_t objects() const noexcept;
    /// Bytes of the file so far.
    [[nodiscard]] std::uint64_t bytes() const noexcept;
    /// Bytes of the file up to the end of its first `objects` entries.
    [[nodiscard]] std::uint64_t end_of(std::size_t objects) const noexcept;
    /// How many of its first entries lie within the first `bytes` of the file.
    [[nodiscard]] std::size_t objects_within(std::uint64_t bytes) const noexcept;
    /// Entries [first, last). `unix_seconds` and `message` are the commit's. What is made reads this pack's file, which stays good whatever
    /// becomes of it, and needs neither this nor the repository; at its end it gives the memory back in which the system keeps what it read.
    Result<SlicePack> slice(std::size_t first, std::size_t last, std::int64_t unix_seconds, const std::string& message);

private:
    friend class Repository;
    struct Impl;
    explicit GrowingPack(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace autobackup::git
