// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "daemon/mirror/large.hpp"

namespace autobackup::mirror {

/// Paths under which the pointers stand somewhere in the history of the repository's refs; newest commits are looked at first. What is not
/// found within a million trees is left out. Synchronous: on a worker.
std::map<git::Oid, std::string> find_paths(const std::filesystem::path& repository, const std::vector<LargeFile>& files);

}  // namespace autobackup::mirror
