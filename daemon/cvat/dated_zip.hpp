// SPDX-License-Identifier: MIT
// Dated ZIPs in <storage>/archives/<job>/<item>/ with a manifest beside each, and their retention. Synchronous; worker thread.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/cvat/context.hpp"
#include "daemon/cvat/fetch.hpp"
#include "daemon/vault/version.hpp"

namespace autobackup::cvat_job {

struct DatedZip {
    model::ArchiveFile file;
    std::vector<std::string> warnings;  ///< of the retention
};

/// Writes `<UTC>.zip` (`…Z-2.zip` for a second one in that second) and `<UTC>.json`, each complete and fsynced before it has its name. Kept
/// members are read from the vault. `whole`: its file is taken as it is (a link where the file system can, else a copy). Then `keep` is
/// applied to the item's ZIPs: a file that cannot be removed is a warning.
Result<DatedZip> write_dated_zip(git::Repository& vault, const Places& places, const vault::Version& version, const FetchedZip* whole,
                                 const std::optional<config::Keep>& keep, std::stop_token stop);

}  // namespace autobackup::cvat_job
