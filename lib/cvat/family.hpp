// SPDX-License-Identifier: MIT
// Which server family speaks (2.0-2.15 A, 2.16-2.31 B, 2.32-2.37 C, 2.38 and later D). Behaviour decides, the
// version string only refines: forks and development builds carry odd versions. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "lib/cvat/types.hpp"

namespace autobackup::cvat {

struct Version {
    int major = 0, minor = 0, patch = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
};

/// The leading "2.54.1" of "2.54.1.dev20251231…"; nothing when the text does not start so.
std::optional<Version> parse_version(std::string_view text);

/// What was seen without side effects.
struct FamilyProbe {
    bool has_requests = false;  ///< GET /api/requests?page_size=1 answers (A: 404 HTML)
    std::optional<bool>
        old_backup_gone;  ///< GET /api/tasks/0/backup: 410 (C, D); asked only when the version is no help
};

/// The family when the version and what was seen agree; nothing when the old route has to be asked too.
std::optional<Family> family_of(std::optional<Version> version, const FamilyProbe& probe);

}  // namespace autobackup::cvat
