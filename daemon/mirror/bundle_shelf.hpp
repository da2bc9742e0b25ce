// SPDX-License-Identifier: MIT
// Dated bundles of a mirror: <directory>/<name>/<UTC>.bundle. Synchronous: on a worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/model/config.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::mirror {

struct BundleKept {
    bool written = false;  ///< false: there is one with exactly these refs already, or the mirror is empty
    std::filesystem::path file;
    std::uint64_t bytes = 0;
    std::vector<std::string> warnings;  ///< an old one that could not be removed
};

/// Writes a bundle of all refs of `repository` unless there is one that names the same refs (with `again`, or when there are more than
/// bundles.keep: and is whole), reads it back, and only then removes those beyond bundles.keep, oldest first. Nothing else in the directory
/// is touched. Leaves `reserve` bytes of the disk free: `reserve` otherwise. A bundle that is found damaged when it is read back is removed, and no older one: repository_invalid.
Result<BundleKept> keep_bundle(const std::filesystem::path& repository, const config::Bundles& bundles, const std::string& name, bool again,
                               std::uint64_t reserve, const std::stop_token& stop);

/// The bundles of a repository, newest first; they are not looked at.
std::vector<std::filesystem::path> bundles_of(const config::Bundles& bundles, const std::string& name);

}  // namespace autobackup::mirror
