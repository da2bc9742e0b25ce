// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <algorithm>
#include <unordered_set>

#include "lib/core/page_cache.hpp"
#include "lib/git/pack_writer.hpp"
#include "lib/git/segment_plan.hpp"

namespace autobackup::git {

struct PackReader::Impl {
    explicit Impl(SegmentPlan what) : plan(std::move(what)), digest(hash::Algorithm::sha1) {}

    Result<std::size_t> read(std::span<std::byte> buffer);
    Result<void> fill(const Segment& segment, std::uint64_t from, std::span<std::byte> bytes);
    Result<void> begin_segment(const Segment& segment);
    Result<void> end_segment(const Segment& segment) const;
    void rewind();

    SegmentPlan plan;
    hash::Digest digest;
    std::size_t segment = 0;       ///< the one to be read next
    std::uint64_t in_segment = 0;  ///< bytes of it already given
    std::uint32_t crc = 0;
    std::uint64_t given = 0;
    FileDescriptor file;  ///< of plan.files[open_file_index]
    std::size_t open_file_index = no_file;
    RawDigest trailer{};
    static constexpr std::size_t no_file = static_cast<std::size_t>(-1);
};

Result<void> PackReader::Impl::begin_segment(const Segment& next) {
    crc = next.crc_start;
    if (next.source != Segment::Source::file || open_file_index == next.file) return {};
    Result<FileDescriptor> opened = open_file(plan.files[next.file], O_RDONLY);
    if (!opened) return opened.error();
    file = std::move(*opened);
    open_file_index = next.file;
    return {};
}

Result<void> PackReader::Impl::fill(const Segment& from, std::uint64_t at, std::span<std::byte> bytes) {
    if (from.source == Segment::Source::spill) return plan.spill->read(from.offset + at, bytes);
    const Result<void> got = read_exactly(file.get(), bytes, from.offset + at, plan.files[from.file]);
    if (got && from.check_crc) crc = libdeflate_crc32(crc, bytes.data(), bytes.size());
    return got;
}

Result<void> PackReader::Impl::end_segment(const Segment& done) const {
    if (!done.check_crc || crc == done.crc) return {};
    return fail(Errc::repository_invalid, "read", plan.files[done.file].string(),
                "the entry at offset " + std::to_string(done.offset) + " is damaged (its checksum differs)");
}

Result<std::size_t> PackReader::Impl::read(std::span<std::byte> buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size() && segment < plan.segments.size()) {
        const Segment& current = plan.segments[segment];
        if (in_segment == 0) {
            const Result<void> begun = begin_segment(current);
            if (!begun) return begun.error();
        }
        const std::uint64_t left = current.length - in_segment;
        const std::span<std::byte> piece = buffer.subspan(
            filled, static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size() - filled)));
        const Result<void> read_piece = fill(current, in_segment, piece);
        if (!read_piece) return read_piece.error();
        digest.update(std::span<const std::byte>(piece));
        filled += piece.size();
        in_segment += piece.size();
        if (in_segment < current.length) continue;
        const Result<void> ended = end_segment(current);
        if (!ended) return ended.error();
        in_segment = 0;
        ++segment;
        if (segment < plan.segments.size()) continue;
        trailer = finish(digest);
        if (plan.give_back) release_pages(file.get(), plan.give_back->first, plan.give_back->second);
        // A whole pack file that does not have its SHA-1 any more: better no end than a wrong one.
        if (plan.expected_trailer && *plan.expected_trailer != trailer) {
            return fail(Errc::repository_invalid, "read", plan.files.front().string(),
                        "the pack does not have its SHA-1 any more");
        }
    }
    if (segment == plan.segments.size()) {
        const std::uint64_t at = given + filled - (plan.size - digest_bytes);
        const std::size_t take =
            std::min<std::size_t>(buffer.size() - filled, digest_bytes - static_cast<std::size_t>(at));
        std::memcpy(buffer.data() + filled, trailer.data() + at, take);
        filled += take;
    }
    given += filled;
    return filled;
}

void PackReader::Impl::rewind() {
    static_cast<void>(digest.finish());
    segment = 0;
    in_segment = 0;
    given = 0;
}

Result<PackReader> PackReader::make(const Repository& repository, const std::vector<Oid>& objects) {
    Result<SegmentPlan> plan = plan_segments(*repository.impl_, objects);
    if (!plan) return plan.error();
    return PackReader(std::make_unique<Impl>(std::move(*plan)));
}

Result<PackReader> PackReader::make(Repository::Impl& repository, const std::vector<Oid>& objects,
                                    std::vector<IndexEntry>& entries) {
    Result<SegmentPlan> plan = plan_segments(repository, objects, &entries);
    if (!plan) return plan.error();
    return PackReader(std::make_unique<Impl>(std::move(*plan)));
}

PackReader PackReader::make(SegmentPlan plan, FileDescriptor file) {
    auto impl = std::make_unique<Impl>(std::move(plan));
    impl->file = std::move(file);
    impl->open_file_index = 0;
    return PackReader(std::move(impl));
}

PackReader::PackReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PackReader::PackReader(PackReader&&) noexcept = default;
PackReader& PackReader::operator=(PackReader&&) noexcept = default;
PackReader::~PackReader() = default;

std::uint64_t PackReader::size() const noexcept {
    return impl_->plan.size;
}
std::uint32_t PackReader::objects() const noexcept {
    return impl_->plan.objects;
}
Result<std::size_t> PackReader::read(std::span<std::byte> buffer) {
    return impl_->read(buffer);
}
void PackReader::rewind() {
    impl_->rewind();
}

}  // namespace autobackup::git
