// SPDX-License-Identifier: MIT
// Many small packs become one.
#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "lib/core/stop.hpp"
#include "lib/core/text.hpp"
#include "lib/git/join_plan.hpp"
#include "lib/git/pack_check.hpp"
#include "lib/git/pack_index_writer.hpp"
#include "lib/git/quarantine.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

namespace {

struct Candidate {
    PackFile* pack = nullptr;
    std::uint64_t bytes = 0;
};

fs::path beside(const fs::path& index, const char* extension) {
    return fs::path(index).replace_extension(extension);
}

/// Somebody wants this very file to stay, or it is one of git's for objects on their way out.
bool is_kept(const PackFile& pack) {
    return is_there(beside(pack.index_path(), ".keep")) || is_there(beside(pack.index_path(), ".mtimes"));
}

/// The index first: without it nobody looks for the pack. What a crash leaves is removed by remove_orphans().
void remove_pack(const fs::path& index) {
    remove_quietly(index);
    for (const char* extension : {".pack", ".rev", ".bitmap", ".promisor"})
        remove_quietly(beside(index, extension));
}

/// Takes the CRC-32 of each entry while the pack goes by.
class EntryChecksums {
public:
    EntryChecksums(std::vector<IndexEntry>& entries, std::uint64_t end) : entries_(entries), end_(end) {}
    void update(std::uint64_t offset, std::span<const std::byte> bytes) {
        while (!bytes.empty() && row_ < entries_.size()) {
            const std::uint64_t begin = entries_[row_].offset;
            const std::uint64_t end = row_ + 1 < entries_.size() ? entries_[row_ + 1].offset : end_;
            // What stands before the first entry belongs to none.
            const std::uint64_t until = offset < begin ? begin : end;
            const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), until - offset));
            if (offset >= begin)
                entries_[row_].crc = libdeflate_crc32(entries_[row_].crc, bytes.data(), take);
            offset += take;
            bytes = bytes.subspan(take);
            if (offset == end) ++row_;
        }
    }

private:
    std::vector<IndexEntry>& entries_;
    std::uint64_t end_;
    std::size_t row_ = 0;
};

}  // namespace

class PackJoiner {
public:
    PackJoiner(Repository::Impl& repository, const JoinRule& rule, const StopAsked& stop)
        : repository_(repository), rule_(rule), stop_(stop) {}

    Result<Joined> run() {
        repository_.refresh();
        if (is_there(repository_.pack_directory() / "multi-pack-index")) return joined_;
        for (const bool promisor : {false, true}) {
            const std::vector<Candidate> chosen = choose(promisor);
            if (chosen.empty()) continue;
            const Result<void> done = join(chosen, promisor);
            if (!done) return done.error();
            repository_.refresh();
        }
        return joined_;
    }

private:
    [[nodiscard]] bool stopped() const { return stop_ && stop_(); }
    [[nodiscard]] Failure cancelled() const {
        return fail_cancelled("join packs of", repository_.path.string());
    }
    [[nodiscard]] Failure failure(Errc code, std::string what) const {
        return fail(code, "join packs of", repository_.path.string(), std::move(what));
    }

    std::vector<Candidate> choose(bool promisor) {
        std::vector<Candidate> found;
        for (const std::unique_ptr<PackFile>& pack : repository_.packs.packs()) {
            struct stat status {};
            if (pack->is_promisor() != promisor || is_kept(*pack)) continue;
            if (::stat(pack->pack_path().c_str(), &status) != 0) continue;
            Candidate candidate;
            candidate.pack = pack.get();
            candidate.bytes = static_cast<std::uint64_t>(status.st_size);
            if (candidate.bytes < rule_.largest) found.push_back(candidate);
        }
        if (found.size() < rule_.pile) return {};
        std::sort(found.begin(), found.end(),
                  [](const Candidate& a, const Candidate& b) { return a.bytes < b.bytes; });
        std::vector<std::uint64_t> sizes;
        for (const Candidate& candidate : found) sizes.push_back(candidate.bytes);
        found.resize(packs_to_join(sizes));
        std::uint64_t sum = 0;
        for (const Candidate& candidate : found) sum += candidate.bytes;
        if (sum <= rule_.room) return found;
        joined_.no_room = true;
        return {};
    }

