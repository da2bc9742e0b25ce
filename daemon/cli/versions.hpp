// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace autobackup::cli {

/// Two lines for --version: "PROGRAM version (git sha)", and every library that the programs are linked with, with its version: that of the
/// library itself where it can be asked, else of the headers. Needs no library to be initialised.
std::string version_text(const std::string& program);

}  // namespace autobackup::cli
