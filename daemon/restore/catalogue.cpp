// SPDX-License-Identifier: MIT
#include "daemon/restore/catalogue.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "daemon/archive/version_zip.hpp"
#include "daemon/restore/holds.hpp"
#include "daemon/restore/vault_versions.hpp"
#include "daemon/vault/history.hpp"
#include "daemon/vault/large_files.hpp"

namespace autobackup::restore {
namespace {

// Whole seconds: names have no more.
Instant second_of(Instant time) { return std::chrono::floor<std::chrono::seconds>(time); }

class VaultReader {
public:
    VaultReader(const git::Repository& repository, const Place& place) : repository_(repository), place_(place), complete_(repository) {}

    Snapshot snapshot_of(const VaultVersion& version) {
        Snapshot snapshot;
        snapshot.job = place_.job;
        snapshot.item = version.item;
        snapshot.time = second_of(version.time);
        snapshot.in_vault = InVault{version.commit, version.folder, {}};
        if (version.manifest) {
            read_manifest(*version.manifest, version, snapshot);
        } else {
            snapshot.reason = "it has no manifest: members come in the server's usual order, with times of 1980";
        }
        if (snapshot.bytes == 0) measure(version, snapshot);
        if (!place_.fetches) look(version, *snapshot.in_vault);
        return snapshot;
    }

private:
    void read_manifest(const git::Oid& oid, const VaultVersion& version, Snapshot& snapshot) {
        if (!repository_.has(oid)) {
            snapshot.reason = "its manifest is not in this partial clone";
            return;
        }
        const Result<std::string> text = repository_.read_blob(oid, std::size_t{1} << 30);
        Result<vault::Manifest> manifest = fail(Errc::internal, "read", "manifest", "not read");
        if (text) manifest = vault::parse_manifest(*text, version.item.manifest_name());
        if (!text || !manifest) {
            snapshot.reason = describe(text ? manifest.error() : text.error());
            return;
        }
        snapshot.name = manifest->name;
        snapshot.tasks = std::move(manifest->tasks);
        if (!manifest->tree.empty() && manifest->tree != version.folder.hex()) {
            snapshot.reason = "the folder was changed by somebody else after its manifest was written";
            return;
        }
        snapshot.verified_level = manifest->verified_level;
        snapshot.verified_at = manifest->verified_at;
        zip::Measure measure;
        for (const vault::ManifestMember& member : manifest->members) measure.add(archive::header_of(member));
        snapshot.bytes = measure.bytes();
    }

    // Without a manifest: the sum over the files that are here.
    void measure(const VaultVersion& version, Snapshot& snapshot) const {
        const auto add = [&](const std::string&, const git::TreeEntry& entry) -> Result<void> {
            if (!repository_.has(entry.oid)) return {};
            const Result<std::uint64_t> size = repository_.blob_size(entry.oid);
            if (size) snapshot.bytes += *size;
            return {};
        };
        const Result<void> walked = repository_.walk(version.folder, add);
        if (!walked) snapshot.in_vault->reason = describe(walked.error());
    }

    void look(const VaultVersion& version, InVault& held) {
        if (!held.reason.empty()) return;
        const Result<std::vector<git::Oid>> missing = complete_.missing_below(version.folder, 1);
        if (!missing) {
            held.reason = describe(missing.error());
        } else if (!missing->empty()) {
            held.reason = "this is a partial clone that lacks files of it; --from the target's URL has them";
        } else {
            held.reason = large_reason(version);
        }
    }

    std::string large_reason(const VaultVersion& version) const {
        const Result<std::optional<git::TreeEntry>> attributes = repository_.entry_at(version.folder, vault::attributes_name);
        if (!attributes) return describe(attributes.error());
        if (!*attributes) return {};
        const Result<std::map<std::string, lfs::Pointer>> large = vault::large_files_in(repository_, version.folder);
        if (!large) return describe(large.error());
        const lfs::Store store = vault::large_store(repository_.path());
        const auto lacking = std::count_if(large->begin(), large->end(), [&](const auto& one) { return !store.has(one.second); });
        if (lacking == 0) return {};
        return std::to_string(lacking) + " large files are not in " + store.root().string() + " (git lfs fetch --all)";
    }

