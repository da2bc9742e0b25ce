// SPDX-License-Identifier: MIT
// Finding objects in the packs of a repository. Private to lib/git.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/git/pack_format.hpp"

namespace autobackup::git {

/// One pack with its index (version 2). The index is mapped; the pack is opened only to be read.
class PackFile {
public:
    /// repository_invalid when the index is damaged in its structure or of another version.
    static Result<std::unique_ptr<PackFile>> open(const fs::path& index);
    PackFile(const PackFile&) = delete;
    PackFile& operator=(const PackFile&) = delete;
    ~PackFile();

    [[nodiscard]] const fs::path& index_path() const noexcept { return index_; }
    [[nodiscard]] fs::path pack_path() const;
    [[nodiscard]] bool is_promisor() const;  ///< a .promisor file lies beside it
    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
    /// Row of the object in the index.
    [[nodiscard]] std::optional<std::uint32_t> find(const Oid& oid) const noexcept;
    [[nodiscard]] Oid oid(std::uint32_t row) const noexcept;
    [[nodiscard]] std::uint32_t crc(std::uint32_t row) const noexcept;
    [[nodiscard]] std::uint64_t offset(std::uint32_t row) const noexcept;
    [[nodiscard]] RawDigest pack_digest() const noexcept;
    /// The index file without its own SHA-1 at the end, and that SHA-1.
    [[nodiscard]] std::span<const std::byte> content() const noexcept;
    [[nodiscard]] RawDigest index_digest() const noexcept;

    /// Opens the pack and looks at header and trailer. repository_invalid when they do not belong to this
    /// index.
    Result<FileDescriptor> open_pack() const;
    /// Where the entry at `offset` ends: at the next one, or at the trailer.
    Result<std::uint64_t> end_of(std::uint64_t offset);
    /// Row of the entry that begins at `offset`.
    std::optional<std::uint32_t> row_at(std::uint64_t offset);
    /// All rows in the order of their offsets.
    const std::vector<std::uint32_t>& rows_by_offset();

private:
    PackFile(fs::path index, const unsigned char* map, std::size_t size) noexcept;

    fs::path index_;
    const unsigned char* map_;
    std::size_t size_;
    std::uint32_t count_ = 0;
    std::vector<std::uint32_t> rows_by_offset_;
};

struct PackLocation {
    PackFile* pack = nullptr;
    std::uint32_t row = 0;
};

/// The packs of objects/pack.
class PackStore {
public:
    explicit PackStore(fs::path directory) : directory_(std::move(directory)) {}
    enum class Change : unsigned char { none, added, removed };
    /// Looks for packs that came or went, when the directory changed since the last look. PackLocations of
    /// packs that went are no longer valid.
    Change refresh();
    [[nodiscard]] std::optional<PackLocation> find(const Oid& oid) const;
    [[nodiscard]] const std::vector<std::unique_ptr<PackFile>>& packs() const noexcept { return packs_; }
    /// Indexes that could not be used, and why.
    [[nodiscard]] const std::vector<Failure>& unusable() const noexcept { return unusable_; }

private:
    Change read_directory();

    fs::path directory_;
    std::vector<std::unique_ptr<PackFile>> packs_;
    std::vector<Failure> unusable_;
    timespec changed_{};
    timespec looked_{};
    mutable std::size_t last_hit_ = 0;
};

}  // namespace autobackup::git
