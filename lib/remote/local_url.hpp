// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace autobackup::remote {

/// The path of file:///path, file://localhost/path or /path; nothing for any other URL. Pure.
std::optional<std::string> local_path(std::string_view url);

}  // namespace autobackup::remote
