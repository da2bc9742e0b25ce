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

using KnownItems = std::map<std::string, state::ItemState>;

/// `listed`: everything of `kind` that the server lists. `known` must outlive the answer, which points into it. `accept`: what is missing is meant to be
/// (--accept-shrink); of an empty list nothing is.
Missing find_missing(cvat::Kind kind, const std::vector<Candidate>& listed, const config::Selection& selection, const KnownItems& known,
                     const Doubted& doubted, bool accept);
Missing find_missing(cvat::Kind, const std::vector<Candidate>&, const config::Selection&, const KnownItems&&, const Doubted&, bool) = delete;

}  // namespace autobackup::cvat_job
