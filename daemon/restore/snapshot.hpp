// SPDX-License-Identifier: MIT
// What can be given back: one version of one item, and where copies of it lie. Plain values.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/archive/shelf.hpp"
#include "daemon/vault/item_id.hpp"
#include "daemon/vault/manifest.hpp"
#include "lib/core/instant.hpp"
#include "lib/git/oid.hpp"

namespace autobackup::restore {

/// A target of a job, as the vault remembers it.
struct KnownTarget {
    std::string url;      ///< without user-info
    std::string settled;  ///< ref of the vault: see vault::settled_ref()
};

/// Where copies of one job lie. Either part may be missing.
struct Place {
    std::string job;               ///< "" when nobody says
    std::filesystem::path vault;   ///< a vault, or any clone of a target; empty: none
    std::string branch;            ///< "main"; empty: the one that HEAD stands for
    std::string ref;               ///< full name of it where it is no local branch of that name; empty: it is
    std::string vault_word = "vault";  ///< how it is called in `where`
    bool fetches = false;          ///< what the repository lacks can be had from its remote (see RemoteVault)
    std::filesystem::path archives;  ///< holds <item>/<UTC>.zip; empty: none
    std::optional<vault::ItemId> only;  ///< of the archives, this item alone
    std::vector<KnownTarget> targets;
    std::vector<std::filesystem::path> mirrors;  ///< bare repositories, of a job that mirrors
};

/// The version as a git repository holds it.
struct InVault {
    git::Oid commit;
    git::Oid folder;
    std::string reason;  ///< why it cannot be given back from here; "" = it can
};

struct Snapshot {
    std::string id;   ///< "project-12@20261121T013000Z"
    std::string job;
    vault::ItemId item;
    std::string stem;  ///< what stands behind '@'
    std::string name;
    Instant time;
    std::uint64_t bytes = 0;  ///< of its ZIP
    std::vector<std::string> where;
    std::string verified_level, verified_at;  ///< "" = never
    bool restorable = true;
    std::string reason;  ///< why not; or a remark
    bool held = false;
    std::vector<vault::ManifestTask> tasks;
    std::optional<InVault> in_vault;
    std::optional<archive::DatedCopy> dated;  ///< its manifest's member list is left out
};

}  // namespace autobackup::restore
