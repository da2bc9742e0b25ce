// SPDX-License-Identifier: MIT
#include "lib/git/pack_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

namespace autobackup::git {

namespace {

constexpr std::size_t fanout_at = 8;
constexpr std::size_t names_at = fanout_at + 256 * 4;
constexpr std::size_t shortest_index = names_at + 2 * digest_bytes;
constexpr std::uint32_t long_offset_flag = 0x8000'0000U;

RawDigest digest_at(const unsigned char* at) noexcept {
    RawDigest digest;
    std::memcpy(digest.data(), at, digest.size());
    return digest;
}

}  // namespace

PackFile::PackFile(fs::path index, const unsigned char* map, std::size_t size) noexcept
    : index_(std::move(index)), map_(map), size_(size) {}

PackFile::~PackFile() {
    ::munmap(const_cast<unsigned char*>(map_), size_);
}

Result<std::unique_ptr<PackFile>> PackFile::open(const fs::path& index) {
    const Result<FileDescriptor> file = open_file(index, O_RDONLY);
    if (!file) return file.error();
    const Result<std::uint64_t> size = autobackup::file_size(file->get(), index);
    if (!size) return size.error();
    if (*size < shortest_index) return damaged_file(index, "the pack index is too short");
    void* map = ::mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, file->get(), 0);
    if (map == MAP_FAILED) return fail_errno(errno, "map", index.string());
    std::unique_ptr<PackFile> pack(new PackFile(index, static_cast<const unsigned char*>(map), *size));
    const unsigned char magic[] = {0xff, 't', 'O', 'c', 0, 0, 0, 2};
    if (std::memcmp(pack->map_, magic, sizeof magic) != 0)
        return damaged_file(index, "it is not a pack index of version 2");
    std::uint32_t previous = 0;
    for (std::size_t i = 0; i < 256; ++i) {
        const std::uint32_t upto = get32(pack->map_ + fanout_at + 4 * i);
        if (upto < previous) return damaged_file(index, "the first table of the pack index is damaged");
        previous = upto;
    }
    pack->count_ = previous;
    // Name, CRC and offset of each object, at most one long offset each.
    const std::uint64_t rows = shortest_index + std::uint64_t{28} * pack->count_;
    if (*size < rows || *size > rows + std::uint64_t{8} * pack->count_ || (*size - rows) % 8 != 0) {
        return damaged_file(index, "the pack index has the wrong length");
    }
    return pack;
}

fs::path PackFile::pack_path() const {
    return fs::path(index_).replace_extension(".pack");
}

bool PackFile::is_promisor() const {
    std::error_code ignored;
    return fs::exists(fs::path(index_).replace_extension(".promisor"), ignored);
}

std::optional<std::uint32_t> PackFile::find(const Oid& oid) const noexcept {
    const unsigned first = oid.bytes[0];
    std::uint32_t low = first == 0 ? 0 : get32(map_ + fanout_at + 4 * (first - 1));
    std::uint32_t high = get32(map_ + fanout_at + 4 * first);
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        const int order = std::memcmp(oid.bytes.data(), map_ + names_at + std::size_t{20} * middle, 20);
        if (order == 0) return middle;
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return std::nullopt;
}

Oid PackFile::oid(std::uint32_t row) const noexcept {
    Oid name;
    std::memcpy(name.bytes.data(), map_ + names_at + std::size_t{20} * row, name.bytes.size());
    return name;
}

std::uint32_t PackFile::crc(std::uint32_t row) const noexcept {
    return get32(map_ + names_at + std::size_t{20} * count_ + std::size_t{4} * row);
}

std::uint64_t PackFile::offset(std::uint32_t row) const noexcept {
    const std::uint32_t value = get32(map_ + names_at + std::size_t{24} * count_ + std::size_t{4} * row);
    if ((value & long_offset_flag) == 0) return value;
    const std::size_t at = names_at + std::size_t{28} * count_ + std::size_t{8} * (value & ~long_offset_flag);
    // An offset behind every file: whoever reads there gets an error.
    if (at + 8 + 2 * digest_bytes > size_) return std::uint64_t{1} << 62;
    return get64(map_ + at) & ~(std::uint64_t{1} << 63);
}

RawDigest PackFile::pack_digest() const noexcept {
    return digest_at(map_ + size_ - 2 * digest_bytes);
}

RawDigest PackFile::index_digest() const noexcept {
    return digest_at(map_ + size_ - digest_bytes);
}

std::span<const std::byte> PackFile::content() const noexcept {
    return std::as_bytes(std::span(map_, size_ - digest_bytes));
}

Result<FileDescriptor> PackFile::open_pack() const {
    const fs::path path = pack_path();
    Result<FileDescriptor> file = open_file(path, O_RDONLY);
    if (!file) return file;
    const Result<std::uint64_t> size = autobackup::file_size(file->get(), path);
    if (!size) return size.error();
    if (*size < pack_header_bytes + digest_bytes) return damaged_file(path, "the pack is too short");
    std::array<std::byte, pack_header_bytes> header{};
    RawDigest trailer{};
    const Result<void> front = read_exactly(file->get(), header, 0, path);
    if (!front) return front.error();
    const Result<void> back =
        read_exactly(file->get(), std::as_writable_bytes(std::span(trailer)), *size - digest_bytes, path);
    if (!back) return back.error();
    if (parse_pack_header(header) != count_)
        return damaged_file(path, "the header of the pack is not that of its index");
    if (trailer != pack_digest())
        return damaged_file(path, "the pack does not belong to its index, or its end is missing");
    return file;
}

const std::vector<std::uint32_t>& PackFile::rows_by_offset() {
    if (rows_by_offset_.size() == count_) return rows_by_offset_;
    rows_by_offset_.resize(count_);
    std::iota(rows_by_offset_.begin(), rows_by_offset_.end(), 0U);
    std::sort(rows_by_offset_.begin(), rows_by_offset_.end(),
              [this](std::uint32_t a, std::uint32_t b) { return offset(a) < offset(b); });
    return rows_by_offset_;
}

std::optional<std::uint32_t> PackFile::row_at(std::uint64_t offset_wanted) {
    const std::vector<std::uint32_t>& rows = rows_by_offset();
    const auto found =
        std::lower_bound(rows.begin(), rows.end(), offset_wanted,
                         [this](std::uint32_t row, std::uint64_t wanted) { return offset(row) < wanted; });
    if (found == rows.end() || offset(*found) != offset_wanted) return std::nullopt;
    return *found;
}

Result<std::uint64_t> PackFile::end_of(std::uint64_t start) {
    const std::vector<std::uint32_t>& rows = rows_by_offset();
    const auto next =
        std::upper_bound(rows.begin(), rows.end(), start,
                         [this](std::uint64_t wanted, std::uint32_t row) { return wanted < offset(row); });
    if (next != rows.end()) return offset(*next);
    struct stat status {};
    if (::stat(pack_path().c_str(), &status) != 0) return fail_errno(errno, "stat", pack_path().string());
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size < digest_bytes + start) return damaged_file(pack_path(), "the pack is cut off");
    return size - digest_bytes;
}

}  // namespace autobackup::git
