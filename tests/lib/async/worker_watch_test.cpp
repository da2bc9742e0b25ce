// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "lib/async/workers.hpp"
#include "tests/support/soon.hpp"

namespace autobackup::async::worker_watch_test {
namespace {

using namespace std::chrono_literals;

using test::soon;

TEST(WorkerWatch, NothingRunsNothingStands) {
    Workers workers(2);
    EXPECT_EQ(workers.longest_standstill(), 0ms);
}

TEST(WorkerWatch, AFunctionThatWaitsStandsStillUntilItGoesOn) {
    Workers workers(2);
    std::atomic<bool> go{false};
    workers.post_serial([&go] {
        while (!go) std::this_thread::sleep_for(300ms);
    });
    // It wakes now and then, which uses processor time; between two such moments it stands.
    EXPECT_TRUE(soon([&] { return workers.longest_standstill() >= 100ms; }));
    go = true;
    EXPECT_TRUE(soon([&] { return workers.longest_standstill() == 0ms; }));
}

TEST(WorkerWatch, AFunctionThatComputesMoves) {
    Workers workers(1);
    std::atomic<bool> stop{false};
    std::atomic<bool> began{false};
    workers.post_serial([&] {
        began = true;
        volatile unsigned number = 0;
        while (!stop) number = number + 1;
    });
    ASSERT_TRUE(soon([&] { return began.load(); }));
    for (int i = 0; i < 10; ++i) {
        std::this_thread::sleep_for(50ms);
        EXPECT_LT(workers.longest_standstill(), 2s);
    }
    stop = true;
}

}  // namespace
}  // namespace autobackup::async::worker_watch_test
