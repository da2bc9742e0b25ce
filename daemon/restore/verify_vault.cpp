// SPDX-License-Identifier: MIT
#include "daemon/restore/verify_vault.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "daemon/restore/catalogue.hpp"
#include "daemon/restore/vault_versions.hpp"
#include "daemon/vault/large_files.hpp"
#include "daemon/vault/version.hpp"
#include "lib/core/stop.hpp"

namespace autobackup::restore {
namespace {

class VaultCheck {
public:
    VaultCheck(const git::Repository& repository, Level level, const std::stop_token& stop, Checked& checked)
        : repository_(repository), level_(level), stop_(stop), checked_(checked), store_(vault::large_store(repository.path())) {}

    Result<void> check_version(const VaultVersion& version) {
        // A version that another one equals costs nothing more.
        if (!seen_.emplace(version.folder, version.manifest.value_or(git::Oid())).second) return {};
        version_ = version.item.key() + " of " + rfc3339_seconds(version.time);
        const Result<std::vector<git::TreeEntry>> folder = repository_.read_tree(version.folder);
        if (!folder) return folder.error();
        const Result<std::optional<vault::Held>> held = vault::read_held(repository_, version.commit, version.item);
        if (!held) return held.error();
        if (!*held) return {};
        note_large((*held)->large);
        if (level_ == Level::exists) return {};
        if (!(*held)->problem.empty()) problem((*held)->problem);
        if ((*held)->manifest && ((*held)->as_written || (*held)->manifest->tree.empty())) compare(**held);
        return {};
    }

    // Every large file that some version names, each once.
    Result<void> check_large() {
        for (const auto& [object, version] : large_) {
            if (stop_.stop_requested()) return {};
            version_ = version;
            if (!store_.has(object)) {
                problem("the large file " + object.oid + " (" + std::to_string(object.size) + " bytes) is not in " + store_.root().string());
                continue;
            }
            if (level_ != Level::checksum) continue;
            const Result<void> read = store_.stream(object, [](std::span<const std::byte>) -> Result<void> { return {}; });
            if (!read) problem(describe(read.error()));
            checked_.bytes += object.size;
        }
        return {};
    }

private:
    void problem(const std::string& text) {
        if (checked_.problems.size() < most_problems) checked_.problems.push_back(version_ + ": " + text);
    }

    void note_large(const std::map<std::string, lfs::Pointer>& large) {
        for (const auto& [name, object] : large) {
            if (!object.oid.empty()) large_.emplace(object, version_);
        }
    }

    void compare(const vault::Held& held) {
        std::set<std::string> listed;
        for (const vault::ManifestMember& entry : held.manifest->members) {
            if (entry.name.ends_with('/')) continue;
            listed.insert(entry.name);
            const auto blob = held.blobs.find(entry.name);
            if (blob == held.blobs.end()) {
                const auto below = held.blobs.lower_bound(entry.name + "/");
                const bool folder = below != held.blobs.end() && below->first.starts_with(entry.name + "/");
                if (!folder) problem("member \"" + entry.name + "\" of the manifest is not in the folder");
            } else if (std::optional<std::uint64_t> size = size_of(held, entry.name, blob->second); size && *size != entry.size && last(held, entry)) {
                problem("member \"" + entry.name + "\" has " + std::to_string(*size) + " bytes, the manifest says " + std::to_string(entry.size));
            }
        }
        for (const auto& [name, oid] : held.blobs) {
            if (!listed.contains(name)) problem("the folder holds \"" + name + "\", which the manifest does not list");
        }
    }

    // Of members of one name git holds the last.
    static bool last(const vault::Held& held, const vault::ManifestMember& entry) {
        const auto& members = held.manifest->members;
        const auto found = std::find_if(members.rbegin(), members.rend(), [&](const auto& one) { return one.name == entry.name; });
        return &*found == &entry;
    }

    std::optional<std::uint64_t> size_of(const vault::Held& held, const std::string& name, const git::Oid& blob) {
        const auto large = held.large.find(name);
        if (large != held.large.end()) return large->second.size;
        if (const auto known = sizes_.find(blob); known != sizes_.end()) return known->second;
        if (!repository_.has(blob)) {
            if (!repository_.partial()) problem("the content of \"" + name + "\" is missing");
            return std::nullopt;
        }
        const Result<std::uint64_t> size = repository_.blob_size(blob);
        if (!size) {
            problem(describe(size.error()));
            return std::nullopt;
        }
        sizes_.emplace(blob, *size);
        return *size;
    }

    const git::Repository& repository_;
    Level level_;
    const std::stop_token& stop_;
    Checked& checked_;
    lfs::Store store_;
    std::string version_;
    std::set<std::pair<git::Oid, git::Oid>> seen_;
    std::map<lfs::Pointer, std::string> large_;
    std::map<git::Oid, std::uint64_t> sizes_;
};

}  // namespace

Result<void> check_vault(const Place& place, Level level, const std::stop_token& stop, Checked& checked) {
    const Result<git::Repository> repository = git::Repository::open_any(place.vault);
    if (!repository) return repository.error();
    if (level == Level::checksum) {
        const Result<git::Repository::CheckReport> report = repository->check(stop_asked_by(stop));
        if (!report) return report.error();
        for (const std::string& problem : report->problems) {
            if (checked.problems.size() < most_problems) checked.problems.push_back(problem);
        }
    }
    const Result<std::optional<git::Oid>> tip = tip_of(*repository, place);
    if (!tip) return tip.error();
    if (!*tip) return {};
    const Result<std::vector<VaultVersion>> versions = all_versions(*repository, **tip);
    if (!versions) return versions.error();
    checked.versions = versions->size();
    VaultCheck check(*repository, level, stop, checked);
    for (const VaultVersion& version : *versions) {
        if (stop.stop_requested()) return {};
        const Result<void> looked = check.check_version(version);
        if (!looked && checked.problems.size() < most_problems) checked.problems.push_back(describe(looked.error()));
    }
    return check.check_large();
}

}  // namespace autobackup::restore
