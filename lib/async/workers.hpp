// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

#include "lib/async/types.hpp"
#include "lib/async/worker_watch.hpp"

namespace autobackup::async {

/// The threads for work that blocks or computes: hashing, ZIP, libgit2, SQLite, file trees. The loop thread hands a
/// function over and goes on; the coroutine resumes on the loop with the function's value or exception.
class Workers {
public:
    explicit Workers(std::size_t threads) : pool_(threads), size_(threads) {}
    /// Waits for functions that run.
    ~Workers() { pool_.join(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Asked to stop: long functions poll this token (given at the drain) and return early.
    [[nodiscard]] std::stop_token stop_token() const noexcept { return stop_.get_token(); }
    void request_stop() noexcept { stop_.request_stop(); }
    /// See WorkerWatch::longest_standstill.
    [[nodiscard]] std::chrono::milliseconds longest_standstill() { return watch_.longest_standstill(); }

    /// Runs `function()` on a worker and gives its result back on the caller's executor. Not cancellable: the caller waits
    /// for it, so everything the function borrows lives long enough. `function` must be a NAMED object moved in.
    template <class Function>
    Awaitable<std::invoke_result_t<Function&>> run(Function function) {
        using Value = std::invoke_result_t<Function&>;
        Outcome<Value> outcome;
        co_await hand_over(function, outcome);
        if (outcome.error) std::rethrow_exception(outcome.error);
        if constexpr (!std::is_void_v<Value>) co_return std::move(*outcome.value);
    }

    /// Runs `function()` on a worker some time soon, one after another in the order given; nobody waits for it, so it must
    /// own what it uses and must not throw. ~Workers and drain_serial() wait for all of them.
    template <class Function>
    void post_serial(Function function) {
        auto task = [this, function = std::move(function)]() mutable {
            const WorkerWatch::Task watched(watch_);
            function();
        };
        asio::post(serial_, std::move(task));
    }
    /// Returns when everything given to post_serial() before has run.
    Awaitable<void> drain_serial() {
        auto start = [this](auto handler) {
            auto executor = asio::get_associated_executor(handler);
            auto task = [executor, guard = asio::make_work_guard(executor), done = std::move(handler)]() mutable {
                asio::post(executor, std::move(done));
            };
            asio::post(serial_, std::move(task));
        };
        return asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable);
    }

private:
    template <class Value>
    struct Outcome {
        std::exception_ptr error;
        std::optional<std::conditional_t<std::is_void_v<Value>, std::monostate, Value>> value;
    };

    // `function` and `outcome` live in the frame of run(), which cannot go away before the handler was called:
    // the operation has no cancellation slot, and a destroyed loop is preceded by ~Workers in every owner.
    template <class Function, class Value>
    Awaitable<void> hand_over(Function& function, Outcome<Value>& outcome) {
        auto start = [this, &function, &outcome](auto handler) {
            auto executor = asio::get_associated_executor(handler);
            auto task = [this, &function, &outcome, executor, guard = asio::make_work_guard(executor), done = std::move(handler)]() mutable {
                try {
                    const WorkerWatch::Task watched(watch_);
                    if constexpr (std::is_void_v<Value>) {
                        function();
                    } else {
                        outcome.value.emplace(function());
                    }
                } catch (...) {
                    outcome.error = std::current_exception();
                }
                asio::post(executor, std::move(done));
            };
            asio::post(pool_, std::move(task));
        };
        return asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable);
    }

    WorkerWatch watch_;  // before the pool: its tasks use it until the pool is joined
    asio::thread_pool pool_;
    asio::strand<asio::thread_pool::executor_type> serial_{pool_.get_executor()};
    std::size_t size_;
    std::stop_source stop_;
};

}  // namespace autobackup::async
