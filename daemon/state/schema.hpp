// SPDX-License-Identifier: MIT
// The tables of state.sqlite, as a list of steps: step i takes a file of user_version i to i + 1. A step that
// was released is never changed; a new one is added behind it.
#pragma once

#include <span>

namespace autobackup::state {

/// "ABUP" in SQLite's header: a file that holds another program's tables is not touched.
inline constexpr int application_id = 0x41425550;

/// SQL of the steps, oldest first.
std::span<const char* const> migrations();

}  // namespace autobackup::state
