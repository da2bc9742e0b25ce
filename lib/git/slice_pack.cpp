// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <algorithm>

#include "lib/git/commit_parts.hpp"
#include "lib/git/growing_pack_impl.hpp"
#include "lib/git/segment_plan.hpp"
#include "lib/git/zlib_encoder.hpp"

namespace autobackup::git {

namespace {

Result<void> add_object(SegmentPlan& plan, const RawObject& object) {
    std::array<std::byte, longest_entry_head> head{};
    const std::size_t length = encode_entry_head(static_cast<unsigned>(object.type), object.content.size(), head);
    Result<void> added = plan.add_bytes(std::span<const std::byte>(head).first(length));
    const TakeBytes put = [&plan](std::span<const std::byte> bytes) { return plan.add_bytes(bytes); };
    ZlibEncoder encoder;
    encoder.begin(object.content.size(), /*compress=*/true);
    if (added) added = encoder.update(std::as_bytes(std::span(object.content)), put);
    return added ? encoder.finish(put) : added;
}

Segment entry_segment(const IndexEntry& entry, std::uint64_t end) {
    Segment segment;
    segment.source = Segment::Source::file;
    segment.check_crc = true;
    segment.offset = entry.offset;
    segment.length = end - entry.offset;
    segment.crc = entry.crc;
    return segment;
}

}  // namespace

Result<SlicePack> GrowingPack::slice(std::size_t first, std::size_t last, std::int64_t unix_seconds, const std::string& message) {
    const fs::path& path = impl_->file.path();
    if (first >= last || last > impl_->entries.size()) return fail(Errc::internal, "read", path.string(), "no such entries");
    Result<FileDescriptor> file = open_file(path, O_RDONLY);
    if (!file) return file.error();
    SegmentPlan plan;
    plan.files.push_back(path);
    plan.spill = std::make_unique<SpillBuffer>(impl_->directory);
    plan.objects = static_cast<std::uint32_t>(last - first + 2);
    plan.give_back = std::pair(end_of(first), end_of(last));
    Result<void> added = plan.add_bytes(pack_header(plan.objects));
    std::vector<Oid> blobs;
    for (std::size_t i = first; i < last; ++i) {
        plan.segments.push_back(entry_segment(impl_->entries[i], end_of(i + 1)));
        blobs.push_back(impl_->entries[i].oid);
    }
    const PartObjects held = part_objects(blobs, unix_seconds, message);
    for (const RawObject* object : {&held.tree, &held.commit}) {
        if (added) added = add_object(plan, *object);
    }
    if (!added) return added.error();
    for (const Segment& segment : plan.segments) plan.size += segment.length;
    plan.size += digest_bytes;
    impl_->sliced = std::max(impl_->sliced, end_of(last));
    return SlicePack{held.commit.oid, std::move(blobs), PackReader::make(std::move(plan), std::move(*file))};
}

}  // namespace autobackup::git
