// SPDX-License-Identifier: MIT
// restore --to-cvat.
#pragma once

#include "daemon/ctl/context.hpp"
#include "daemon/ctl/copies.hpp"
#include "daemon/restore/give_back.hpp"
#include "lib/async/workers.hpp"

namespace autobackup::ctl {

/// Restores what `request` says into the server of --to-cvat, or tells what would be done. What a URL source must fetch is here already.
Awaitable<int> restore_to_cvat(const Context& context, const Sources& sources, const restore::Request& request, async::Workers& workers);

}  // namespace autobackup::ctl
