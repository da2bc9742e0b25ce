// SPDX-License-Identifier: MIT
// verify() of a repository. Private to daemon/restore.
#pragma once

#include "daemon/restore/verify.hpp"

namespace autobackup::restore {

/// Of one copy no more are told.
inline constexpr std::size_t most_problems = 100;

/// Adds what is wrong to `checked`; a Failure is what kept the check from going on.
Result<void> check_vault(const Place& place, Level level, const std::stop_token& stop, Checked& checked);

}  // namespace autobackup::restore
