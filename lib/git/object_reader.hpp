// SPDX-License-Identifier: MIT
#pragma once

#include <libdeflate.h>

#include "lib/git/delta.hpp"
#include "lib/git/file_window.hpp"
#include "lib/git/handle.hpp"
#include "lib/git/pack_file.hpp"

namespace autobackup::git {

/// Takes content and leaves it: for reading that only proves.
inline Result<void> look_only(std::span<const std::byte>) { return {}; }

/// An object in memory.
struct LoadedObject {
    ObjectType type = ObjectType::blob;
    std::string content;
};

struct ObjectHead {
    ObjectType type = ObjectType::blob;
    std::uint64_t size = 0;
};

/// Reads objects out of packs and loose files. Own code rather than libgit2's: that of 1.5.1 maps the files
/// and trusts what it finds there, so that a damaged index or pack ends the process; here damage is an error
/// like any other. One thread. Keeps the last pack open. The PackStore must outlive it.
class ObjectReader {
public:
    ObjectReader(fs::path objects, const PackStore& packs);

    [[nodiscard]] bool has(const Oid& oid) const;
    /// Type and size; of the content no more is read than need be. not_found, repository_invalid, io_error as
    /// everywhere here.
    Result<ObjectHead> head(const Oid& oid);
    /// The whole object, proved to have its name.
    Result<LoadedObject> load(const Oid& oid);
    /// Content in pieces, in flat memory where it is stored whole (a delta is put together in memory);
    /// afterwards it has been proved to have the name. With `expected` an object of another type is refused
    /// before the first piece.
    Result<ObjectType> stream(const Oid& oid, const TakeBytes& take,
                              std::optional<ObjectType> expected = std::nullopt);
    /// The same for one entry of a pack, and for one loose file.
    Result<ObjectType> stream_entry(PackLocation location, const TakeBytes& take,
                                    std::optional<ObjectType> expected = std::nullopt);
    Result<ObjectType> stream_loose(const Oid& oid, const fs::path& file, const TakeBytes& take,
                                    std::optional<ObjectType> expected = std::nullopt);
    /// To be called when packs of the store went away.
    void forget();

    /// The head of an entry, and its first bytes (for what follows the head of a delta).
    struct Front {
        EntryHead head;
        std::array<std::byte, 48> bytes{};
        std::size_t length = 0;
        std::uint64_t offset = 0;
        std::uint64_t end = 0;
    };
    Result<Front> read_front(PackLocation location);
    /// Where a delta's base lies, and how many bytes tell it.
    struct BaseReference {
        PackLocation location;
        std::size_t bytes = 0;
    };
    Result<BaseReference> base_of(PackLocation location, const Front& front) const;

private:
    Failure failure(Errc code, const Oid& oid, std::string what) const;
    [[nodiscard]] fs::path loose_file(const Oid& oid) const;
    Result<void> open_pack(const PackFile& pack);
    Result<BaseCache::Base> load_entry(PackLocation location);
    Result<std::string> inflate_entry(PackLocation location, const Front& front, std::size_t skipped);
    Result<ObjectHead> delta_head(PackLocation location, const Front& front);
    Result<ObjectHead> loose_head(const Oid& oid, const fs::path& file);

    fs::path objects_;
    const PackStore& packs_;
    BaseCache bases_;
    fs::path open_index_;
    FileDescriptor file_;
    std::optional<FileWindow> window_;
    Inflater inflater_;
    std::unique_ptr<libdeflate_decompressor, Freer<&libdeflate_free_decompressor>> decompressor_;
    std::vector<std::byte> compressed_;
};

}  // namespace autobackup::git
