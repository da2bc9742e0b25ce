// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/soon.hpp"

namespace autobackup::test {

/// The number that a process wrote into `file`; 0 when there is none.
inline pid_t pid_in(const std::filesystem::path& file) {
    pid_t pid = 0;
    std::ifstream(file) >> pid;
    return pid;
}

/// Whether process `pid` has ended, or ends within 10 s. A zombie has ended: its new parent may be in no hurry to look.
inline bool gone_soon(pid_t pid) {
    const auto gone = [pid] {
        std::string status;
        std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), status);
        return status.empty() || status.find(") Z ") != std::string::npos;
    };
    return soon(gone, std::chrono::seconds(10));
}

}  // namespace autobackup::test
