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

/// The one name of `names` that differs from `text` in one place: an object name with one damaged letter. Nothing: there is none, or several.
std::optional<git::Oid> nearly(const std::string& text, const std::vector<git::Oid>& names);

/// Writes what was mended: packed-refs anew where it was damaged, and each loose file of `mended`, in a rename each; what was there goes to `aside`.
Result<void> write_mended(const std::filesystem::path& repository, const SalvagedRefs& before, const RefMap& mended, Aside& aside);
Result<void> write_head(const std::filesystem::path& repository, const std::string& head, Aside& aside);

/// All names of objects in packs (by their indexes) and loose files of a repository.
std::vector<git::Oid> all_object_names(const std::filesystem::path& repository);

}  // namespace autobackup::checks
