// SPDX-License-Identifier: MIT
#include "lib/git/growing_pack.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/core/page_cache.hpp"
#include "lib/core/stop.hpp"
#include "lib/git/growing_pack_impl.hpp"

namespace autobackup::git {

namespace {

Failure changed_on_disk(const fs::path& name, const IndexEntry& entry) {
    return fail(Errc::io_error, "read back", name.string(), "object " + entry.oid.hex() + " is not as it was written: its checksum differs");
}

constexpr std::uint64_t drop_window = std::uint64_t{16} << 20;

/// Reads a file from the front in pieces and computes its SHA-1, and compares every entry with its CRC.
class Sealer {
public:
    /// The pages of what comes before `sent` are given back: it was read and sent, and nobody reads it again soon.
    Sealer(int fd, const fs::path& name, std::uint64_t sent) : fd_(fd), name_(name), sent_(sent), digest_(hash::Algorithm::sha1), buffer_(piece_bytes) {
        ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }

    Result<void> head() { return take(0, pack_header_bytes, nullptr); }
    Result<void> entry(const IndexEntry& one, std::uint64_t end) {
        std::uint32_t crc = 0;
        const Result<void> got = take(one.offset, end, &crc);
        if (got && crc != one.crc) return changed_on_disk(name_, one);
        return got;
    }
    RawDigest digest() { return finish(digest_); }

private:
    Result<void> take(std::uint64_t from, std::uint64_t end, std::uint32_t* crc) {
        while (from < end) {
            const auto piece = std::span(buffer_).first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), end - from)));
            const Result<void> got = read_exactly(fd_, piece, from, name_);
            if (!got) return got;
            digest_.update(std::span<const std::byte>(piece));
            if (crc != nullptr) *crc = libdeflate_crc32(*crc, piece.data(), piece.size());
            from += piece.size();
            if (from <= sent_ && from - dropped_ >= drop_window) {
                release_pages(fd_, dropped_, from);
                dropped_ = from;
            }
        }
        return {};
    }

    int fd_;
    const fs::path& name_;
    std::uint64_t sent_;
    hash::Digest digest_;
    std::vector<std::byte> buffer_;
    std::uint64_t dropped_ = 0;
};

}  // namespace

Result<void> GrowingPack::Impl::cut_back() {
    writer.reset();
    if (::ftruncate(file.fd(), static_cast<off_t>(bytes)) == 0 && ::lseek(file.fd(), static_cast<off_t>(bytes), SEEK_SET) >= 0) return {};
    broken = fail_errno(errno, "cut back", file.path().string());
    return *broken;
}

Result<std::vector<IndexEntry>> GrowingPack::Impl::write(const PackPlan& plan) {
    if (!writer) writer.emplace(file.fd(), file.path(), Progress(), nullptr, bytes);
    const Result<void> added = add_entries(*writer, plan);
    if (!added) return added.error();
    const Result<void> flushed = writer->flush();
    if (!flushed) return flushed.error();
    std::vector<IndexEntry> written = writer->take_entries();
    const Result<void> proved = verify_entries(file.fd(), file.path(), written, writer->bytes());
    if (!proved) return proved.error();
    return written;
}

void GrowingPack::Impl::count(const std::vector<IndexEntry>& written, std::uint64_t end) {
    entries.insert(entries.end(), written.begin(), written.end());
    for (const IndexEntry& entry : written) known.insert(entry.oid);
    bytes = end;
}

Result<void> GrowingPack::Impl::append(const PackPlan& plan, const std::string* note) {
    if (broken) return *broken;
    Result<std::vector<IndexEntry>> written = std::vector<IndexEntry>();
    if (plan.size() != 0) written = write(plan);
    const std::uint64_t end = written && plan.size() != 0 ? writer->bytes() : bytes;
    Result<void> done = written ? Result<void>() : Result<void>(written.error());
    if (done && log && note != nullptr) {
        Growth growth;
        growth.entries = *written;
        growth.note = *note;
        growth.end = end;
        done = log->append(growth);
    }
    if (done) {
        count(*written, end);
    } else {
        // The failure to tell is the first one; that the file could not be cut back is told by whoever adds next.
        static_cast<void>(cut_back());
    }
    return done;
}

// Each entry is unpacked and has its name; what follows the first that is not so goes.
bool GrowingPack::Impl::holds(const Growth& growth) const {
    const Result<std::uint64_t> size = file_size(file.fd(), file.path());
    if (!size || growth.end > *size) return false;
    std::uint64_t at = bytes;
    for (const IndexEntry& entry : growth.entries) {
        const bool next = &entry == &growth.entries.front() ? entry.offset == at : entry.offset > at;
        if (!next || entry.offset >= growth.end) return false;
        at = entry.offset;
    }
    if (growth.entries.empty()) return growth.end == at;
    return verify_entries(file.fd(), file.path(), growth.entries, growth.end).has_value();
}

Result<void> GrowingPack::Impl::take_up(const StopAsked& stop) {
    const Result<std::vector<Growth>> before = log->read();
    if (!before) return before.error();
    std::uint64_t good = 0;
    for (const Growth& growth : *before) {
        if (stop && stop()) return fail_cancelled("read back", file.path().string());
        if (!holds(growth)) break;
        count(growth.entries, growth.end);
        notes.push_back(growth.note);
        good = growth.log_end;
    }
    const Result<void> cut = log->cut(good);
    return cut ? cut_back() : cut;  // a new file gets its first bytes so, for the header that seal() writes
}

