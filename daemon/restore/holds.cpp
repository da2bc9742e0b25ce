// SPDX-License-Identifier: MIT
#include "daemon/restore/holds.hpp"

#include <unistd.h>

#include "lib/core/file.hpp"

namespace autobackup::restore {
namespace {

const std::string prefix = "refs/autobackup/hold/";

}  // namespace

std::string hold_name(const vault::ItemId& item, const std::string& stem) { return item.key() + "/" + stem; }

Result<std::set<std::string>> holds_in(const git::Repository& vault) {
    const Result<std::vector<std::pair<std::string, git::Oid>>> refs = vault.refs(prefix);
    if (!refs) return refs.error();
    std::set<std::string> names;
    for (const auto& [name, oid] : *refs) names.insert(name.substr(prefix.size()));
    return names;
}

Result<void> hold(const Place& place, const Snapshot& snapshot) {
    if (snapshot.in_vault) {
        Result<git::Repository> vault = git::Repository::open(place.vault);
        if (!vault) return vault.error();
        const std::string ref = prefix + hold_name(snapshot.item, snapshot.stem);
        const Result<std::optional<git::Oid>> held = vault->resolve(ref);
        if (!held) return held.error();
        if (!*held) {
            const Result<void> set = vault->set_ref(ref, snapshot.in_vault->commit, std::nullopt, "held");
            if (!set) return set;
        }
    }
    if (!snapshot.dated || !snapshot.dated->bytes) return {};
    return write_file_durably(snapshot.dated->beside(".hold"), "held since " + rfc3339_seconds(now()) + "\n");
}

Result<void> release(const Place& place, const Snapshot& snapshot) {
    if (!place.vault.empty() && snapshot.in_vault) {
        Result<git::Repository> vault = git::Repository::open(place.vault);
        if (!vault) return vault.error();
        const Result<void> gone = vault->delete_ref(prefix + hold_name(snapshot.item, snapshot.stem));
        if (!gone) return gone;
    }
    if (!snapshot.dated) return {};
    const std::filesystem::path file = snapshot.dated->beside(".hold");
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "remove", file.string());
    return sync_directory(file.parent_path());
}

}  // namespace autobackup::restore