    Result<void> join(const std::vector<Candidate>& chosen, bool promisor) {
        std::vector<Oid> objects;
        std::vector<fs::path> old;
        for (const Candidate& candidate : chosen) {
            old.push_back(candidate.pack->index_path());
            for (std::uint32_t row = 0; row < candidate.pack->count(); ++row)
                objects.push_back(candidate.pack->oid(row));
        }
        std::sort(objects.begin(), objects.end());
        objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
        const Result<Quarantine> quarantine = Quarantine::create(repository_.path / "objects");
        if (!quarantine) return quarantine.error();
        const Result<std::string> name = write(objects, quarantine->path());
        if (!name) return name.error();
        const Result<void> proved = prove(objects, quarantine->path(), *name);
        if (!proved) return proved;
        if (stopped()) return cancelled();
        const Result<void> moved =
            move_pack(quarantine->path(), repository_.pack_directory(), *name, promisor);
        if (!moved) return moved;
        for (const fs::path& index : old) {
            // Packs that a crash left beside what they were joined to may give the very same pack again.
            if (index.stem() == *name || is_there(beside(index, ".keep"))) continue;
            remove_pack(index);
            ++joined_.packs;
        }
        joined_.objects += static_cast<std::uint32_t>(objects.size());
        // What was removed may come back after a crash, which costs nothing but the next joining.
        return sync_directory(repository_.pack_directory());
    }

    /// Pack and index, fsynced, below their final name in `place`; gives that name.
    Result<std::string> write(const std::vector<Oid>& objects, const fs::path& place) {
        std::vector<IndexEntry> entries;
        Result<PackReader> reader = PackReader::make(repository_, objects, entries);
        if (!reader) return reader.error();
        const fs::path unnamed = place / "pack";
        const Result<FileDescriptor> file = open_file(unnamed, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (!file) return file.error();
        EntryChecksums checksums(entries, reader->size() - digest_bytes);
        std::vector<std::byte> piece(piece_bytes);
        RawDigest digest{};
        for (std::uint64_t at = 0;;) {
            if (stopped()) return cancelled();
            const Result<std::size_t> got = reader->read(piece);
            if (!got) return got.error();
            if (*got == 0) break;
            const std::span<const std::byte> bytes(piece.data(), *got);
            checksums.update(at, bytes);
            const Result<void> written = write_all(file->get(), bytes, unnamed);
            if (!written) return written.error();
            at += *got;
        }
        const Result<void> trailer = read_exactly(file->get(), std::as_writable_bytes(std::span(digest)),
                                                  reader->size() - digest_bytes, unnamed);
        if (!trailer) return trailer.error();
        const Result<void> synced = sync_file(file->get(), unnamed);
        if (!synced) return synced.error();
        joined_.bytes += reader->size();
        return name_them(place, std::move(entries), digest);
    }

    Result<std::string> name_them(const fs::path& place, std::vector<IndexEntry> entries,
                                  const RawDigest& digest) const {
        const std::string name = "pack-" + hex(digest);
        const fs::path index = place / (name + ".idx");
        const Result<FileDescriptor> file = open_file(index, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (!file) return file.error();
        const Result<void> indexed = write_pack_index(file->get(), index, std::move(entries), digest);
        if (!indexed) return indexed.error();
        const Result<void> synced = sync_file(file->get(), index);
        if (!synced) return synced.error();
        if (::rename((place / "pack").c_str(), (place / (name + ".pack")).c_str()) != 0)
            return fail_errno(errno, "rename", (place / "pack").string());
        return name;
    }

    /// Reads everything back: each object that the old packs hold is in the new one, and has its name.
    Result<void> prove(const std::vector<Oid>& objects, const fs::path& place, const std::string& name) {
        PackStore store(place);
        store.refresh();
        if (store.packs().size() != 1 || store.packs().front()->count() != objects.size())
            return failure(Errc::io_error, "the new pack " + name + " does not hold what was written");
        PackFile& pack = *store.packs().front();
        for (const Oid& oid : objects) {
            if (!pack.find(oid))
                return failure(Errc::io_error, "object " + oid.hex() + " is not in the new pack");
        }
        ObjectReader reader(place, store);
        std::string problem;
        PackCheck check(
            reader, [&problem](std::string text, const std::optional<Oid>&) { problem = std::move(text); }, stop_);
        check.check(pack);
        if (stopped()) return cancelled();
        if (problem.empty()) return {};
        return failure(Errc::io_error, "the new pack is not as it was written: " + problem);
    }

    Repository::Impl& repository_;
    const JoinRule& rule_;
    const StopAsked& stop_;
    Joined joined_;
};

Result<Joined> Repository::join_packs(const JoinRule& rule, const StopAsked& stop) {
    PackJoiner joiner(*impl_, rule, stop);
    Result<Joined> joined = joiner.run();
    impl_->refresh();
    return joined;
}

}  // namespace autobackup::git
