// SPDX-License-Identifier: MIT
// The limits of one exchange, looked after by one timer. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "lib/http/client.hpp"

namespace autobackup::http {

/// Interrupts what waits for a peer for too long. Progress only notes the time, so that a byte costs no timer
/// operation; the timer looks at the notes when it fires and is set again if something moved.
class Watchdog {
public:
    enum class Reason { none, connect, no_progress, total };

    Watchdog(const asio::any_io_executor& executor, const Limits& limits);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// What to do when a limit passes: called at most once, on the loop. It must make the pending operation
    /// end (close the socket). Replaces the one before; an empty one does nothing, then the next look at
    /// reason() tells.
    void interrupt_with(std::function<void()> interrupt);
    /// Bytes that the kernel still has to send, for uploads over slow lines: fewer than before is progress
    /// too.
    void count_unsent_with(std::function<int()> unsent);
    /// Drops both, before what they refer to goes away.
    void forget() noexcept;

    void begin_connect();
    void end_connect();
    /// From now on it is the peer's turn: no_progress counts from this moment.
    void wait_for_peer();
    /// Something moved: if it is the peer's turn, no_progress counts anew.
    void progress() noexcept;
    /// Our own side works (disk): this time is not the peer's.
    void pause() noexcept;

    [[nodiscard]] Reason reason() const noexcept;
    [[nodiscard]] const Limits& limits() const noexcept;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace autobackup::http
