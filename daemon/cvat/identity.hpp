// SPDX-License-Identifier: MIT
// Whether the server that answers is the one whose projects are held: another may stand under the same URL, with ids of its own. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace autobackup::cvat_job {

/// When the server made each object that is backed up: "project-12" → created_date, RFC 3339. No edit, transfer or move of a database changes it.
using Identities = std::map<std::string, std::string>;

std::string to_text(const Identities& identities);
/// An unreadable text gives none: nothing is known, so nothing is doubted.
Identities parse_identities(const std::string& text);

/// The first of `held` that `listed` has with another date, when `listed` has none of `held` with the same: another server. nullopt: at least one
/// is the same, or none of them is listed (they are gone, which is another question).
std::optional<std::string> replaced(const Identities& held, const Identities& listed);

}  // namespace autobackup::cvat_job
