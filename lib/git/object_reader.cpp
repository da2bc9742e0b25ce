// SPDX-License-Identifier: MIT
// Streaming, and the opening of packs.
#include "lib/git/object_reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <new>

#include "lib/git/loose_stream.hpp"

namespace autobackup::git {

namespace {

bool is_other_type(std::optional<ObjectType> expected, unsigned type) {
    return expected && static_cast<unsigned>(*expected) != type;
}

constexpr const char* other_type = "it is an object of another type than expected";

}  // namespace

ObjectReader::ObjectReader(fs::path objects, const PackStore& packs)
    : objects_(std::move(objects)), packs_(packs), decompressor_(libdeflate_alloc_decompressor()) {
    if (decompressor_ == nullptr) throw std::bad_alloc();
}

Failure ObjectReader::failure(Errc code, const Oid& oid, std::string what) const {
    return fail(code, "read", "object " + oid.hex() + " in " + objects_.parent_path().string(),
                std::move(what));
}

fs::path ObjectReader::loose_file(const Oid& oid) const {
    const std::string name = oid.hex();
    return objects_ / name.substr(0, 2) / name.substr(2);
}

bool ObjectReader::has(const Oid& oid) const {
    std::error_code ignored;
    return packs_.find(oid).has_value() || fs::exists(loose_file(oid), ignored);
}

void ObjectReader::forget() {
    window_.reset();
    file_.reset();
    open_index_.clear();
    bases_.clear();
}

Result<void> ObjectReader::open_pack(const PackFile& pack) {
    if (window_ && open_index_ == pack.index_path()) return {};
    Result<FileDescriptor> file = pack.open_pack();
    std::error_code ignored;
    if (!file && !fs::exists(pack.index_path(), ignored)) {
        // By another process: join_packs() and git repack put the objects into another pack first.
        Failure went = fail(Errc::io_error, "read", pack.pack_path().string(),
                            "the pack was replaced by another while it was read: ask again");
        went.transient = true;
        return went;
    }
    if (!file) return file.error();
    window_.reset();
    file_ = std::move(*file);
    window_.emplace(file_.get(), pack.pack_path());
    open_index_ = pack.index_path();
    return {};
}

Result<ObjectReader::Front> ObjectReader::read_front(PackLocation location) {
    const Result<void> opened = open_pack(*location.pack);
    if (!opened) return opened.error();
    Front front;
    front.offset = location.pack->offset(location.row);
    const Result<std::uint64_t> end = location.pack->end_of(front.offset);
    if (!end) return end.error();
    front.end = *end;
    const Result<std::size_t> copied = window_->copy(front.offset, front.end, front.bytes);
    if (!copied) return copied.error();
    front.length = *copied;
    const std::optional<EntryHead> head =
        decode_entry_head(std::span<const std::byte>(front.bytes).first(front.length));
    if (!head)
        return failure(Errc::repository_invalid, location.pack->oid(location.row),
                       "the head of its pack entry is damaged");
    front.head = *head;
    return front;
}

Result<ObjectType> ObjectReader::stream_entry(PackLocation location, const TakeBytes& take,
                                              std::optional<ObjectType> expected) {
    const Oid oid = location.pack->oid(location.row);
    const Result<Front> front = read_front(location);
    if (!front) return front.error();
    if (front->head.is_delta()) {
        const Result<BaseCache::Base> object = load_entry(location);
        if (!object) return object.error();
        if (is_other_type(expected, object->type)) return failure(Errc::repository_invalid, oid, other_type);
        const auto type = static_cast<ObjectType>(object->type);
        if (hash_object(type, *object->content) != oid)
            return failure(Errc::repository_invalid, oid, "its content is damaged");
        const Result<void> taken = take(std::as_bytes(std::span(*object->content)));
        if (!taken) return taken.error();
        return type;
    }
    if (is_other_type(expected, front->head.type)) return failure(Errc::repository_invalid, oid, other_type);
    const auto type = static_cast<ObjectType>(front->head.type);
    ObjectHasher hasher(type, front->head.size);
    const auto hash_and_take = [&hasher, &take](std::span<const std::byte> bytes) -> Result<void> {
        hasher.update(bytes);
        return take(bytes);
    };
    const Result<std::uint64_t> behind =
        inflater_.run(*window_, front->offset + front->head.length, front->end, hash_and_take);
    if (!behind) return behind.error();
    if (hasher.finish() != oid) return failure(Errc::repository_invalid, oid, "its content is damaged");
    return type;
}

Result<ObjectType> ObjectReader::stream_loose(const Oid& oid, const fs::path& file, const TakeBytes& take,
                                              std::optional<ObjectType> expected) {
    const Result<FileDescriptor> opened = open_file(file, O_RDONLY);
    if (!opened) return opened.error();
    const Result<std::uint64_t> size = file_size(opened->get(), file);
    if (!size) return size.error();
    FileWindow window(opened->get(), file);
    LooseStream stream(take, expected);
    const Result<std::uint64_t> behind = inflater_.run(window, 0, *size, std::ref(stream));
    if (stream.wrong())
        return failure(Errc::repository_invalid, oid,
                       "its header is damaged, or that of another type than expected");
    if (!behind) return behind.error();
    if (*behind != *size) return failure(Errc::repository_invalid, oid, "something follows its content");
    if (stream.name() != oid) return failure(Errc::repository_invalid, oid, "its content is damaged");
    return static_cast<ObjectType>(stream.head().type);
}

Result<ObjectType> ObjectReader::stream(const Oid& oid, const TakeBytes& take,
                                        std::optional<ObjectType> expected) {
    if (const std::optional<PackLocation> location = packs_.find(oid))
        return stream_entry(*location, take, expected);
    const fs::path loose = loose_file(oid);
    std::error_code ignored;
    if (fs::exists(loose, ignored)) return stream_loose(oid, loose, take, expected);
    return failure(Errc::not_found, oid, "there is no such object");
}

}  // namespace autobackup::git
