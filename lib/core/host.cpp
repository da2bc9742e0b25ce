// SPDX-License-Identifier: MIT
#include "lib/core/host.hpp"

#include <unistd.h>

namespace autobackup {

std::string host_name() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
    return name;
}

}  // namespace autobackup
