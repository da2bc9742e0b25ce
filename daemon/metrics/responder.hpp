// SPDX-License-Identifier: MIT
// Inside daemon/metrics: the listening socket and its connections. Loop thread.
#pragma once

#include <functional>
#include <string>

#include "daemon/model/config.hpp"
#include "lib/async/types.hpp"
#include "lib/async/workers.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::metrics {

/// Connections at once; more wait in the kernel's queue.
inline constexpr std::size_t most_connections = 16;
/// From the accept to the end of one connection, however slowly the client reads or writes.
inline constexpr Milliseconds connection_limit{5'000};

/// Listens and answers each request with metrics() until it is cancelled (throws operation_aborted). Returns a failure when it
/// cannot listen: io_error, busy (another process listens), config_invalid. What clients do is no failure. `ready` is called
/// once it listens. A unix socket has mode 0660 and goes with the listener.
Awaitable<Result<void>> respond(config::MetricsListener where, async::Workers& workers, const std::function<std::string()>& metrics,
                                const std::function<void()>& ready);

}  // namespace autobackup::metrics
