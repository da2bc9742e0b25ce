// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "lib/core/page_cache.hpp"
#include "lib/git/commit_parts.hpp"
#include "lib/git/growing_pack_impl.hpp"
#include "lib/git/zlib_encoder.hpp"

namespace autobackup::git {

namespace {

using Bytes = std::vector<std::byte>;

Result<void> append_entry(Bytes& out, const RawObject& object) {
    std::array<std::byte, longest_entry_head> head{};
    const std::size_t length = encode_entry_head(static_cast<unsigned>(object.type), object.content.size(), head);
    out.insert(out.end(), head.begin(), head.begin() + static_cast<std::ptrdiff_t>(length));
    const TakeBytes put = [&out](std::span<const std::byte> bytes) -> Result<void> {
        out.insert(out.end(), bytes.begin(), bytes.end());
        return {};
    };
    ZlibEncoder encoder;
    encoder.begin(object.content.size(), /*compress=*/true);
    const Result<void> encoded = encoder.update(std::as_bytes(std::span(object.content)), put);
    return encoded ? encoder.finish(put) : encoded;
}

}  // namespace

/// Header, the entries as they stand in the file, the tree and the commit, the SHA-1 of it all.
struct SlicePack::Impl {
    Impl() : digest(hash::Algorithm::sha1) {}

    [[nodiscard]] std::uint64_t slice_bytes() const noexcept { return end - entries.front().offset; }
    [[nodiscard]] std::uint64_t slice_begin() const noexcept { return header.size(); }
    [[nodiscard]] std::uint64_t objects_begin() const noexcept { return slice_begin() + slice_bytes(); }
    [[nodiscard]] std::uint64_t trailer_begin() const noexcept { return objects_begin() + objects.size(); }
    [[nodiscard]] std::uint64_t size() const noexcept { return trailer_begin() + digest_bytes; }

    Result<std::size_t> read_slice(std::span<std::byte> buffer);
    Result<std::size_t> read_some(std::span<std::byte> buffer);

    fs::path name;
    FileDescriptor file;
    std::vector<IndexEntry> entries;
    std::vector<Oid> blobs;
    std::uint64_t end = 0;  ///< of the last entry in the file
    std::array<std::byte, pack_header_bytes> header{};
    Bytes objects;
    Oid tip;

    hash::Digest digest;
    std::uint64_t given = 0;
    std::size_t entry = 0;  ///< the one that is read
    std::uint32_t crc = 0;
    RawDigest trailer{};
};

// At most one entry's bytes at a time.
Result<std::size_t> SlicePack::Impl::read_slice(std::span<std::byte> buffer) {
    const std::uint64_t at = entries.front().offset + (given - slice_begin());
    const std::uint64_t behind = entry + 1 < entries.size() ? entries[entry + 1].offset : end;
    const auto piece = buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), behind - at)));
    const Result<void> got = read_exactly(file.get(), piece, at, name);
    if (!got) return got.error();
    crc = libdeflate_crc32(crc, piece.data(), piece.size());
    if (at + piece.size() == behind) {
        if (crc != entries[entry].crc) {
            return fail(Errc::repository_invalid, "read", name.string(),
                        "the entry at offset " + std::to_string(entries[entry].offset) + " is damaged (its checksum differs)");
        }
        ++entry;
        crc = 0;
        if (entry == entries.size()) release_pages(file.get(), entries.front().offset, end);
    }
    return piece.size();
}

Result<std::size_t> SlicePack::Impl::read_some(std::span<std::byte> buffer) {
    const auto copy = [&](std::span<const std::byte> from, std::uint64_t at) {
        const std::size_t take = std::min<std::size_t>(buffer.size(), from.size() - static_cast<std::size_t>(at));
        std::memcpy(buffer.data(), from.data() + at, take);
        return take;
    };
    Result<std::size_t> got = std::size_t{0};
    if (given < slice_begin()) {
        got = copy(header, given);
    } else if (given < objects_begin()) {
        got = read_slice(buffer);
    } else if (given < trailer_begin()) {
        got = copy(objects, given - objects_begin());
    } else if (given < size()) {
        if (given == trailer_begin()) {
            const std::string raw = digest.finish();
            std::copy_n(raw.begin(), trailer.size(), trailer.begin());
        }
        got = copy(std::as_bytes(std::span(trailer)), given - trailer_begin());
        given += *got;
        return got;
    }
    if (!got) return got;
    digest.update(std::span<const std::byte>(buffer.first(*got)));
    given += *got;
    return got;
}

Result<SlicePack> SlicePack::make(GrowingPack& pack, std::size_t first, std::size_t last, std::int64_t unix_seconds,
                                  const std::string& message) {
    GrowingPack::Impl& grown = *pack.impl_;
    if (first >= last || last > grown.entries.size()) {
        return fail(Errc::internal, "read", grown.file.path().string(), "no such entries");
    }
    auto impl = std::make_unique<Impl>();
    impl->name = grown.file.path();
    Result<FileDescriptor> file = open_file(impl->name, O_RDONLY);
    if (!file) return file.error();
    impl->file = std::move(*file);
    impl->entries.assign(grown.entries.begin() + static_cast<std::ptrdiff_t>(first), grown.entries.begin() + static_cast<std::ptrdiff_t>(last));
    impl->end = last < grown.entries.size() ? grown.entries[last].offset : grown.bytes;
    for (const IndexEntry& entry : impl->entries) impl->blobs.push_back(entry.oid);
    const PartObjects held = part_objects(impl->blobs, unix_seconds, message);
    impl->tip = held.commit.oid;
    impl->header = pack_header(static_cast<std::uint32_t>(impl->entries.size() + 2));
    for (const RawObject* object : {&held.tree, &held.commit}) {
        const Result<void> added = append_entry(impl->objects, *object);
        if (!added) return added.error();
    }
    grown.sliced = std::max(grown.sliced, impl->end);
    return SlicePack(std::move(impl));
}

SlicePack::SlicePack(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SlicePack::SlicePack(SlicePack&&) noexcept = default;
SlicePack& SlicePack::operator=(SlicePack&&) noexcept = default;
SlicePack::~SlicePack() = default;

const Oid& SlicePack::tip() const noexcept { return impl_->tip; }
const std::vector<Oid>& SlicePack::blobs() const noexcept { return impl_->blobs; }
std::uint64_t SlicePack::size() const noexcept { return impl_->size(); }

Result<std::size_t> SlicePack::read(std::span<std::byte> buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const Result<std::size_t> got = impl_->read_some(buffer.subspan(filled));
        if (!got) return got;
        if (*got == 0) break;
        filled += *got;
    }
    return filled;
}

void SlicePack::rewind() {
    static_cast<void>(impl_->digest.finish());
    impl_->given = 0;
    impl_->entry = 0;
    impl_->crc = 0;
}

}  // namespace autobackup::git