    const git::Repository& repository_;
    const Place& place_;
    Completeness complete_;
};

void add_targets(const git::Repository& repository, const Place& place, const git::Oid& tip, std::vector<Snapshot>& snapshots) {
    const Result<std::vector<git::Oid>> line = vault::commits_since(repository, tip, std::nullopt);
    if (!line) return;
    for (const KnownTarget& target : place.targets) {
        const Result<std::optional<git::Oid>> settled = repository.resolve(target.settled);
        if (!settled || !*settled) continue;
        const auto from = std::find(line->begin(), line->end(), **settled);
        const std::set<git::Oid> there(from, line->end());
        for (Snapshot& one : snapshots) {
            if (one.in_vault && there.contains(one.in_vault->commit)) one.where.push_back(target.url);
        }
    }
}

Result<void> read_vault(const Place& place, std::vector<Snapshot>& snapshots, std::set<std::string>& held) {
    const Result<git::Repository> repository = git::Repository::open_any(place.vault);
    if (!repository) return repository.error();
    const Result<std::optional<git::Oid>> tip = tip_of(*repository, place);
    if (!tip) return tip.error();
    if (!*tip) return {};
    const Result<std::vector<VaultVersion>> versions = all_versions(*repository, **tip);
    if (!versions) return versions.error();
    VaultReader reader(*repository, place);
    for (const VaultVersion& version : *versions) {
        snapshots.push_back(reader.snapshot_of(version));
        snapshots.back().where.push_back(place.vault_word);
    }
    add_targets(*repository, place, **tip, snapshots);
    Result<std::set<std::string>> holds = holds_in(*repository);
    if (!holds) return holds.error();
    held = std::move(*holds);
    return {};
}

bool same_version(const Snapshot& snapshot, const archive::DatedCopy& copy) {
    if (!copy.manifest || !snapshot.in_vault || snapshot.dated) return false;
    if (copy.manifest->commit == snapshot.in_vault->commit.hex()) return true;
    return copy.manifest->tree == snapshot.in_vault->folder.hex() && copy.time == snapshot.time;
}

void put_archive(archive::DatedCopy copy, Snapshot& snapshot) {
    snapshot.where.insert(snapshot.where.begin() + (snapshot.in_vault ? 1 : 0), "archive");
    snapshot.stem = copy.stem;
    snapshot.held = snapshot.held || copy.held;
    if (copy.bytes) snapshot.bytes = *copy.bytes;
    if (copy.manifest) {
        if (snapshot.name.empty()) snapshot.name = copy.manifest->name;
        if (snapshot.tasks.empty()) snapshot.tasks = copy.manifest->tasks;
        if (copy.manifest->verified_level != archive::failed_level && copy.manifest->verified_at > snapshot.verified_at) {
            snapshot.verified_level = copy.manifest->verified_level;
            snapshot.verified_at = copy.manifest->verified_at;
        }
        copy.manifest->members = {};
    }
    snapshot.dated = std::move(copy);
}

void read_archives(const Place& place, std::vector<Snapshot>& snapshots) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(place.archives, ignored)) {
        const std::optional<vault::ItemId> item = vault::item_of_key(entry.path().filename().string());
        if (!item || (place.only && place.only != item)) continue;
        for (archive::DatedCopy& copy : archive::dated_copies(entry.path())) {
            const auto same =
                std::find_if(snapshots.begin(), snapshots.end(), [&](const Snapshot& one) { return one.item == *item && same_version(one, copy); });
            if (same != snapshots.end()) {
                put_archive(std::move(copy), *same);
                continue;
            }
            Snapshot alone;
            alone.job = place.job;
            alone.item = *item;
            alone.time = copy.time;
            put_archive(std::move(copy), alone);
            snapshots.push_back(std::move(alone));
        }
    }
}

// What no archive has named takes the next free number of its second.
void give_names(std::vector<Snapshot>& snapshots, const std::set<std::string>& held) {
    std::set<std::string> taken;
    for (const Snapshot& one : snapshots) taken.insert(hold_name(one.item, one.stem));
    for (Snapshot& one : snapshots) {
        if (one.stem.empty()) {
            const std::string base = compact_utc(one.time);
            one.stem = base;
            for (int number = 2; taken.contains(hold_name(one.item, one.stem)); ++number) one.stem = base + "-" + std::to_string(number);
            taken.insert(hold_name(one.item, one.stem));
        }
        one.id = one.item.key() + "@" + one.stem;
        one.held = one.held || held.contains(hold_name(one.item, one.stem));
    }
}

std::string dated_reason(const archive::DatedCopy& copy) {
    if (!copy.bytes) return "its ZIP is missing";
    if (!copy.manifest) return {};  // the ZIP's own checksums are left
    if (*copy.bytes != copy.manifest->zip_bytes) return "its ZIP has another size than the manifest says";
    if (copy.manifest->verified_level == archive::failed_level) return "its ZIP was found damaged on " + copy.manifest->verified_at;
    return {};
}

void judge(Snapshot& snapshot) {
    const std::string vault_reason = snapshot.in_vault ? snapshot.in_vault->reason : "not in a repository";
    const std::string archive_reason = snapshot.dated ? dated_reason(*snapshot.dated) : "not in the archive";
    snapshot.restorable = vault_reason.empty() || archive_reason.empty();
    if (snapshot.in_vault && !vault_reason.empty()) snapshot.reason = vault_reason;
    if (snapshot.dated && !archive_reason.empty()) snapshot.reason += (snapshot.reason.empty() ? "" : "; ") + archive_reason;
    if (snapshot.dated && !snapshot.dated->manifest && snapshot.reason.empty()) snapshot.reason = snapshot.dated->manifest_problem;
}

}  // namespace

Result<std::optional<git::Oid>> tip_of(const git::Repository& repository, const Place& place) {
    if (!place.ref.empty()) return repository.resolve(place.ref);
    if (!place.branch.empty()) return repository.resolve(git::branch_ref(place.branch));
    return repository.resolve("HEAD");
}

Result<std::vector<Snapshot>> snapshots_of(const Place& place, std::vector<std::string>* warnings) {
    std::vector<Snapshot> snapshots;
    std::set<std::string> held;
    std::error_code error;
    if (!place.vault.empty() && std::filesystem::exists(place.vault, error)) {
        const Result<void> read = read_vault(place, snapshots, held);
        // A vault that cannot be read does not hide the archives; without them it is the answer.
        if (!read && place.archives.empty()) return read.error();
        if (!read && warnings != nullptr) warnings->push_back("the repository cannot be read: " + describe(read.error()));
    }
    if (!place.archives.empty()) read_archives(place, snapshots);
    give_names(snapshots, held);
    for (Snapshot& one : snapshots) judge(one);
    const auto earlier = [](const Snapshot& a, const Snapshot& b) {
        const auto rank = [](const Snapshot& one) { return std::tuple(one.item, one.time, archive::parse_stem(one.stem)->second); };
        return rank(a) < rank(b);
    };
    std::sort(snapshots.begin(), snapshots.end(), earlier);
    return snapshots;
}

}  // namespace autobackup::restore
