// SPDX-License-Identifier: MIT
#include "lib/git/segment_plan.hpp"

#include <libdeflate.h>

#include <algorithm>

#include "lib/git/zlib_encoder.hpp"

namespace autobackup::git {

namespace {

struct PackedObject {
    PackLocation location;
    std::uint64_t offset = 0;
};

class Planner {
public:
    Planner(Repository::Impl& repository, std::vector<IndexEntry>* entries)
        : repository_(repository), reader_(repository.reader), entries_(entries) {
        plan_.spill = std::make_unique<SpillBuffer>(repository.path / "objects");
    }

    Result<SegmentPlan> run(const std::vector<Oid>& objects) {
        const Result<void> located = locate(objects);
        if (!located) return located.error();
        plan_.objects = static_cast<std::uint32_t>(wanted_.size());
        if (is_one_pack()) {
            const Result<void> whole = add_whole_pack(*packed_.front().location.pack);
            if (!whole) return whole.error();
            return std::move(plan_);
        }
        Result<void> done = add_bytes(pack_header(plan_.objects));
        for (auto at = packed_.begin(); done && at != packed_.end(); ++at) done = add_packed(*at);
        for (auto at = others_.begin(); done && at != others_.end(); ++at) done = add_encoded(*at);
        if (!done) return done.error();
        plan_.size = digest_bytes;
        for (const Segment& segment : plan_.segments) plan_.size += segment.length;
        return std::move(plan_);
    }

private:
    Result<void> locate(const std::vector<Oid>& objects) {
        for (const Oid& oid : objects) {
            if (!wanted_.insert(oid).second) continue;
            if (!repository_.has(oid)) {
                return fail(Errc::not_found, "pack", "object " + repository_.object_name(oid),
                            "there is no such object");
            }
        }
        // Only now: has() may have looked for new packs.
        for (const Oid& oid : wanted_) {
            const std::optional<PackLocation> location = repository_.packs.find(oid);
            if (!location) {
                others_.push_back(oid);
                continue;
            }
            PackedObject object;
            object.location = *location;
            object.offset = location->pack->offset(location->row);
            packed_.push_back(object);
        }
        std::sort(packed_.begin(), packed_.end(), [](const PackedObject& a, const PackedObject& b) {
            const fs::path& left = a.location.pack->index_path();
            const fs::path& right = b.location.pack->index_path();
            return a.location.pack == b.location.pack ? a.offset < b.offset : left < right;
        });
        return {};
    }

    [[nodiscard]] bool is_one_pack() const {
        return others_.empty() && !packed_.empty() &&
               packed_.front().location.pack == packed_.back().location.pack &&
               packed_.size() == packed_.front().location.pack->count();
    }

    Result<void> add_whole_pack(const PackFile& pack) {
        const Result<FileDescriptor> file = pack.open_pack();
        if (!file) return file.error();
        const Result<std::uint64_t> size = file_size(file->get(), pack.pack_path());
        if (!size) return size.error();
        plan_.size = *size;
        plan_.expected_trailer = pack.pack_digest();
        plan_.files.push_back(pack.pack_path());
        Segment segment;
        segment.source = Segment::Source::file;
        segment.length = *size - digest_bytes;
        plan_.segments.push_back(segment);
        for (const PackedObject& object : packed_)
            note_entry(object.location.pack->oid(object.location.row), object.offset);
        return {};
    }

    void note_entry(const Oid& oid, std::uint64_t offset) {
        if (entries_ == nullptr) return;
        IndexEntry entry;
        entry.oid = oid;
        entry.offset = offset;
        entries_->push_back(entry);
    }

    Result<void> add_packed(const PackedObject& object) {
        const Result<ObjectReader::Front> front = reader_.read_front(object.location);
        if (!front) return front.error();
        const Oid oid = object.location.pack->oid(object.location.row);
        if (!front->head.is_delta()) {
            note_entry(oid, at_);
            add_file_bytes(object, front->offset, front->end, 0);
            return {};
        }
        const Result<ObjectReader::BaseReference> reference = reader_.base_of(object.location, *front);
        if (!reference) return reference.error();
        const Oid base = reference->location.pack->oid(reference->location.row);
        // Bases in one and the same pack cannot lead in a circle; across packs they can.
        const std::optional<PackLocation> found =
            wanted_.contains(base) ? repository_.packs.find(base) : std::nullopt;
        if (!found || found->pack != object.location.pack) return add_encoded(oid);
        note_entry(oid, at_);
        std::array<std::byte, longest_entry_head> head{};
        const std::size_t length = encode_entry_head(reference_delta, front->head.size, head);
        Result<void> added = add_bytes(std::span<const std::byte>(head).first(length));
        if (added) added = add_bytes(std::as_bytes(std::span(base.bytes)));
        if (!added) return added;
        const std::size_t skipped = front->head.length + reference->bytes;
        add_file_bytes(object, front->offset + skipped, front->end,
                       libdeflate_crc32(0, front->bytes.data(), skipped));
        return {};
    }

    void add_file_bytes(const PackedObject& object, std::uint64_t from, std::uint64_t to,
                        std::uint32_t crc_start) {
        const fs::path path = object.location.pack->pack_path();
        if (plan_.files.empty() || plan_.files.back() != path) plan_.files.push_back(path);
        Segment segment;
        segment.source = Segment::Source::file;
        segment.check_crc = true;
        segment.file = static_cast<std::uint32_t>(plan_.files.size() - 1);
        segment.offset = from;
        segment.length = to - from;
        segment.crc_start = crc_start;
        segment.crc = object.location.pack->crc(object.location.row);
        plan_.segments.push_back(segment);
        at_ += segment.length;
    }

    Result<void> add_bytes(std::span<const std::byte> bytes) {
        at_ += bytes.size();
        return plan_.add_bytes(bytes);
    }

    Result<void> add_encoded(const Oid& oid) {
        // Type and size come first, and a delta has them only when it is put together.
        const Result<ObjectHead> object = reader_.head(oid);
        if (!object) return object.error();
        note_entry(oid, at_);
        std::array<std::byte, longest_entry_head> head{};
        const std::size_t length = encode_entry_head(static_cast<unsigned>(object->type), object->size, head);
        const Result<void> added = add_bytes(std::span<const std::byte>(head).first(length));
        if (!added) return added;
        const TakeBytes put = [this](std::span<const std::byte> bytes) { return add_bytes(bytes); };
        encoder_.begin(object->size, /*compress=*/true);
        const Result<ObjectType> streamed = reader_.stream(
            oid, [&](std::span<const std::byte> bytes) { return encoder_.update(bytes, put); });
        if (!streamed) return streamed.error();
        return encoder_.finish(put);
    }

    Repository::Impl& repository_;
    ObjectReader& reader_;
    ZlibEncoder encoder_;
    SegmentPlan plan_;
    OidSet wanted_;
    std::vector<PackedObject> packed_;
    std::vector<Oid> others_;
    std::uint64_t at_ = 0;  // bytes planned so far
    std::vector<IndexEntry>* entries_;
};

}  // namespace

Result<void> SegmentPlan::add_bytes(std::span<const std::byte> bytes) {
    if (segments.empty() || segments.back().source != Segment::Source::spill) {
        Segment segment;
        segment.offset = spill->size();
        segments.push_back(segment);
    }
    segments.back().length += bytes.size();
    return spill->append(bytes);
}

Result<SegmentPlan> plan_segments(Repository::Impl& repository, const std::vector<Oid>& objects,
                                  std::vector<IndexEntry>* entries) {
    repository.refresh();
    Planner planner(repository, entries);
    return planner.run(objects);
}

}  // namespace autobackup::git
