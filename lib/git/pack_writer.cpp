// SPDX-License-Identifier: MIT
#include "lib/git/pack_writer.hpp"

#include <algorithm>

namespace autobackup::git {

namespace {

// Small enough to stay in the processor's cache from hashing to copying.
constexpr std::size_t slice_bytes = std::size_t{64} << 10;

Failure mismatch(const Oid& oid, std::string what) {
    return fail(Errc::content_mismatch, "write", "object " + oid.hex(), std::move(what));
}

}  // namespace

PackWriter::PackWriter(int fd, fs::path name, const Progress& progress, PackTap* tap, std::uint64_t from)
    : sink_(fd, std::move(name), tap, from),
      progress_(progress),
      put_([this](std::span<const std::byte> bytes) { return put(bytes); }) {}

Result<void> PackWriter::begin(std::uint32_t objects) {
    entries_.reserve(objects);
    return sink_.put(pack_header(objects));
}

Result<void> PackWriter::put(std::span<const std::byte> bytes) {
    std::uint32_t& crc = entries_.back().crc;
    crc = libdeflate_crc32(crc, bytes.data(), bytes.size());
    return sink_.put(bytes);
}

Result<void> PackWriter::begin_entry(const Oid& oid, ObjectType type, std::uint64_t size, bool compress) {
    IndexEntry entry;
    entry.oid = oid;
    entry.offset = sink_.offset();
    entries_.push_back(entry);
    left_ = size;
    encoder_.begin(size, compress);
    std::array<std::byte, longest_entry_head> head{};
    const std::size_t length = encode_entry_head(static_cast<unsigned>(type), size, head);
    return put(std::span<const std::byte>(head).first(length));
}

Result<void> PackWriter::add_content(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::span<const std::byte> slice = bytes.first(std::min(bytes.size(), slice_bytes));
        bytes = bytes.subspan(slice.size());
        if (slice.size() > left_)
            return mismatch(entries_.back().oid, "the content is longer than announced");
        left_ -= slice.size();
        const Result<void> encoded = encoder_.update(slice, put_);
        if (!encoded) return encoded;
        done_ += slice.size();
    }
    if (progress_) progress_(done_);
    return {};
}

Result<void> PackWriter::end_entry() {
    const Oid& oid = entries_.back().oid;
    if (left_ != 0)
        return mismatch(oid, "the content is " + std::to_string(left_) + " bytes shorter than announced");
    return encoder_.finish(put_);
}

Result<void> PackWriter::add(const RawObject& object) {
    const Result<void> begun = begin_entry(object.oid, object.type, object.content.size(), /*compress=*/true);
    if (!begun) return begun;
    const Result<void> added = add_content(std::as_bytes(std::span(object.content)));
    if (!added) return added;
    return end_entry();
}

Result<void> PackWriter::add(const NewBlob& blob) {
    const Result<void> begun = begin_entry(blob.oid, ObjectType::blob, blob.size, blob.compress);
    if (!begun) return begun;
    const Result<void> produced =
        blob.produce([this](std::span<const std::byte> bytes) { return add_content(bytes); });
    if (!produced) return produced;
    return end_entry();
}

}  // namespace autobackup::git
