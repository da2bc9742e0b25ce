// SPDX-License-Identifier: MIT
// What of a ZIP to come the vault has already, and need not be downloaded. Loop thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "daemon/cvat/context.hpp"
#include "daemon/vault/version.hpp"
#include "lib/cvat/parts_plan.hpp"

namespace autobackup::cvat_job {

struct HeldMedia {
    cvat::HeldContent content;
    std::map<std::string, git::Oid> blobs;  ///< of the members of `content`, by the same names
    std::set<std::string> large;  ///< of `blobs`: the blob is the pointer to a large file whose content is in the vault's store
};

/// The media of a version under the names that they have in the ZIP of task `task` (nullopt: of the whole item). Nothing when the folder
/// is not as it was written, or the task is not in it; without names that are there twice, and
/// without large files whose content is not here. Worker thread: it looks at the files of these.
HeldMedia media_of(const vault::Held& held, std::optional<std::int64_t> task);

/// Whether a member need not come when the vault has it: a file below data/ or assets/ that is no text.
bool is_media(const std::string& member);

/// Takes out what the vault lacks (a partial clone), or holds with another size. Worker thread.
void drop_missing(HeldMedia& media, const git::Repository& vault);

/// media_of() and drop_missing(); nothing without a version, and under `download: whole`.
Awaitable<HeldMedia> held_media(Context& context, const std::optional<vault::Held>& held, std::optional<std::int64_t> task);

}  // namespace autobackup::cvat_job
