// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace autobackup::model {

/// What the command line or the control socket asks of a run. Each kind of job takes what it knows.
struct Options {
    bool force = false;         ///< nothing that an earlier run found out is believed
    bool dry_run = false;       ///< looks and tells, saves nothing
    bool push = true;
    bool accept_shrink = false;  ///< what is much smaller than last time, or another server, is taken as meant
    bool adopt_remote = false;  ///< what somebody did to a target's branch (rewritten, deleted) is taken as meant
    std::vector<std::string> only;  ///< selectors of items: project:12, task:7, a name or a glob; empty: all
};

}  // namespace autobackup::model
