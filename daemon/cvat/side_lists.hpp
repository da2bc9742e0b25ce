// SPDX-License-Identifier: MIT
// What no backup of CVAT holds, as the server lists it for a workspace: issues, comments, webhooks, quality settings, members. Loop thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/cvat/client.hpp"

namespace autobackup::cvat_job {

/// The lists of one workspace. nullopt: the server has no such list, or does not show it to this account.
struct SideLists {
    std::optional<std::map<std::int64_t, std::vector<cvat::Issue>>> issues;      ///< by job, in order of their ids
    std::optional<std::map<std::int64_t, std::vector<cvat::Comment>>> comments;  ///< by issue, in order of their ids
    std::optional<std::vector<cvat::Webhook>> webhooks;                          ///< in order of their ids
    std::optional<std::vector<cvat::QualitySettings>> quality;
    std::optional<std::map<std::string, std::string>> roles;  ///< user name → role; of an organisation only
    std::vector<std::string> hidden;  ///< the names of those that are not shown
    std::optional<Failure> failed;    ///< one could not be asked for: none may be believed
};

/// One request a list, all at once; memberships only of an organisation, and comments only when there are issues.
Awaitable<SideLists> ask_side_lists(cvat::Client& client, std::string workspace);

/// What the cheap question adds for the side files, since neither an issue nor a comment moves a date (contract §3.2): a digest of the open
/// issues and of how many comments each has, from one list. A list that is not shown is a text of its own; one that could not be asked for
/// gives a text that no later one equals.
Awaitable<std::string> ask_open_issues(cvat::Client& client, cvat::Context where);

/// Whether the answer says that this list is not for this account, or not on this server, now and the next time.
bool not_shown(const Failure& failure);

}  // namespace autobackup::cvat_job
