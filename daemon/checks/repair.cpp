// SPDX-License-Identifier: MIT
#include "daemon/checks/repair.hpp"

#include <fcntl.h>

#include <algorithm>

#include "daemon/archive/version_zip.hpp"
#include "daemon/restore/catalogue.hpp"
#include "daemon/restore/give_back.hpp"
#include "daemon/restore/places.hpp"
#include "daemon/vault/version.hpp"
#include "lib/core/file.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

// The same version in the vault: by what the manifest says, else by item and time.
const restore::Snapshot* version_of(const std::vector<restore::Snapshot>& snapshots, const restore::Checked& copy) {
    for (const restore::Snapshot& one : snapshots) {
        if (one.in_vault && one.dated && one.dated->zip == copy.dated->zip) return &one;
    }
    const std::string item = copy.id.substr(0, copy.id.find('@'));
    for (const restore::Snapshot& one : snapshots) {
        if (!copy.dated->manifest && one.in_vault && !one.dated && one.item.key() == item && one.time == copy.dated->time) return &one;
    }
    return nullptr;
}

bool has_digest(const fs::path& file, const restore::Given& expected, const std::stop_token& stop) {
    const Result<FileDescriptor> fd = open_file(file, O_RDONLY);
    if (!fd) return false;
    const Result<std::uint64_t> size = file_size(fd->get(), file);
    if (!size || *size != expected.bytes) return false;
    const Result<std::string> digest = archive::read_through(fd->get(), *size, file, stop);
    return digest && *digest == expected.sha256;
}

// The manifest beside a ZIP that the vault's version gives.
Result<std::string> manifest_text(const restore::Place& place, const restore::Snapshot& version, const restore::Given& zip) {
    const Result<git::Repository> repository = git::Repository::open_any(place.vault);
    if (!repository) return repository.error();
    Result<std::optional<vault::Held>> held = vault::read_held(*repository, version.in_vault->commit, version.item);
    if (!held) return held.error();
    if (!*held || !(*held)->manifest) return fail(Errc::not_found, "read", version.id, "the vault has no manifest of it");
    vault::Manifest manifest = std::move(*(*held)->manifest);
    manifest.zip_bytes = zip.bytes;
    manifest.zip_sha256 = zip.sha256;
    manifest.commit = version.in_vault->commit.hex();
    return vault::to_text(manifest);
}

// `zip` is whole and durable. Each damaged file goes aside right before the good one takes its name.
Result<void> put_in_place(const fs::path& zip, const restore::Checked& copy, const std::string& manifest, bool zip_is_good, Aside& aside) {
    const std::string group = copy.id.substr(0, copy.id.find('@'));
    std::error_code ignored;
    if (!manifest.empty()) {
        const fs::path file = copy.dated->beside(".json");
        const Result<void> moved = fs::exists(file, ignored) ? aside.take(file, group) : Result<void>();
        const Result<void> written = moved ? write_file_durably(file, manifest) : moved;
        if (!written) return written;
    }
    if (zip_is_good) return {};
    const Result<void> moved = copy.dated->bytes ? aside.take(copy.dated->zip, group) : Result<void>();
    return moved ? rename_durably(zip, copy.dated->zip) : moved;
}

Result<std::string> mend_dated(const RepairOrder& order, const restore::Place& place, const restore::Checked& copy, const fs::path& temporary, Aside& aside) {
    const Result<std::vector<restore::Snapshot>> snapshots = restore::snapshots_of(place);
    if (!snapshots) return snapshots.error();
    const restore::Snapshot* const version = version_of(*snapshots, copy);
    if (version == nullptr) return fail(Errc::not_found, "mend", copy.path, "the vault does not hold this version");
    const restore::Request request{place, *version, std::nullopt, restore::Prefer::vault, order.stop};
    const Result<restore::Given> given = restore::to_zip(request, temporary, true);
    if (!given) return given.error();
    std::string manifest;
    if (!copy.dated->manifest) {
        Result<std::string> text = manifest_text(place, *version, *given);
        if (!text) return text.error();
        manifest = std::move(*text);
    } else if (copy.dated->manifest->zip_sha256 != given->sha256) {
        return fail(Errc::content_mismatch, "mend", copy.path, "the vault's version does not give the ZIP that the manifest describes");
    }
    const bool zip_is_good = has_digest(copy.dated->zip, *given, order.stop);
    const Result<void> placed = put_in_place(temporary, copy, manifest, zip_is_good, aside);
    if (!placed) return placed.error();
    return copy.path + (zip_is_good ? ": its manifest was made anew from the vault" : " was made anew from the vault");
}

}  // namespace

