// SPDX-License-Identifier: MIT
// The manual pages, from what --help prints and from the key table of the configuration. Pure.
#pragma once

#include <string>

namespace autobackup::manual {

std::string autobackupctl_1();
std::string autobackupd_8();
std::string autobackupd_yaml_5();

}  // namespace autobackup::manual
