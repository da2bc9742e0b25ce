// SPDX-License-Identifier: MIT
// Packs and large files of a vault.
#include <algorithm>
#include <functional>
#include <set>

#include "daemon/checks/pack_mender.hpp"
#include "daemon/checks/repair.hpp"
#include "lib/core/file.hpp"
#include "lib/git/repository.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

// A damaged pack of a vault: its own good objects, and the others from wherever they are whole.
class VaultPack {
public:
    VaultPack(const RepairOrder& order, const restore::Place& place, fs::path pack)
        : order_(order), place_(place), workshop_(order.config.storage / "spool" / ".repair" / order.job.name),
          bounds_{order.stop, order.config.limits.reserve}, mender_(std::move(pack), workshop_ / "pack", bounds_) {}

    Result<bool> whole() { return mender_.whole(); }

    Result<void> mend(Aside& aside) {
        const Result<void> indexed = mender_.index_anew();
        if (indexed) return mender_.put_in_place(aside);
        if (indexed.error().code == Errc::cancelled || indexed.error().code == Errc::reserve) return indexed;  // nothing else needs less
        const Result<void> collected = collect();
        return collected ? mender_.put_in_place(aside) : collected;
    }

private:
    Result<void> collect() {
        Result<PackMender::Parts> parts = mender_.parts();
        if (!parts) return parts.error();
        Result<git::Repository> mended = git::Repository::open_or_init(mender_.mended(), "main");
        if (!mended) return mended.error();
        const std::size_t all = parts->good.size() + parts->bad.size();
        Oids missing = parts->bad;
        Result<void> done = mender_.take_good(*parts, *mended);
        if (done) done = take_from_clone(missing, *mended);
        if (done) done = take_from_archives(missing, *mended);
        if (!done) return done;
        const std::string name = mender_.pack().string();
        if (!missing.empty()) {
            return fail(Errc::not_found, "mend", name, std::to_string(missing.size()) + " of its " + std::to_string(all) +
                                                           " objects are damaged, and nowhere else: " + missing.begin()->hex());
        }
        const Result<git::Repository> again = git::Repository::open(mender_.mended());
        if (!again) return again.error();
        const auto lacks = [&](const git::Oid& oid) { return !again->has(oid); };
        if (std::any_of(parts->good.begin(), parts->good.end(), lacks) || std::any_of(parts->bad.begin(), parts->bad.end(), lacks)) {
            return fail(Errc::internal, "mend", name, "an object of it is missing");
        }
        return mender_.prove(*again);
    }

    Result<void> take_from_clone(Oids& missing, git::Repository& into) {
        if (order_.clone.empty() || missing.empty()) return {};
        const Result<git::Repository> clone = git::Repository::open_any(order_.clone);
        if (!clone) return clone.error();
        std::vector<git::Oid> found;
        for (const git::Oid& oid : missing) {
            if (clone->has(oid)) found.push_back(oid);
        }
        const Result<void> taken = take_objects(order_.clone, found, into, workshop_ / "taken.pack", bounds_);
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

    const RepairOrder& order_;
    const restore::Place& place_;
    Workshop workshop_;
    Bounds bounds_;
    PackMender mender_;
};

void repair_packs(const RepairOrder& order, const restore::Place& place, Aside& aside, Repaired& repaired) {
    std::error_code ignored;
    std::vector<fs::path> packs;
    for (const auto& entry : fs::directory_iterator(place.vault / "objects/pack", ignored)) {
        if (entry.path().extension() == ".pack") packs.push_back(entry.path());
    }
    for (const fs::path& pack : packs) {
        if (order.stop.stop_requested()) return;
        VaultPack mender(order, place, pack);
        const Result<bool> whole = mender.whole();
        if (whole && *whole) continue;
        Result<void> mended = whole ? Result<void>() : Result<void>(whole.error());
        if (mended || mended.error().code != Errc::cancelled) mended = mender.mend(aside);
        if (!mended && mended.error().code == Errc::cancelled) return;  // nothing was found out about it
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
