// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "lib/async/run.hpp"
#include "lib/async/turnstile.hpp"
#include "lib/async/workers.hpp"

namespace autobackup::async::async_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Ended {
    bool done = false;
    std::exception_ptr failure;
};

// Runs `work` on `context` until nothing is left; `stop_after` > 0 cancels it (terminal) then.
Ended run(Awaitable<void> work, Milliseconds stop_after = 0ms) {
    asio::io_context context(1);
    asio::cancellation_signal signal;
    Ended ended;
    auto on_end = [&ended](std::exception_ptr failure) {
        ended.done = true;
        ended.failure = failure;
    };
    asio::co_spawn(context, std::move(work), asio::bind_cancellation_slot(signal.slot(), on_end));
    asio::steady_timer timer(context, stop_after);
    if (stop_after > 0ms) {
        timer.async_wait([&](const boost::system::error_code&) { signal.emit(asio::cancellation_type::terminal); });
    }
    context.run_for(30s);
    return ended;
}

bool aborted(const Ended& ended) {
    if (!ended.failure) return false;
    try {
        std::rethrow_exception(ended.failure);
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

Awaitable<void> throws(std::string text) {
    co_await sleep_for(5ms);
    throw std::runtime_error(text);
}

TEST(Workers, GiveValuesAndExceptionsBackOnTheLoop) {
    Workers workers(2);
    const auto loop = std::this_thread::get_id();
    std::thread::id ran;
    std::string value;
    std::string error;
    auto body = [&]() -> Awaitable<void> {
        auto work = [&ran, text = std::string(100, 'x')] {
            ran = std::this_thread::get_id();
            return text;
        };
        value = co_await workers.run(std::move(work));
        EXPECT_EQ(std::this_thread::get_id(), loop);
        try {
            auto bad = []() -> int { throw std::runtime_error("no"); };
            co_await workers.run(std::move(bad));
        } catch (const std::runtime_error& caught) {
            error = caught.what();
        }
    };
    EXPECT_TRUE(run(body()).done);
    EXPECT_NE(ran, loop);
    EXPECT_EQ(value, std::string(100, 'x'));
    EXPECT_EQ(error, "no");
}

TEST(Workers, AreWaitedForWhenTheCallerIsCancelled) {
    Workers workers(1);
    bool finished = false;
    auto body = [&]() -> Awaitable<void> {
        auto slow = [&finished] {
            std::this_thread::sleep_for(40ms);
            finished = true;
        };
        co_await workers.run(std::move(slow));
        co_await sleep_for(60s);
    };
    const auto begin = Clock::now();
    const Ended ended = run(body(), 10ms);
    EXPECT_TRUE(aborted(ended));
    EXPECT_TRUE(finished);
    EXPECT_LT(Clock::now() - begin, 10s);
}

TEST(Deadline, PassesTheWorkThroughWhenItIsInTime) {
    bool in_time = false;
    auto body = [&]() -> Awaitable<void> { in_time = co_await with_deadline(20s, sleep_for(1ms)); };
    EXPECT_FALSE(run(body()).failure);
    EXPECT_TRUE(in_time);
}

TEST(Deadline, EndsTheWorkWhenItIsLate) {
    bool in_time = true;
    auto body = [&]() -> Awaitable<void> { in_time = co_await with_deadline(20ms, sleep_for(60s)); };
    const auto begin = Clock::now();
    EXPECT_FALSE(run(body()).failure);
    EXPECT_FALSE(in_time);
    EXPECT_LT(Clock::now() - begin, 10s);
}

TEST(Deadline, AnExceptionWinsAtOnce) {
    const auto begin = Clock::now();
    auto body = [&]() -> Awaitable<void> { co_await with_deadline(60s, throws("refused")); };
    const Ended ended = run(body());
    ASSERT_TRUE(ended.failure);
    EXPECT_THROW(std::rethrow_exception(ended.failure), std::runtime_error);
    EXPECT_LT(Clock::now() - begin, 10s);
}

TEST(Deadline, AnOuterStopReachesTheWork) {
    auto body = [&]() -> Awaitable<void> { co_await with_deadline(60s, sleep_for(60s)); };
    EXPECT_TRUE(aborted(run(body(), 10ms)));
}

TEST(AllOf, TheFirstExceptionCancelsTheOthers) {
    const auto begin = Clock::now();
    auto body = []() -> Awaitable<void> {
        std::vector<Awaitable<void>> work;
        work.push_back(sleep_for(60s));
        work.push_back(throws("cause"));
        co_await all_of(std::move(work));
    };
    const Ended ended = run(body());
    ASSERT_TRUE(ended.failure);
    EXPECT_THROW(std::rethrow_exception(ended.failure), std::runtime_error);
    EXPECT_LT(Clock::now() - begin, 10s);
}

TEST(ForEachIndex, RunsEachOnceAndNoMoreThanAllowedAtOnce) {
    std::vector<int> seen(20, 0);
    int running = 0;
    int most = 0;
    std::function<Awaitable<void>(std::size_t)> one = [&](std::size_t index) -> Awaitable<void> {
        most = std::max(most, ++running);
        co_await sleep_for(1ms);
        --running;
        ++seen[index];
    };
    EXPECT_FALSE(run(for_each_index(seen.size(), 3, one)).failure);
    EXPECT_EQ(seen, std::vector<int>(20, 1));
    EXPECT_EQ(most, 3);
}

TEST(Turnstile, ServesInOrderAndSurvivesACancelledWaiter) {
    Turnstile turnstile(1);
    std::string order;
    auto holder = [&]() -> Awaitable<void> {
        const Turnstile::Pass pass = co_await turnstile.enter();
        order += 'a';
        co_await sleep_for(500ms);
    };
    auto impatient = [&]() -> Awaitable<void> {
        auto enter = [&]() -> Awaitable<void> { const Turnstile::Pass pass = co_await turnstile.enter(); };
        const bool in_time = co_await with_deadline(10ms, enter());
        order += in_time ? '!' : 'b';
    };
    auto patient = [&]() -> Awaitable<void> {
        const Turnstile::Pass pass = co_await turnstile.enter();
        order += 'c';
    };
    auto body = [&]() -> Awaitable<void> {
        std::vector<Awaitable<void>> work;
        work.push_back(holder());
        work.push_back(impatient());
        work.push_back(patient());
        co_await all_of(std::move(work));
        const Turnstile::Pass again = co_await turnstile.enter();
        order += 'd';
    };
    EXPECT_FALSE(run(body()).failure);
    EXPECT_EQ(order, "abcd");
    EXPECT_EQ(turnstile.waiting(), 0U);
}

TEST(Backoff, DoublesUpToItsLimitWithJitter) {
    EXPECT_EQ(backoff(1, 100ms, 1s, 0.5), 100ms);
    EXPECT_EQ(backoff(3, 100ms, 1s, 0.5), 400ms);
    EXPECT_EQ(backoff(30, 100ms, 1s, 0.5), 1000ms);
    EXPECT_EQ(backoff(1, 100ms, 1s, 0.0), 75ms);
}

}  // namespace
}  // namespace autobackup::async::async_test
