// SPDX-License-Identifier: MIT
// What is remembered of a task whose copy came old out of the server's cache (contract §4.2 no. 1 and 4, §12 no. 22). Pure.
#pragma once

#include <chrono>
#include <string>

#include "daemon/cvat/context.hpp"
#include "daemon/vault/version.hpp"

namespace autobackup::cvat_job {

/// By then the server's cache file has ended (24 h TTL, removed twice a day), if nobody prolongs it by asking.
inline constexpr std::chrono::hours stale_for{36};

/// The fingerprint under which an old copy is remembered: it is not the current one, so that the item is not up to date.
inline std::string stale_mark(const std::string& print) { return "stale:" + print; }

/// Author of the commit: of the first target, or ours.
inline void sign(const Context& context, vault::Version& version) {
    version.author.name = context.job.git.empty() ? "autobackupd" : context.job.git.front().author_name;
    version.author.email = context.job.git.empty() ? "autobackupd@localhost" : context.job.git.front().author_email;
    version.author.unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(version.time.time_since_epoch()).count();
}

}  // namespace autobackup::cvat_job
