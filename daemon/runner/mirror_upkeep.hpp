// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "daemon/runner/work.hpp"

namespace autobackup::runner {

/// A mirror that may have a pack more than before the run.
struct MirrorPlace {
    std::string name;
    std::filesystem::path path;
};

/// Joins the small packs of each, tells what was joined, and ends soon after the workers were asked to stop. What fails is a warning.
Awaitable<void> join_mirrors(const WorkOrder& order, std::vector<MirrorPlace> places);

}  // namespace autobackup::runner
