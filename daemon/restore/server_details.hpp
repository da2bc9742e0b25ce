// SPDX-License-Identifier: MIT
// What CVAT's backup leaves out, put back from the side file as far as the API allows: assignees (by user name), stages and states of jobs, issues
// with their comments. Loop thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/restore/content_parts.hpp"
#include "daemon/restore/server_compare.hpp"
#include "lib/cvat/client.hpp"

namespace autobackup::restore {

/// Where the things of the side file are on the server.
struct Restored {
    cvat::Object object;
    const ServerView& view;
    const std::vector<TaskPart>& parts;
    const std::map<std::size_t, std::int64_t>& ids;  ///< index of a part → its task
};

/// Puts back what `text` (details.json of format 1) tells; sentences on everything that could not be. Owners and dates are the server's to
/// set: who wrote a comment, and when, stands in its text. Webhooks (their secrets are in no backup), quality settings, storages, and the
/// roles of members are only told.
Awaitable<std::vector<std::string>> apply_details(cvat::Client& client, const std::string& text, const Restored& restored);

/// The text of a comment that another account makes anew: its own when `author` is that account, else with author and time in front. Pure.
std::string comment_text(const std::string& message, const std::string& author, const std::string& time, const std::string& account);

}  // namespace autobackup::restore
