// SPDX-License-Identifier: MIT
// Keeps the metrics file fresh and answers GET /metrics.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>

#include "daemon/metrics/snapshot.hpp"
#include "daemon/model/config.hpp"
#include "lib/async/types.hpp"
#include "lib/async/workers.hpp"
#include "lib/journal/entry.hpp"

namespace autobackup::metrics {

namespace message_id {
/// The metrics file cannot be written, or the listener cannot listen. Told in systemd/autobackupd.catalog.
inline constexpr const char* metrics_failed = "578acb33ed14450796a2956e8f3ab718";
}  // namespace message_id

/// References are borrowed for the life of the Publisher.
struct Services {
    async::Workers& workers;             ///< files
    journal::Sink& journal;              ///< hears of failures: once when they begin, and once more a day
    std::function<Snapshot()> collect;   ///< called on the loop for each file and each answer; must not block
    std::filesystem::path storage;       ///< whose free space is told
    Milliseconds every{60'000};          ///< the file is written at least so often
};

/// Loop thread only.
class Publisher {
public:
    explicit Publisher(Services services);
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;
    ~Publisher();

    /// Writes and listens as `where` says until it is cancelled (throws operation_aborted then, the socket's file is gone).
    /// Failures are told in the journal and tried again. With neither file nor listener it returns at once. One at a time: for a
    /// changed configuration cancel it and call it again.
    Awaitable<void> run(config::Metrics where);

    /// A run began or ended: the file is written anew now, or as soon as the write that goes on has ended. Never blocks.
    void changed();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace autobackup::metrics
