// SPDX-License-Identifier: MIT
// The refs of a repository whose files are damaged: what can be read of them, and what the others were. Synchronous; worker thread.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/checks/repair.hpp"
#include "daemon/mirror/push_plan.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::checks {

using mirror::RefMap;

/// As the files say, one by one (gitrepository-layout(5)); a loose ref counts before a packed one.
struct SalvagedRefs {
    RefMap refs;
    std::map<std::string, std::string> bad;  ///< refs whose value cannot be read, and what stands there
    std::vector<std::string> nameless;       ///< lines that do not even tell a name
    std::map<std::string, std::string> symbolic;  ///< loose refs that stand for another ref: left as they are
    std::string head;                        ///< "ref: refs/heads/main" or 40 digits; empty: it cannot be read
    bool packed_damaged = false;
    [[nodiscard]] bool damaged() const { return !bad.empty() || !nameless.empty() || packed_damaged || head.empty(); }
};
SalvagedRefs salvage_refs(const std::filesystem::path& repository);

/// What somebody else tells of the refs of a mirror, under the names that they have in it.
struct KnownRefs {
    RefMap refs;
    bool kept = false;   ///< also those below refs/autobackup/keep, of which no source knows
    bool pulls = false;  ///< also those below refs/pull
};

/// The refs that lines without a name stood for: what `known` has and nobody else tells. Nothing unless it must be all that the mirror had: it carries kept
/// refs, has every ref that can be read here (`mended` or as it stands) where it stands here, and at least one more for each such line. One line may
/// have been dozens of refs: a block that was lost has no ends of lines. Pure.
std::optional<RefMap> unnamed_refs(const SalvagedRefs& found, const RefMap& mended, const KnownRefs& known);

/// The one name of `names` that differs from `text` in one place: an object name with one damaged letter. Nothing: there is none, or several.
std::optional<git::Oid> nearly(const std::string& text, const std::vector<git::Oid>& names);

/// Writes what was mended: packed-refs anew where it was damaged, and each loose file of `mended`, in a rename each; what was there goes to `aside`. As long
/// as `before` has a bad one that `mended` does not have, or a nameless one, packed-refs stays as it is, so that the damage is found again, and what was
/// mended becomes loose files.
Result<void> write_mended(const std::filesystem::path& repository, const SalvagedRefs& before, const RefMap& mended, Aside& aside);
Result<void> write_head(const std::filesystem::path& repository, const std::string& head, Aside& aside);

/// All names of objects in packs (by their indexes) and loose files of a repository.
std::vector<git::Oid> all_object_names(const std::filesystem::path& repository);

}  // namespace autobackup::checks
