// SPDX-License-Identifier: MIT
// The lists of projects and tasks that a survey begins with. Loop thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/cvat/context.hpp"
#include "daemon/cvat/identity.hpp"
#include "daemon/cvat/selection.hpp"

namespace autobackup::cvat_job {

/// Everything of one kind that the workspaces list, each once, by id.
struct Listing {
    cvat::Kind kind = cvat::Kind::project;
    std::vector<Candidate> candidates;
    std::vector<std::string> workspace;  ///< of each candidate
    Identities created;
};

/// Projects that were listed; whether each was made by a drill (by its name).
using KnownProjects = std::map<std::int64_t, bool>;

/// A list of projects adds to `known`; a list of tasks asks it, and the server again for projects that are not in it where tasks are wanted whatever project
/// they are in.
Awaitable<Result<Listing>> list_all(Context& context, cvat::Kind kind, std::vector<std::string> workspaces, KnownProjects& known);

}  // namespace autobackup::cvat_job
