// SPDX-License-Identifier: MIT
// Whether the worker threads still get anywhere: for a watchdog that is fed by the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <time.h>

namespace autobackup::async {

class WorkerWatch {
    struct Running {
        clockid_t clock{};           // CPU time of the thread
        std::uint64_t cpu_ns = 0;    // when it was looked at last
        std::chrono::steady_clock::time_point moved;
    };

public:
    /// A function that runs on this thread as long as the object lives.
    class Task {
    public:
        explicit Task(WorkerWatch& watch);
        Task(const Task&) = delete;
        Task& operator=(const Task&) = delete;
        ~Task();

    private:
        WorkerWatch& watch_;
        std::list<Running>::iterator place_;
    };

    /// For how long the slowest running function has used no processor time (a thread that hangs in the kernel or waits for
    /// a lock that is never given back); zero when every one moves, or none runs. Exact to the time between two calls. Any thread.
    std::chrono::milliseconds longest_standstill();

private:
    std::mutex mutex_;
    std::list<Running> running_;
};

}  // namespace autobackup::async
