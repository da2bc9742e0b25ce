// SPDX-License-Identifier: MIT
// What the machine is called.
#pragma once

#include <string>

namespace autobackup {

/// gethostname(2); "localhost" where it gives nothing.
std::string host_name();

}  // namespace autobackup
