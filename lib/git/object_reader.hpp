// SPDX-License-Identifier: MIT
#pragma once

#include "lib/git/file_window.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

/// Streams objects of any size in flat memory where they are stored whole (in a pack or loose); a delta is put together in
/// memory by libgit2. Keeps the last pack open between calls. Not longer-lived than the repository.
class ObjectReader {
public:
    explicit ObjectReader(Repository::Impl& repository) : repository_(repository) {}

    /// Content of `oid` in pieces; afterwards it has been proved to have the name (else repository_invalid). With `expected` an
    /// object of another type is refused before the first piece. Precondition: the repository has it.
    Result<ObjectType> stream(const Oid& oid, const TakeBytes& take, std::optional<ObjectType> expected = std::nullopt);

    /// The same for one entry of a pack.
    Result<ObjectType> stream_entry(PackLocation location, const TakeBytes& take, std::optional<ObjectType> expected = std::nullopt);

    /// The same for a loose object.
    Result<ObjectType> stream_loose(const Oid& oid, const fs::path& file, const TakeBytes& take,
                                    std::optional<ObjectType> expected = std::nullopt);

    /// The head of an entry, and its first bytes (for what follows the head of a delta).
    struct Front {
        EntryHead head;
        std::array<std::byte, 48> bytes{};
        std::size_t length = 0;
        std::uint64_t offset = 0;
        std::uint64_t end = 0;
    };
    Result<Front> read_front(PackLocation location);

private:
    Result<void> open_pack(PackFile& pack);
    Result<ObjectType> stream_loaded(const Oid& oid, const TakeBytes& take, std::optional<ObjectType> expected);

    Repository::Impl& repository_;
    fs::path open_index_;
    FileDescriptor file_;
    std::optional<FileWindow> window_;
    Inflater inflater_;
};

}  // namespace autobackup::git
