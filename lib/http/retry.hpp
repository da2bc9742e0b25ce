// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::http {

/// Delay before the next try, or nothing when no try is left or the server wants more patience than `max` (`granted` it always
/// gets). Pure; `random` in [0,1).
std::optional<Milliseconds> retry_wait(const Failure& failure, int tries_done, int attempts, Milliseconds base, Milliseconds max,
                                       double random, Milliseconds granted = Milliseconds(60'000));

}  // namespace autobackup::http
