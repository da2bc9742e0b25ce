// SPDX-License-Identifier: MIT
// Several files become one tree, and every job gets what it inherits. Places stay those of the text, so that
// a problem or an origin found later still names file, line and column.
#pragma once

#include <span>
#include <string>

#include "daemon/config/check.hpp"
#include "daemon/config/load.hpp"
#include "lib/yaml/node.hpp"

namespace autobackup::config {

/// One tree of all files: `servers` and `jobs` put together, other top-level keys taken from the file that
/// has them. A name or key that two files have is a problem that names both places; the first counts.
yaml::NodePtr merge_files(std::span<const yaml::NodePtr> roots, Problems& problems);

/// The tree with every inherited value in its place: `defaults` under each job (key by key; `auth` as a
/// whole; a source only for jobs that have it), the general time zone, limits.no_progress of servers, the
/// default of `storage`.
yaml::NodePtr with_inherited(const yaml::Node& root, const LoadOptions& options);

/// All values that count, with their origin, in the order of the key table.
std::vector<OriginEntry> collect_origins(const yaml::Node& root);

}  // namespace autobackup::config
