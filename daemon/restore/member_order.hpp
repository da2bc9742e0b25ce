// SPDX-License-Identifier: MIT
// The order in which CVAT's server writes the members of a backup (contract §6.1), for versions that no manifest describes. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace autobackup::restore {

/// 1980-01-01: what python's zipfile writes when it is told no time.
inline constexpr std::uint32_t first_dos_time = 0x00210000;

/// Project: assets, guide, project.json, then task_<i> by number; task: data by name, task.json, annotations.json, assets, guide.
void sort_as_server(std::vector<std::string>& names);

}  // namespace autobackup::restore
