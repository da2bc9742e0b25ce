// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::cvat {

/// Bytes from a worker that produces them to a coroutine that sends them: the worker waits while about
/// `capacity` bytes lie here, so that memory stays flat however slow the network is. Lives in a shared_ptr;
/// one producer, one taker.
class UploadPipe : public std::enable_shared_from_this<UploadPipe> {
public:
    UploadPipe(asio::any_io_executor loop, std::size_t capacity);

    // -- the worker's side --
    /// Blocks while the pipe is full. `cancelled` once nobody takes any more.
    Result<void> put(std::span<const std::byte> bytes);
    /// No more comes: all was given, or `how` it failed.
    void end(Result<void> how);

    // -- the loop's side --
    /// Waits for exactly `bytes` bytes (at most `capacity`), fewer only at the end. The producer's failure as
    /// soon as it is known.
    Awaitable<Result<std::string>> take(std::size_t bytes);
    /// Nothing is taken any more: a producer that waits goes on and ends.
    void abandon();

private:
    void wake_taker();

    asio::any_io_executor loop_;
    std::size_t capacity_;
    asio::steady_timer changed_;  ///< never expires; cancelled when something is new

    std::mutex mutex_;  ///< guards what follows
    std::condition_variable taken_;
    std::string held_;
    std::optional<Result<void>> end_;
    bool abandoned_ = false;
};

}  // namespace autobackup::cvat
