// SPDX-License-Identifier: MIT
// The dated ZIPs of one item as they lie in <archives>/<job>/<item>/: `<UTC>.zip`, its manifest `<UTC>.json`, and `<UTC>.hold` when somebody
// pinned it; and which of them may go. Synchronous; worker thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/config.hpp"
#include "daemon/retention/plan.hpp"
#include "daemon/vault/manifest.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::archive {

/// The `verified` level of a manifest whose ZIP was found damaged.
inline constexpr const char* failed_level = "failed";

struct DatedCopy {
    std::string stem;  ///< "20261121T013000Z", "20261121T013000Z-2"
    Instant time;
    int number = 1;  ///< of several in that second
    std::filesystem::path zip;
    std::optional<std::uint64_t> bytes;  ///< of the ZIP; nullopt: it is not there
    std::optional<vault::Manifest> manifest;
    std::string manifest_problem;  ///< why there is no manifest
    bool held = false;

    [[nodiscard]] std::filesystem::path beside(const char* extension) const { return std::filesystem::path(zip).replace_extension(extension); }
    /// Whole as far as that is known: its manifest is good, the ZIP has the size that it tells, and no check found it damaged.
    [[nodiscard]] bool verified() const;
};

/// Time and number of "20261121T013000Z-2"; nothing for another text.
std::optional<std::pair<Instant, int>> parse_stem(const std::string& stem);

/// Every copy of the directory, oldest first; one whose ZIP or manifest alone is there too. No directory: none.
std::vector<DatedCopy> dated_copies(const std::filesystem::path& directory);

/// The next name of that second: …Z, …Z-2, … A number that was removed is not used again: names would lose their order.
std::string next_stem(const std::filesystem::path& directory, Instant time);

/// retention::plan() over the copies of one item (same order); the reasons are its own.
Result<std::vector<retention::Decision>> plan_keep(const std::vector<DatedCopy>& copies, const config::Keep& keep, Instant now);

/// The ZIP goes first, then its manifest.
Result<void> remove_copy(const DatedCopy& copy);

/// Whether what a good check of `level` found takes the place of what was recorded before (a level, failed_level or ""). A level that is not
/// known, or none at all, is below every other.
bool replaces(const std::string& level, const std::string& recorded);

/// Writes into the manifest when and how the ZIP was checked. A good check does not replace one of a higher level (exists, structure, checksum),
/// and only a good `checksum` takes `failed` back. Nothing is written where there is no manifest.
Result<void> record_check(const DatedCopy& copy, const std::string& level, bool good, Instant at);

}  // namespace autobackup::archive
