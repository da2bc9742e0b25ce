// SPDX-License-Identifier: MIT
// Whole objects in memory, deltas put together.
#include <fcntl.h>

#include <algorithm>

#include "lib/git/loose_stream.hpp"
#include "lib/git/object_reader.hpp"

namespace autobackup::git {

namespace {

// git itself makes chains of 50, at most 4095; more than this can only be a circle.
constexpr std::size_t longest_chain = 10'000;

/// zlib cannot shrink by more than about 1032 : 1 (RFC 1951: 258 bytes take two bits); a size beyond it is
/// damage.
bool is_possible_size(std::uint64_t size, std::uint64_t compressed) {
    return size / 1040 <= compressed;
}

constexpr const char* damaged_delta = "the delta that it is stored as is damaged";

}  // namespace

Result<LoadedObject> ObjectReader::load(const Oid& oid) {
    LoadedObject object;
    if (const std::optional<PackLocation> location = packs_.find(oid)) {
        Result<BaseCache::Base> entry = load_entry(*location);
        if (!entry) return entry.error();
        object.type = static_cast<ObjectType>(entry->type);
        object.content = *entry->content;
        if (hash_object(object.type, object.content) != oid)
            return failure(Errc::repository_invalid, oid, "its content is damaged");
        return object;
    }
    const auto append = [&object](std::span<const std::byte> bytes) -> Result<void> {
        object.content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    };
    const Result<ObjectType> type = stream(oid, append);
    if (!type) return type.error();
    object.type = *type;
    return object;
}

Result<ObjectReader::BaseReference> ObjectReader::base_of(PackLocation location, const Front& front) const {
    const Oid oid = location.pack->oid(location.row);
    const std::span<const std::byte> after =
        std::span<const std::byte>(front.bytes).first(front.length).subspan(front.head.length);
    BaseReference base;
    std::optional<std::uint32_t> row;
    if (front.head.type == reference_delta) {
        Oid name;
        if (after.size() < name.bytes.size()) return failure(Errc::repository_invalid, oid, damaged_delta);
        std::memcpy(name.bytes.data(), after.data(), name.bytes.size());
        base.bytes = name.bytes.size();
        row = location.pack->find(name);
    } else {
        const std::optional<BaseDistance> back = decode_base_distance(after);
        if (!back || back->distance > front.offset)
            return failure(Errc::repository_invalid, oid, damaged_delta);
        base.bytes = back->length;
        row = location.pack->row_at(front.offset - back->distance);
    }
    // A pack on disk holds the bases of all its deltas.
    if (!row)
        return failure(Errc::repository_invalid, oid,
                       "the base of the delta that it is stored as is missing");
    base.location.pack = location.pack;
    base.location.row = *row;
    return base;
}

Result<std::string> ObjectReader::inflate_entry(PackLocation location, const Front& front,
                                                std::size_t skipped) {
    const std::uint64_t start = front.offset + skipped;
    const std::uint64_t length = front.end - start;
    const Oid oid = location.pack->oid(location.row);
    if (start > front.end || !is_possible_size(front.head.size, length)) {
        return failure(Errc::repository_invalid, oid, "the head of its pack entry is damaged");
    }
    compressed_.resize(length);
    const Result<std::size_t> copied = window_->copy(start, front.end, compressed_);
    if (!copied) return copied.error();
    std::string content(front.head.size, '\0');
    std::size_t used = 0;
    const libdeflate_result result =
        libdeflate_zlib_decompress_ex(decompressor_.get(), compressed_.data(), compressed_.size(),
                                      content.data(), content.size(), &used, nullptr);
    if (result != LIBDEFLATE_SUCCESS || used != compressed_.size()) {
        return failure(Errc::repository_invalid, oid, "its compressed content is damaged");
    }
    return content;
}

Result<BaseCache::Base> ObjectReader::load_entry(PackLocation location) {
    // Down to a whole object or one that is remembered, then up again delta by delta.
    std::vector<std::pair<BaseCache::Key, std::string>> deltas;
    BaseCache::Base base;
    for (PackLocation at = location; base.content == nullptr;) {
        const BaseCache::Key key(at.pack, at.pack->offset(at.row));
        if (std::optional<BaseCache::Base> known = bases_.find(key)) {
            base = std::move(*known);
            break;
        }
        const Result<Front> front = read_front(at);
        if (!front) return front.error();
        std::size_t skipped = front->head.length;
        PackLocation next;
        if (front->head.is_delta()) {
            const Result<BaseReference> reference = base_of(at, *front);
            if (!reference) return reference.error();
            skipped += reference->bytes;
            next = reference->location;
        }
        Result<std::string> content = inflate_entry(at, *front, skipped);
        if (!content) return content.error();
        if (!front->head.is_delta()) {
            base.type = front->head.type;
            base.content = std::make_shared<const std::string>(std::move(*content));
            bases_.keep(key, base);
            break;
        }
        deltas.emplace_back(key, std::move(*content));
        if (deltas.size() > longest_chain)
            return failure(Errc::repository_invalid, location.pack->oid(location.row), damaged_delta);
        at = next;
    }
    for (; !deltas.empty(); deltas.pop_back()) {
        std::optional<std::string> content = apply_delta(*base.content, deltas.back().second);
        if (!content)
            return failure(Errc::repository_invalid, location.pack->oid(location.row), damaged_delta);
        base.content = std::make_shared<const std::string>(std::move(*content));
        bases_.keep(deltas.back().first, base);
    }
    return base;
}

Result<ObjectHead> ObjectReader::head(const Oid& oid) {
    const std::optional<PackLocation> location = packs_.find(oid);
    if (!location) {
        const fs::path loose = loose_file(oid);
        std::error_code ignored;
        if (!fs::exists(loose, ignored)) return failure(Errc::not_found, oid, "there is no such object");
        return loose_head(oid, loose);
    }
    const Result<Front> front = read_front(*location);
    if (!front) return front.error();
    if (front->head.is_delta()) return delta_head(*location, *front);
    ObjectHead head;
    head.type = static_cast<ObjectType>(front->head.type);
    head.size = front->head.size;
    return head;
}

Result<ObjectHead> ObjectReader::delta_head(PackLocation location, const Front& front) {
    const Oid oid = location.pack->oid(location.row);
    ObjectHead head;
    bool sized = false;
    PackLocation at = location;
    Front current = front;
    for (std::size_t step = 0; current.head.is_delta(); ++step) {
        const Result<BaseReference> reference = base_of(at, current);
        if (!reference) return reference.error();
        if (!sized) {
            const Result<std::string> delta =
                inflate_entry(at, current, current.head.length + reference->bytes);
            if (!delta) return delta.error();
            std::string_view text = *delta;
            const std::optional<DeltaSizes> sizes = take_delta_sizes(text);
            if (!sizes) return failure(Errc::repository_invalid, oid, damaged_delta);
            head.size = sizes->result;
            sized = true;
        }
        at = reference->location;
        const Result<Front> next = read_front(at);
        if (!next) return next.error();
        current = *next;
        if (step > longest_chain) return failure(Errc::repository_invalid, oid, damaged_delta);
    }
    head.type = static_cast<ObjectType>(current.head.type);
    return head;
}

Result<ObjectHead> ObjectReader::loose_head(const Oid& oid, const fs::path& file) {
    const Result<FileDescriptor> opened = open_file(file, O_RDONLY);
    if (!opened) return opened.error();
    const Result<std::uint64_t> size = file_size(opened->get(), file);
    if (!size) return size.error();
    FileWindow window(opened->get(), file, 4096);
    std::optional<EntryHead> found;
    const auto stop_after_header = [&found](std::span<const std::byte> bytes) -> Result<void> {
        found = take_loose_header(bytes);
        return fail(Errc::cancelled, "read", "a loose object", "its header is all that is wanted");
    };
    const Result<std::uint64_t> run = inflater_.run(window, 0, *size, stop_after_header);
    if (!found)
        return run ? failure(Errc::repository_invalid, oid, "it is empty")
                   : failure(Errc::repository_invalid, oid, "its header is damaged");
    ObjectHead head;
    head.type = static_cast<ObjectType>(found->type);
    head.size = found->size;
    return head;
}

}  // namespace autobackup::git
