// SPDX-License-Identifier: MIT
// The guard against a source that has lost much of what it had (interface.md §2, `shrink_limit`). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/vault/manifest.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::cvat_job {

/// How much there is of an item.
struct Extent {
    std::int64_t tasks = 0;  ///< with data
    std::int64_t frames = 0;
    std::optional<std::int64_t> annotations;  ///< shapes, tags and tracks; nullopt: not known before the export
};

/// Of the version that the vault holds: the last verified copy.
Extent extent_of(const vault::Manifest& manifest);

/// Failure `shrunken` when something of `now` is more than `limit` percent less than it was `before`; its message tells both numbers of each.
/// `object`: "project 12 of lab".
std::optional<Failure> shrunken(const Extent& before, const Extent& now, int limit, std::string object);

}  // namespace autobackup::cvat_job
