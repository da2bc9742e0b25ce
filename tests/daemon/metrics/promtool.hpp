// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "lib/core/file.hpp"

namespace autobackup::metrics {

/// Whether promtool (Debian: prometheus) is there; the caller skips with no_promtool when it is not.
inline bool has_promtool() {
    return std::system("promtool --version > /dev/null 2>&1") == 0;
}
inline constexpr const char* no_promtool = "promtool is not installed (apt install prometheus)";

/// Runs `promtool arguments` and expects that it has nothing to say against it.
inline void expect_promtool(const std::string& arguments, const fs::path& scratch) {
    const fs::path said = scratch / "promtool.txt";
    const int status = std::system(("promtool " + arguments + " > " + said.string() + " 2>&1").c_str());
    EXPECT_EQ(status, 0) << read_file(said).value();
}

}  // namespace autobackup::metrics
