// SPDX-License-Identifier: MIT
// From the configuration, or from what somebody brings along, to places with copies. Synchronous; worker thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/model/config.hpp"
#include "daemon/restore/snapshot.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::restore {

/// A job's own storage.
Place place_of(const config::Config& config, const config::Job& job);

/// What lies at a path: a vault or any clone, with a work tree or bare; the directory of an item's dated ZIPs, of a job's, of all jobs' (a place
/// each); a copy of a whole storage. not_found: nothing is there; bad_request: it is something else, the message says what is looked for.
Result<std::vector<Place>> places_at(const std::filesystem::path& path);

/// Whether --from names something that must be fetched: https, http, ssh, user@host:path, file://.
bool is_url(const std::string& from);

}  // namespace autobackup::restore