Result<RawDigest> GrowingPack::Impl::seal() {
    const std::array<std::byte, pack_header_bytes> header = pack_header(static_cast<std::uint32_t>(entries.size()));
    if (::pwrite(file.fd(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) {
        return fail_errno(errno, "write", file.path().string());
    }
    RawDigest digest{};
    const auto read_once_more = [&]() -> Result<void> {
        Sealer sealer(file.fd(), file.path(), sliced);
        Result<void> read = sealer.head();
        for (std::size_t i = 0; i < entries.size() && read; ++i) {
            read = sealer.entry(entries[i], i + 1 < entries.size() ? entries[i + 1].offset : bytes);
        }
        digest = sealer.digest();
        return read;
    };
    const Result<void> proved = sync_and_prove(file, read_once_more);
    if (!proved) return proved.error();
    const Result<void> written = write_all(file.fd(), std::as_bytes(std::span(digest)), file.path());
    if (!written) return written.error();
    bytes += digest_bytes;
    return digest;
}

GrowingPack::GrowingPack(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrowingPack::GrowingPack(GrowingPack&&) noexcept = default;
GrowingPack& GrowingPack::operator=(GrowingPack&&) noexcept = default;
GrowingPack::~GrowingPack() = default;

Result<GrowingPack> GrowingPack::begin(Repository& repository, const std::string& name, const StopAsked& stop) {
    Result<fs::path> directory = ready_pack_directory(*repository.impl_);
    if (!directory) return directory.error();
    const auto go_on = [&]() -> Result<GrowingPack> {
        const fs::path base = *directory / (std::string(growing_prefix) + name);
        Result<LockedTemporary> file = LockedTemporary::open(base.string() + ".part");
        if (!file) return file.error();
        Result<GrowthLog> log = GrowthLog::open(base.string() + ".log");
        if (!log) return log.error();
        auto impl = std::make_unique<Impl>(*repository.impl_, *directory, std::move(*file));
        impl->log.emplace(std::move(*log));
        const Result<void> taken = impl->take_up(stop);
        if (taken) return GrowingPack(std::move(impl));
        if (taken.error().code != Errc::cancelled) impl->give_up();
        return taken.error();
    };
    if (!name.empty()) {
        Result<GrowingPack> pack = go_on();
        if (pack || pack.error().code == Errc::cancelled) return pack;
    }
    Result<LockedTemporary> file = LockedTemporary::create(*directory, new_pack_prefix);
    if (!file) return file.error();
    const Result<void> written = write_all(file->fd(), pack_header(0), file->path());
    if (!written) return written.error();
    return GrowingPack(std::make_unique<Impl>(*repository.impl_, std::move(*directory), std::move(*file)));
}

Result<void> GrowingPack::add(const std::vector<NewBlob>& blobs, const std::string& note) {
    impl_->repository.refresh();
    const PackPlan plan = plan_pack(blobs, {}, [this](const Oid& oid) { return impl_->lacks(oid); });
    return plan.size() == 0 && note.empty() ? Result<void>() : impl_->append(plan, &note);
}

const std::vector<std::string>& GrowingPack::notes() const noexcept { return impl_->notes; }
void GrowingPack::give_up() { impl_->give_up(); }
bool GrowingPack::has(const Oid& oid) const { return impl_->known.contains(oid); }
std::size_t GrowingPack::objects() const noexcept { return impl_->entries.size(); }
std::uint64_t GrowingPack::bytes() const noexcept { return impl_->bytes; }
std::uint64_t GrowingPack::end_of(std::size_t objects) const noexcept {
    return objects < impl_->entries.size() ? impl_->entries[objects].offset : impl_->bytes;
}

std::size_t GrowingPack::objects_within(std::uint64_t bytes) const noexcept {
    if (bytes >= impl_->bytes) return impl_->entries.size();
    const auto beyond = std::partition_point(impl_->entries.begin(), impl_->entries.end(), [bytes](const IndexEntry& entry) { return entry.offset <= bytes; });
    // The last one that begins within them ends behind them, or at their end where the next begins.
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(beyond - impl_->entries.begin() - 1, 0));
}

Result<std::optional<PackInfo>> GrowingPack::Impl::finish(const std::vector<NewBlob>& blobs, const std::vector<RawObject>& objects) {
    repository.refresh();
    const PackPlan plan = plan_pack(blobs, objects, [this](const Oid& oid) { return lacks(oid); });
    const Result<void> added = plan.size() == 0 ? Result<void>() : append(plan, nullptr);
    if (!added) return added.error();
    if (broken) return *broken;
    if (entries.empty()) return std::optional<PackInfo>();
    const Result<RawDigest> digest = seal();
    if (!digest) return digest.error();
    Result<fs::path> published = publish_pack(directory, file, entries, *digest);
    if (!published) return published.error();
    PackInfo info;
    info.pack = std::move(*published);
    info.bytes = bytes;
    info.objects = static_cast<std::uint32_t>(entries.size());
    repository.refresh();
    return std::optional<PackInfo>(std::move(info));
}

Result<std::optional<PackInfo>> Repository::finish_pack(GrowingPack pack, const std::vector<NewBlob>& blobs, const std::vector<RawObject>& objects) {
    Result<std::optional<PackInfo>> done = pack.impl_->finish(blobs, objects);
    pack.give_up();  // it stands under its name now, or a full or broken disk wants its room back
    return done;
}

}  // namespace autobackup::git
