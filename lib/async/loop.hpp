// SPDX-License-Identifier: MIT
// The event loop of the process and its signals. Main thread.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>

#include "lib/async/types.hpp"

namespace autobackup::async {

/// Made before anything else, so that SIGTERM at any moment is an orderly stop: until run() begins, signals wait in it.
class Loop {
public:
    Loop();
    /// Runs `work` to its end. SIGINT or SIGTERM cancels it (terminal) and calls `on_stop` (flags for work that cannot be cancelled); the second
    /// one ends the process at once with exit code 5, and so does a stop that takes longer than 10 s.
    void run(Awaitable<void> work, std::function<void()> on_stop);
    /// Whether SIGINT or SIGTERM has come. For work that blocks the main thread before run(), which then takes in nothing by
    /// itself; a run() after it is cancelled at once. Not from within run().
    bool stop_asked();
    /// What SIGHUP does instead of stopping; also one that came before. A process that was started with SIGHUP ignored
    /// (nohup) does not hear it at all.
    void on_hangup(std::function<void()> hook) { on_hangup_ = std::move(hook); }

private:
    void wait_for_signal();
    void stop();
    asio::io_context context_{1};
    asio::signal_set signals_;
    asio::cancellation_signal cancel_;
    std::function<void()> on_stop_, on_hangup_;
    bool stopping_ = false;
};

}  // namespace autobackup::async
