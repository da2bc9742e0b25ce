// SPDX-License-Identifier: MIT
// The repositories that `github:` and `mirror:` jobs keep: which there are, and what each holds. Synchronous; worker thread.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/config.hpp"
#include "lib/core/failure.hpp"
#include "lib/git/oid.hpp"

namespace autobackup::restore {

/// A repository as it lies on the disk.
struct HeldMirror {
    std::string job;   ///< "" when nobody says
    std::string kind;  ///< "github_repository", "github_wiki", "github_gist", "mirror"
    std::string name;  ///< as in reports: "acme/app", "acme/app.wiki", a gist's id, "group/a"
    std::filesystem::path path;
};

/// Those of a job, by name; also what is no longer in its configuration, or gone at the source. Empty: it has saved none yet.
std::vector<HeldMirror> mirrors_of(const config::Config& config, const config::Job& job);

/// Those at a path: the repository itself (a bare one, or a clone), or all below a directory, which may be a copy of a job's or a whole
/// storage. Vaults are none. Empty: there is none.
std::vector<HeldMirror> mirrors_at(const std::filesystem::path& path);

/// Whether the path is a git repository that holds no versions of projects and tasks, on any branch: a mirror, or any other repository.
bool is_mirror(const std::filesystem::path& path);

/// The one that `item` names (exactly; else without regard to case); empty: the only one. bad_request: there are several; not_found.
Result<HeldMirror> pick_mirror(const std::vector<HeldMirror>& all, const std::string& item);

/// What a force-push or a deletion took away.
struct KeptRef {
    std::string ref;   ///< "refs/autobackup/keep/20261121T013000Z/heads/main"
    std::string of;    ///< "refs/heads/main"
    std::string time;  ///< RFC 3339
    git::Oid oid;
};

struct MirrorFacts {
    HeldMirror held;
    std::string url;   ///< of its source, without credentials
    std::string head;  ///< "refs/heads/main"; empty: a commit of its own
    std::optional<git::Oid> tip;
    std::uint64_t branches = 0, tags = 0, pulls = 0, others = 0;
    std::vector<KeptRef> kept;  ///< oldest first
    std::uint64_t bytes = 0;    ///< of its packs
    std::uint64_t large_missing = 0;  ///< large files that the source did not give
    bool restorable = true;
    std::string reason;  ///< why not
};

/// Reads it; a repository that cannot be read is told as not restorable.
MirrorFacts look_at(const HeldMirror& held);

/// What `snapshots --json` has below "repositories".
boost::json::array mirrors_json(const std::vector<MirrorFacts>& all);

}  // namespace autobackup::restore
