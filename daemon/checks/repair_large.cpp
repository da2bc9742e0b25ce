// SPDX-License-Identifier: MIT
// Large files of a vault, damaged or missing.
#include <regex>

#include "daemon/checks/large_mender.hpp"
#include "daemon/vault/large_files.hpp"
#include "lib/core/file.hpp"
#include "lib/hash/digest.hpp"
#include "lib/lfs/store.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::checks {

namespace fs = std::filesystem;

std::set<std::string> large_named_in(const std::vector<std::string>& problems) {
    static const std::regex name("\\b[0-9a-f]{64}\\b");
    std::set<std::string> names;
    for (const std::string& text : problems) {
        for (std::sregex_iterator at(text.begin(), text.end(), name); at != std::sregex_iterator(); ++at) names.insert(at->str());
    }
    return names;
}

Result<void> put_large(const lfs::Store& store, const lfs::Pointer& object, const GiveLarge& give, Aside& aside) {
    Result<lfs::Incoming> incoming = lfs::Incoming::open(store);
    if (!incoming) return incoming.error();
    hash::Digest digest(hash::Algorithm::sha256);
    const auto write = [&](std::span<const std::byte> bytes) {
        digest.update(bytes);
        return incoming->write(bytes);
    };
    const Result<void> given = give(write);
    if (!given) return given;
    if (digest.finish_hex() != object.oid) return fail(Errc::content_mismatch, "mend", "large file " + object.oid, "what came is not it");
    const fs::path place = store.path_of(object);
    std::error_code ignored;
    const Result<void> moved = fs::exists(place, ignored) ? aside.take(place, "large-files") : Result<void>();
    return moved ? incoming->keep_as(object) : moved;
}

namespace {

bool from_clone(const RepairOrder& order, const lfs::Store& store, const std::string& oid, Aside& aside) {
    if (order.clone.empty()) return false;
    const lfs::Store source = vault::large_store(order.clone);
    lfs::Pointer object;
    object.oid = oid;
    std::error_code error;
    object.size = fs::file_size(source.path_of(object), error);
    if (error) return false;
    const GiveLarge give = [&](const lfs::TakeBytes& take) { return source.stream(object, take); };
    return put_large(store, object, give, aside).has_value();
}

bool from_archives(const RepairOrder& order, const restore::Place& place, const lfs::Store& store, const std::string& oid, Aside& aside) {
    std::error_code ignored;
    for (fs::recursive_directory_iterator at(place.archives, ignored), end; !ignored && at != end; at.increment(ignored)) {
        if (at->path().extension() != ".zip") continue;
        Result<zip::Archive> zip = zip::Archive::open(at->path());
        if (!zip || !zip->check(1, {}, order.stop)) continue;
        for (const zip::Member& member : zip->members()) {
            hash::Digest digest(hash::Algorithm::sha256);
            const auto hash = [&digest](std::span<const std::byte> bytes) -> Result<void> { return digest.update(bytes), Result<void>(); };
            if (!zip->read(member, hash) || digest.finish_hex() != oid) continue;
            lfs::Pointer object;
            object.oid = oid;
            object.size = member.size;
            const GiveLarge give = [&](const lfs::TakeBytes& take) { return zip->read(member, take); };
            if (put_large(store, object, give, aside)) return true;
        }
    }
    return false;
}

}  // namespace

void repair_large(const RepairOrder& order, const restore::Place& place, const restore::Checked& vault, Aside& aside, Repaired& repaired) {
    const lfs::Store store = vault::large_store(place.vault);
    for (const std::string& oid : large_named_in(vault.problems)) {
        if (order.stop.stop_requested()) return;
        if (from_clone(order, store, oid, aside) || from_archives(order, place, store, oid, aside)) {
            repaired.mended.push_back("the large file " + oid + " was put back");
        } else {
            repaired.left.push_back("the large file " + oid + " is whole nowhere else");
        }
    }
}

}  // namespace autobackup::checks
