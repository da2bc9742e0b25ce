// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <optional>

#include "daemon/vault/target.hpp"
#include "lib/git/growing_pack.hpp"

namespace autobackup::vault {

/// Parts of a commit that does not exist yet, on their way to the server while the rest of it is still fetched: as many at once as the target
/// has lanes. The first failure ends it: what did not go ahead goes with the commit. Loop thread.
class SendAhead {
public:
    /// `target` takes parts ahead (Target::ahead_lanes() > 0), and is borrowed.
    SendAhead(asio::any_io_executor loop, Target& target);

    void add(git::SlicePack part);
    /// Nothing more comes.
    void close();
    /// What waits is not needed any more, and nothing more comes.
    void give_up();
    /// Sends until it is closed and nothing is left.
    Awaitable<void> run();
    /// Waits until run() has ended. Precondition: it runs or has run, and close() was called.
    Awaitable<void> wait();
    /// Why it ended early.
    [[nodiscard]] const std::optional<Failure>& failure() const noexcept { return failure_; }

private:
    Awaitable<void> lane(std::size_t number);
    Awaitable<void> changed();

    Target& target_;
    asio::steady_timer changed_;  ///< never expires; cancelled when something is new
    std::deque<git::SlicePack> parts_;
    std::optional<Failure> failure_;
    bool closed_ = false;
    bool ended_ = false;
};

}  // namespace autobackup::vault
