// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <list>
#include <memory>

#include "lib/async/types.hpp"

namespace autobackup::async {

/// A counting semaphore for coroutines of one loop: `n` passes, waiters served in order. Loop thread only.
class Turnstile {
    struct State;
    struct Place;

public:
    /// Holding it is holding a place; given back when it dies. May outlive the Turnstile.
    class Pass {
    public:
        Pass() = default;
        explicit Pass(std::shared_ptr<State> state) : state_(std::move(state)) {}
        Pass(Pass&&) = default;
        Pass& operator=(Pass&& other) noexcept;
        ~Pass() { release(); }
        void release() noexcept;
        [[nodiscard]] bool held() const noexcept { return state_ != nullptr; }

    private:
        std::shared_ptr<State> state_;
    };

    explicit Turnstile(std::size_t places);
    /// Waits for a place. Throws system_error(operation_aborted) when cancelled; the place in the queue is given up.
    Awaitable<Pass> enter();
    [[nodiscard]] std::size_t waiting() const noexcept;

private:
    std::shared_ptr<State> state_;
};

}  // namespace autobackup::async
