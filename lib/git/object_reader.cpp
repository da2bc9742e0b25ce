// SPDX-License-Identifier: MIT
#include "lib/git/object_reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

namespace autobackup::git {

namespace {

Failure damaged(const Repository::Impl& repository, const Oid& oid, std::string what) {
    return fail(Errc::repository_invalid, "read", "object " + repository.object_name(oid), std::move(what));
}

Failure other_name(const Repository::Impl& repository, const Oid& oid, const Oid& found) {
    return damaged(repository, oid, "its content is damaged (it has the name " + found.hex() + ")");
}

bool is_other_type(std::optional<ObjectType> expected, unsigned type) {
    return expected && static_cast<unsigned>(*expected) != type;
}

/// Takes "blob 123\0" off the front of a loose object; nothing when it is not there.
std::optional<EntryHead> take_loose_header(std::span<const std::byte>& bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 40));
    const std::size_t space = text.find(' ');
    const std::size_t zero = text.find('\0');
    if (space == std::string_view::npos || zero == std::string_view::npos || space > zero) return std::nullopt;
    EntryHead head;
    const std::string_view type = text.substr(0, space);
    head.type = type == "commit" ? 1U : type == "tree" ? 2U : type == "blob" ? 3U : type == "tag" ? 4U : 0U;
    const auto [end, error] = std::from_chars(text.data() + space + 1, text.data() + zero, head.size);
    if (head.type == 0 || error != std::errc{} || end != text.data() + zero) return std::nullopt;
    bytes = bytes.subspan(zero + 1);
    return head;
}

/// Takes a loose object apart while it is unpacked.
struct LooseStream {
    LooseStream(const TakeBytes& consumer, std::optional<ObjectType> wanted) : take(consumer), expected(wanted) {}

    const TakeBytes& take;
    std::optional<ObjectType> expected;
    ObjectHasher hasher{ObjectType::blob, 0};
    EntryHead head;
    bool wrong = false;

    Result<void> operator()(std::span<const std::byte> bytes) {
        if (head.type == 0) {
            const std::optional<EntryHead> found = take_loose_header(bytes);
            wrong = !found || is_other_type(expected, found->type);
            if (wrong) return fail(Errc::repository_invalid, "read", "a loose object", "its header is not as expected");
            head = *found;
            hasher.restart(static_cast<ObjectType>(head.type), head.size);
        }
        hasher.update(bytes);
        return take(bytes);
    }
};

}  // namespace

Result<void> ObjectReader::open_pack(PackFile& pack) {
    if (window_ && open_index_ == pack.index_path()) return {};
    Result<FileDescriptor> file = pack.open_pack();
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
    const std::optional<EntryHead> head = decode_entry_head(std::span<const std::byte>(front.bytes).first(front.length));
    if (!head) return damaged(repository_, location.pack->oid(location.row), "the head of its pack entry is damaged");
    front.head = *head;
    return front;
}

Result<ObjectType> ObjectReader::stream_entry(PackLocation location, const TakeBytes& take, std::optional<ObjectType> expected) {
    const Oid oid = location.pack->oid(location.row);
    const Result<Front> front = read_front(location);
    if (!front) return front.error();
    if (front->head.is_delta()) return stream_loaded(oid, take, expected);
    if (is_other_type(expected, front->head.type)) return damaged(repository_, oid, "it is an object of another type than expected");
    const auto type = static_cast<ObjectType>(front->head.type);
    ObjectHasher hasher(type, front->head.size);
    const auto hash_and_take = [&hasher, &take](std::span<const std::byte> bytes) -> Result<void> {
        hasher.update(bytes);
        return take(bytes);
    };
    const Result<std::uint64_t> behind =
        inflater_.run(*window_, front->offset + front->head.length, front->end, hash_and_take);
    if (!behind) return behind.error();
    const Oid found = hasher.finish();
    if (found != oid) return other_name(repository_, oid, found);
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
    if (stream.wrong) return damaged(repository_, oid, "its header is damaged or that of another type than expected");
    if (!behind) return behind.error();
    const Oid found = stream.hasher.finish();
    if (found != oid) return other_name(repository_, oid, found);
    return static_cast<ObjectType>(stream.head.type);
}

Result<ObjectType> ObjectReader::stream_loaded(const Oid& oid, const TakeBytes& take, std::optional<ObjectType> expected) {
    // libgit2 hashes what it reads (strict hash verification is on unless switched off) and refuses another name.
    const Result<LoadedObject> object = repository_.load(oid);
    if (!object) return object.error();
    if (is_other_type(expected, static_cast<unsigned>(object->type))) {
        return damaged(repository_, oid, "it is an object of another type than expected");
    }
    const Result<void> taken = take(std::as_bytes(std::span(object->content())));
    if (!taken) return taken.error();
    return object->type;
}

Result<ObjectType> ObjectReader::stream(const Oid& oid, const TakeBytes& take, std::optional<ObjectType> expected) {
    if (const std::optional<PackLocation> location = repository_.packs.find(oid)) return stream_entry(*location, take, expected);
    const std::string name = oid.hex();
    const fs::path loose = repository_.path / "objects" / name.substr(0, 2) / name.substr(2);
    std::error_code ignored;
    if (fs::exists(loose, ignored)) return stream_loose(oid, loose, take, expected);
    return stream_loaded(oid, take, expected);  // an alternate, or a pack with an old index
}

}  // namespace autobackup::git