Aside::Aside(const fs::path& storage, const std::string& job) {
    const std::string base = compact_utc(now());
    std::error_code ignored;
    for (int number = 1; folder_.empty() || fs::exists(folder_, ignored); ++number) {
        folder_ = storage / "damaged" / job / (number == 1 ? base : base + "-" + std::to_string(number));
    }
}

// Nothing that is there already is written over.
Result<fs::path> Aside::place_for(const fs::path& file, const std::string& group) const {
    const fs::path folder = folder_ / group;
    const Result<void> made = make_directories(folder);
    if (!made) return made.error();
    std::error_code ignored;
    fs::path place = folder / file.filename();
    for (int again = 2; fs::exists(place, ignored) && !fs::equivalent(place, file, ignored); ++again) {
        place = folder / (file.filename().string() + "-" + std::to_string(again));
    }
    return place;
}

// Not renamed: of two names of one file rename(2) does nothing.
Result<void> Aside::take(const fs::path& file, const std::string& group) {
    const Result<void> kept = keep(file, group);
    if (!kept) return kept;
    remove_quietly(file);
    return sync_directory(file.parent_path());
}

Result<void> Aside::keep(const fs::path& file, const std::string& group) {
    const Result<fs::path> place = place_for(file, group);
    if (!place) return place.error();
    std::error_code error;
    if (fs::exists(*place, error)) return {};  // under another name
    fs::create_hard_link(file, *place, error);
    if (!error) return sync_directory(place->parent_path());
    fs::copy_file(file, *place, fs::copy_options::overwrite_existing, error);  // another file system, or one without links
    if (error) return fail_errno(error.value(), "keep", file.string());
    const Result<FileDescriptor> copy = open_file(*place, O_RDONLY);
    const Result<void> synced = copy ? sync_file(copy->get(), *place) : Result<void>(copy.error());
    return synced ? sync_directory(place->parent_path()) : synced;
}

std::string Aside::folder() const {
    std::error_code ignored;
    return fs::exists(folder_, ignored) ? folder_.string() : std::string();
}

void repair_dated(const RepairOrder& order, const restore::Place& place, const restore::Checked& copy, Aside& aside, Repaired& repaired) {
    // Runs remove a name of this form when they find it left over.
    const fs::path temporary = copy.dated->zip.parent_path() / ("." + copy.dated->stem + ".mended.zip.part");
    const Result<std::string> mended = mend_dated(order, place, copy, temporary, aside);
    remove_quietly(temporary);
    if (mended) repaired.mended.push_back(*mended);
    else repaired.left.push_back(describe(mended.error()));
}

Repaired repair(const RepairOrder& order, const std::vector<restore::Checked>& copies) {
    const restore::Place place = restore::place_of(order.config, order.job);
    Aside aside(order.config.storage, order.job.name);
    Repaired repaired;
    // The vault first: dated ZIPs are made from it.
    for (const restore::Checked& copy : copies) {
        if (copy.where == "vault" && !copy.good() && !order.stop.stop_requested()) repair_vault(order, place, copy, aside, repaired);
    }
    for (const restore::Checked& copy : copies) {
        if (copy.where == "archive" && !copy.good() && copy.dated && !order.stop.stop_requested()) repair_dated(order, place, copy, aside, repaired);
    }
    return repaired;
}

}  // namespace autobackup::checks
