// SPDX-License-Identifier: MIT
// When to look again at an export, and by which call. Pure.
#pragma once

#include "lib/async/types.hpp"

namespace autobackup::cvat {

/// Cadence of the polls of one export: `first`, then doubling up to `max`, each ±20 % so that many clients do
/// not beat in step. Once per `list_every` the poll is the list of all requests: that call alone makes a
/// server notice that an export's worker died.
class PollPlan {
public:
    PollPlan(Milliseconds first, Milliseconds max, Milliseconds list_every);

    /// Delay before the next poll; `random` in [0,1).
    Milliseconds next_delay(double random);
    /// Whether the poll due at `since_start` is to be the list; notes that it is done then.
    bool take_list_turn(Milliseconds since_start);

private:
    Milliseconds delay_;
    Milliseconds max_;
    Milliseconds list_every_;
    Milliseconds last_list_{0};
};

}  // namespace autobackup::cvat
