// SPDX-License-Identifier: MIT
#include "lib/git/bundle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "lib/core/stop.hpp"
#include "lib/core/text.hpp"
#include "lib/git/pack_format.hpp"
#include "lib/git/write_pack.hpp"

namespace autobackup::git {
namespace {

constexpr std::size_t head_piece = std::size_t{64} << 10;
constexpr std::size_t longest_head = std::size_t{256} << 20;  // a million refs with long names
constexpr std::string_view version_2 = "# v2 git bundle\n";
constexpr std::string_view version_3 = "# v3 git bundle\n";

Result<void> write_all_of(PackReader& reader, const BundleRefs& refs, int fd, const fs::path& file, const StopAsked& stop) {
    std::string head(version_2);
    for (const auto& [name, oid] : refs) head += oid.hex() + " " + name + "\n";
    const Result<void> begun = write_all(fd, head + "\n", file);
    if (!begun) return begun;
    const Result<void> written = write_pack(reader, fd, file, stop);
    if (!written) return written;
    return sync_file(fd, file);
}

struct Head {
    BundleRefs refs;
    std::uint64_t pack_at = 0;
    bool whole = true;  ///< it needs nothing that it does not hold
};

// Lines up to the empty one: capabilities ("@…", version 3), prerequisites ("-<oid> …"), refs ("<oid> <name>").
Result<Head> parse_head(const std::string& text, const fs::path& file) {
    if (!text.starts_with(version_2) && !text.starts_with(version_3)) return damaged_file(file, "this is no git bundle");
    Head head;
    for (std::size_t at = version_2.size();;) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string::npos) return damaged_file(file, "the bundle ends in its list of refs");
        const std::string_view line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        if (line.empty()) {
            head.pack_at = at;
            return head;
        }
        head.whole = head.whole && line.front() != '-';
        if (line.front() == '@' || line.front() == '-') continue;
        const std::optional<Oid> oid = Oid::parse(line.substr(0, 40));
        if (!oid || line.size() < 42 || line[40] != ' ') return damaged_file(file, "the bundle has a bad line in its list of refs");
        head.refs.emplace_back(std::string(line.substr(41)), *oid);
    }
}

// As much of the front as the head takes.
Result<Head> read_head(int fd, const fs::path& file) {
    const Result<std::uint64_t> size = file_size(fd, file);
    if (!size) return size.error();
    std::string text;
    std::size_t looked_at = 0;  // up to here there is no empty line
    while (text.find("\n\n", looked_at) == std::string::npos) {
        looked_at = text.empty() ? 0 : text.size() - 1;
        const std::size_t more = static_cast<std::size_t>(std::min<std::uint64_t>(head_piece, *size - text.size()));
        if (more == 0 || text.size() > longest_head) return damaged_file(file, "this is no whole git bundle");
        const std::size_t before = text.size();
        text.resize(before + more);
        const Result<void> read = read_exactly(fd, std::as_writable_bytes(std::span(text.data() + before, more)), before, file);
        if (!read) return read.error();
    }
    return parse_head(text, file);
}

using TakePiece = std::function<Result<void>(std::span<const std::byte>)>;

// `take` (may be empty) gets the pack, its trailer too, while it is read.
Result<void> check_pack(int fd, std::uint64_t at, const fs::path& file, const StopAsked& stop, const TakePiece& take = {}) {
    const Result<std::uint64_t> size = file_size(fd, file);
    if (!size) return size.error();
    if (*size < at + 12 + digest_bytes) return damaged_file(file, "its pack is cut");
    const std::uint64_t end = *size - digest_bytes;
    hash::Digest digest(hash::Algorithm::sha1);
    std::vector<std::byte> buffer(piece_bytes);
    for (bool first = true; at < end; first = false) {
        if (stop && stop()) return fail_cancelled("read", file.string());
        const std::span<std::byte> part = std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, end - at)));
        const Result<void> read = read_exactly(fd, part, at, file);
        if (!read) return read;
        if (first && std::string_view(reinterpret_cast<const char*>(part.data()), 4) != "PACK") return damaged_file(file, "it holds no pack");
        digest.update(part);
        const Result<void> taken = take ? take(part) : Result<void>();
        if (!taken) return taken;
        at += part.size();
    }
    std::string trailer(digest_bytes, '\0');
    const Result<void> read = read_exactly(fd, std::as_writable_bytes(std::span(trailer.data(), trailer.size())), end, file);
    if (!read) return read;
    if (digest.finish() != trailer) return damaged_file(file, "its pack does not have the SHA-1 that it ends with");
    return take ? take(std::as_bytes(std::span(trailer.data(), trailer.size()))) : Result<void>();
}

}  // namespace

Result<BundleInfo> write_bundle(const Repository& repository, const BundleRefs& refs, const fs::path& file, const StopAsked& stop) {
    if (refs.empty()) return fail(Errc::bad_request, "write", file.string(), "a bundle without refs cannot be");
    std::vector<Oid> tips;
    for (const auto& [name, oid] : refs) tips.push_back(oid);
    Result<std::vector<Oid>> objects = repository.missing_objects(tips, {});
    if (!objects) return objects.error();
    Result<PackReader> reader = PackReader::make(repository, *objects);
    if (!reader) return reader.error();
    const fs::path temporary = file.parent_path() / ("." + file.filename().string() + "." + std::to_string(::getpid()) + ".part");
    const Result<FileDescriptor> fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!fd) return fd.error();
    Result<void> done = write_all_of(*reader, refs, fd->get(), temporary, stop);
    const Result<std::uint64_t> size = file_size(fd->get(), temporary);
    if (done && !size) done = size.error();
    if (done) done = rename_durably(temporary, file);
    if (!done) {
        remove_quietly(temporary);
        return done.error();
    }
    return BundleInfo{std::move(*objects), *size};
}

Result<BundleRefs> read_bundle_refs(const fs::path& file) {
    const Result<FileDescriptor> fd = open_file(file, O_RDONLY);
    if (!fd) return fd.error();
    Result<Head> head = read_head(fd->get(), file);
    if (!head) return head.error();
    return std::move(head->refs);
}

Result<BundleRefs> unpack_bundle(const fs::path& file, const fs::path& pack, const StopAsked& stop) {
    const Result<FileDescriptor> fd = open_file(file, O_RDONLY);
    if (!fd) return fd.error();
    Result<Head> head = read_head(fd->get(), file);
    if (!head) return head.error();
    if (!head->whole) return damaged_file(file, "the bundle needs commits that it does not hold");
    const Result<FileDescriptor> out = open_file(pack, O_WRONLY | O_CREAT | O_TRUNC);
    if (!out) return out.error();
    const auto write = [&](std::span<const std::byte> bytes) { return write_all(out->get(), bytes, pack); };
    const Result<void> copied = check_pack(fd->get(), head->pack_at, file, stop, write);
    if (!copied) return copied.error();
    return std::move(head->refs);
}

Result<void> check_bundle(const fs::path& file, const StopAsked& stop) {
    const Result<FileDescriptor> fd = open_file(file, O_RDONLY);
    if (!fd) return fd.error();
    const Result<Head> head = read_head(fd->get(), file);
    if (!head) return head.error();
    return check_pack(fd->get(), head->pack_at, file, stop);
}

}  // namespace autobackup::git
