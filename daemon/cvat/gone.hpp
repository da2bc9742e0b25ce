// SPDX-License-Identifier: MIT
// What is known and no longer listed: deleted, or only not shown? Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/cvat/selection.hpp"
#include "daemon/model/config.hpp"
#include "daemon/state/store.hpp"
#include "lib/cvat/types.hpp"

namespace autobackup::cvat_job {

/// Keys ("project-12") of what went missing when everything that the job selects went missing at once. That is not believed, in later runs neither:
/// until they are listed again, or somebody says that it is meant.
using Doubted = std::set<std::string>;

std::string to_text(const Doubted& doubted);
/// An unreadable text doubts nothing.
Doubted parse_doubted(const std::string& text);

struct Missing {
    std::vector<const state::ItemState*> gone;  ///< deleted at the source, and not told yet
    Doubted doubted;                            ///< missing, and not taken for deleted
    bool at_once = false;                       ///< that all of them are missing is new
};

/// `listed`: everything of `kind` that the server lists. `accept`: what is missing is meant to be (--accept-shrink); of an empty list nothing is.
Missing find_missing(cvat::Kind kind, const std::vector<Candidate>& listed, const config::Selection& selection,
                     const std::map<std::string, state::ItemState>& known, const Doubted& doubted, bool accept);

}  // namespace autobackup::cvat_job
