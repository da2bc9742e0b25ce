// SPDX-License-Identifier: MIT
// --to-cvat of restore and drill.
#pragma once

#include <optional>

#include "daemon/checks/server_access.hpp"
#include "daemon/ctl/context.hpp"
#include "daemon/ctl/copies.hpp"
#include "daemon/restore/give_back.hpp"
#include "lib/async/workers.hpp"

namespace autobackup::ctl {

/// The server of --to-cvat: by its name or URL in the configuration (`config`; nothing: the one of --config, if there is one), or by its URL and the files that the
/// command line names. Its secret is read, on a worker. bad_request, secret_missing.
Awaitable<Result<checks::ServerPlace>> server_of(const Context& context, std::optional<config::Config> config, async::Workers& workers);

/// Restores what `request` says into the server of --to-cvat, or tells what would be done. What a URL source must fetch is here already.
Awaitable<int> restore_to_cvat(const Context& context, const Sources& sources, const restore::Request& request, async::Workers& workers);

}  // namespace autobackup::ctl
