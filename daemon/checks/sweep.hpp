// SPDX-License-Identifier: MIT
// Taking away from a CVAT server what drills have made there. Loop thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/checks/remnants.hpp"
#include "lib/async/workers.hpp"
#include "lib/cvat/client.hpp"

namespace autobackup::checks {

/// How long something may still come of an upload whose import nobody saw end: CVAT's own limit for one is 4 h, beside its queue.
inline constexpr std::chrono::hours import_may_come{24};

/// How long what cannot be removed is remembered; then it is somebody's to delete by hand.
inline constexpr std::chrono::hours given_up{24 * 30};

/// What could not be removed, and why; object and hint of that say what it is.
struct Left {
    Remnant remnant;
    Failure why;
};

struct Swept {
    std::vector<std::string> removed;   ///< in words
    std::vector<std::string> let_go;    ///< is somebody else's now, or given up: sentences
    std::vector<Remnant> awaited;       ///< not there, and may still come
    std::vector<Left> left;             ///< could not be removed, and is tried again
};

/// Removes what `remnants` (borrowed) knows to be on the server with that URL, projects first, and forgets what is gone. Nothing is removed that is not called as
/// the drill has called it, was not made when that was made, or belongs to another account: that is let go. One whose id is not known is looked for by its name. What
/// could not be removed for `given_up` is forgotten. The client is connected.
Awaitable<Swept> sweep(cvat::Client& client, async::Workers& workers, Remnants& remnants, std::string url);

}  // namespace autobackup::checks
