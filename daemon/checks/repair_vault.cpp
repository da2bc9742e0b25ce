// SPDX-License-Identifier: MIT
// Packs and large files of a vault.
#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <regex>
#include <set>
#include <unordered_set>

#include "daemon/checks/pack_files.hpp"
#include "daemon/checks/repair.hpp"
#include "lib/core/file.hpp"
#include "lib/git/write_pack.hpp"
#include "lib/git/repository.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;
using Oids = std::unordered_set<git::Oid, git::OidHash>;

// A directory of its own below the spool; gone afterwards.
class Workshop {
public:
    explicit Workshop(fs::path path) : path_(std::move(path)) {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    ~Workshop() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

class PackMender {
public:
    PackMender(const RepairOrder& order, const restore::Place& place, fs::path pack)
        : order_(order), place_(place), pack_(std::move(pack)), workshop_(order.config.storage / "spool" / ".repair" / order.job.name) {}

    // True: every object of it is what its name says.
    Result<bool> whole() {
        const Result<git::Repository> one = alone(pack_, workshop_ / "damaged.git");
        if (!one) return one.error();
        const Result<git::Repository::CheckReport> report = one->check(stopped());
        if (!report) return report.error();
        for (const std::string& problem : report->problems) note_names(problem);
        return report->problems.empty();
    }

    Result<void> mend(Aside& aside) {
        if (const Result<void> indexed = index_again(false); indexed) return put_in_place(aside);
        if (const Result<void> indexed = index_again(true); indexed) return put_in_place(aside);
        const Result<void> collected = collect();
        return collected ? put_in_place(aside) : collected;
    }

private:
    [[nodiscard]] std::function<bool()> stopped() const {
        return [stop = order_.stop] { return stop.stop_requested(); };
    }

    void note_names(const std::string& text) {
        static const std::regex name("\\b[0-9a-f]{40}\\b");
        for (std::sregex_iterator at(text.begin(), text.end(), name); at != std::sregex_iterator(); ++at) bad_.insert(*git::Oid::parse(at->str()));
    }

    // Only the index is damaged when the pack can be indexed anew; only its frame, when it can with the head and the trailer that the index
    // tells.
    Result<void> index_again(bool frame) {
        std::error_code error;
        fs::copy_file(pack_, workshop_ / "again.pack", fs::copy_options::overwrite_existing, error);
        if (error) return fail_errno(error.value(), "copy", pack_.string());
        const Result<void> framed = frame ? write_frame(workshop_ / "again.pack", fs::path(pack_).replace_extension(".idx")) : Result<void>();
        if (!framed) return framed;
        Result<git::Repository> mended = git::Repository::open_or_init(workshop_ / "mended.git", "main");
        if (!mended) return mended.error();
        git::Fetched pack;
        pack.pack = workshop_ / "again.pack";
        const Result<void> adopted = mended->adopt_pack(pack, "origin", "");
        const Result<void> proved = adopted ? prove(*mended) : adopted;
        if (!proved) fs::remove_all(workshop_ / "mended.git", error);
        return proved;
    }

    Result<void> prove(const git::Repository& mended) const {
        const Result<git::Repository::CheckReport> report = mended.check(stopped());
        if (!report) return report.error();
        if (report->problems.empty()) return {};
        return fail(Errc::repository_invalid, "mend", pack_.string(), report->problems.front());
    }

    // The good objects from the pack itself, the others from wherever they are whole.
    Result<void> collect() {
        const Result<std::vector<git::Oid>> all = objects_of(fs::path(pack_).replace_extension(".idx"));
        if (!all) return all.error();
        Result<git::Repository> mended = git::Repository::open_or_init(workshop_ / "mended.git", "main");
        if (!mended) return mended.error();
        std::vector<git::Oid> good;
        Oids missing;
        const Result<git::Repository> damaged = git::Repository::open(workshop_ / "damaged.git");
        if (!damaged) return damaged.error();
        for (const git::Oid& oid : *all) {
            if (bad_.contains(oid) || !damaged->has(oid)) missing.insert(oid);
            else good.push_back(oid);
        }
        Result<void> done = take(workshop_ / "damaged.git", good, *mended);
        if (done) done = take_from_clone(missing, *mended);
        if (done) done = take_from_archives(missing, *mended);
        if (!done) return done;
        if (!missing.empty()) {
            return fail(Errc::not_found, "mend", pack_.string(), std::to_string(missing.size()) + " of its " + std::to_string(all->size()) +
                                                                     " objects are damaged, and nowhere else: " + missing.begin()->hex());
        }
        Result<git::Repository> again = git::Repository::open(workshop_ / "mended.git");
        if (!again) return again.error();
        for (const git::Oid& oid : *all) {
            if (!again->has(oid)) return fail(Errc::internal, "mend", pack_.string(), "object " + oid.hex() + " is missing");
        }
        return prove(*again);
    }

    Result<void> take(const fs::path& from, const std::vector<git::Oid>& oids, git::Repository& into) {
        if (oids.empty()) return {};
        const Result<git::Repository> source = git::Repository::open_any(from);
        if (!source) return source.error();
        Result<git::PackReader> reader = git::PackReader::make(*source, oids);
        if (!reader) return reader.error();
        const fs::path file = workshop_ / "taken.pack";
        {
            const Result<FileDescriptor> fd = open_file(file, O_WRONLY | O_CREAT | O_TRUNC);
            if (!fd) return fd.error();
            const Result<void> written = git::write_pack(*reader, fd->get(), file, [this] { return order_.stop.stop_requested(); });
            if (!written) return written;
        }
        git::Fetched taken;
        taken.pack = file;
        return into.adopt_pack(taken, "origin", "");
    }

    Result<void> take_from_clone(Oids& missing, git::Repository& into) {
        if (order_.clone.empty() || missing.empty()) return {};
        const Result<git::Repository> clone = git::Repository::open_any(order_.clone);
        if (!clone) return clone.error();
        std::vector<git::Oid> found;
        for (const git::Oid& oid : missing) {
            if (clone->has(oid)) found.push_back(oid);
        }
        const Result<void> taken = take(order_.clone, found, into);
        if (!taken) return taken;
        for (const git::Oid& oid : found) missing.erase(oid);
        return {};
    }

    // A member of a dated ZIP is the blob of its file.
    Result<void> take_from_archives(Oids& missing, git::Repository& into) {
        std::error_code ignored;
        for (fs::recursive_directory_iterator at(place_.archives, ignored), end; !ignored && at != end && !missing.empty(); at.increment(ignored)) {
            if (at->path().extension() != ".zip") continue;
            const Result<void> taken = take_from_zip(at->path(), missing, into);
            if (!taken && taken.error().code == Errc::cancelled) return taken;
        }
        return {};
    }

    Result<void> take_from_zip(const fs::path& path, Oids& missing, git::Repository& into) {
        Result<zip::Archive> zip = zip::Archive::open(path);
        if (!zip) return zip.error();
        const Result<void> sound = zip->check(1, {}, order_.stop);
        if (!sound) return sound;
        std::vector<git::NewBlob> blobs;
        for (const zip::Member& member : zip->members()) {
            git::BlobHasher hasher(member.size);
            const auto hash = [&hasher](std::span<const std::byte> bytes) -> Result<void> { return hasher.update(bytes), Result<void>(); };
            if (!zip->read(member, hash)) continue;
            const git::Oid oid = hasher.finish();
            if (missing.erase(oid) == 0) continue;
            git::NewBlob blob;
            blob.oid = oid;
            blob.size = member.size;
            blob.produce = [&zip, &member](const git::TakeBytes& take_bytes) { return zip->read(member, take_bytes); };
            blobs.push_back(std::move(blob));
        }
        if (blobs.empty()) return {};
        const auto written = into.write_pack(blobs, {}, {});
        return written ? Result<void>() : Result<void>(written.error());
    }

    // Pack before index: what has no index is not looked at. The damaged one goes when the others can be read, but for a name that both have.
    Result<void> put_in_place(Aside& aside) {
        const fs::path from = workshop_ / "mended.git" / "objects/pack", to = pack_.parent_path();
        std::set<std::string> mended;
        for (const auto& entry : fs::directory_iterator(from)) {
            if (entry.path().extension() == ".pack") mended.insert(entry.path().stem().string());
        }
        const bool same_name = mended.contains(pack_.stem().string());
        Result<void> done = same_name ? move_away(aside) : Result<void>();
        const bool promisor = fs::exists(fs::path(pack_).replace_extension(".promisor"));
        for (const std::string& name : mended) {
            if (done && promisor) done = write_file_durably(to / (name + ".promisor"), "");
            for (const char* extension : {".pack", ".idx"}) {
                if (done) done = rename_durably(from / (name + extension), to / (name + extension));
            }
        }
        return done && !same_name ? move_away(aside) : done;
    }

    Result<void> move_away(Aside& aside) {
        for (const char* extension : {".idx", ".pack", ".promisor", ".rev"}) {
            const fs::path file = fs::path(pack_).replace_extension(extension);
            const Result<void> moved = fs::exists(file) ? aside.take(file, "packs") : Result<void>();
            if (!moved) return moved;
        }
        return {};
    }

    const RepairOrder& order_;
    const restore::Place& place_;
    fs::path pack_;
    Workshop workshop_;
    Oids bad_;
};

void repair_packs(const RepairOrder& order, const restore::Place& place, Aside& aside, Repaired& repaired) {
    std::error_code ignored;
    std::vector<fs::path> packs;
    for (const auto& entry : fs::directory_iterator(place.vault / "objects/pack", ignored)) {
        if (entry.path().extension() == ".pack") packs.push_back(entry.path());
    }
    for (const fs::path& pack : packs) {
        if (order.stop.stop_requested()) return;
        PackMender mender(order, place, pack);
        const Result<bool> whole = mender.whole();
        if (whole && *whole) continue;
        const Result<void> mended = mender.mend(aside);
        if (mended) repaired.mended.push_back(pack.string() + " was made anew, every object of it is whole");
        else repaired.left.push_back(describe(mended.error()));
    }
}

}  // namespace

void repair_vault(const RepairOrder& order, const restore::Place& place, const restore::Checked& vault, Aside& aside, Repaired& repaired) {
    std::error_code ignored;
    if (!fs::exists(place.vault, ignored)) {
        repaired.left.push_back(vault.path + ": there is no repository; the next run begins one, from the target's branch where there is a target");
        return;
    }
    repair_packs(order, place, aside, repaired);
    repair_large(order, place, vault, aside, repaired);
}

}  // namespace autobackup::checks
