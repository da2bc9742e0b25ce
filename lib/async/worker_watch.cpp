// SPDX-License-Identifier: MIT
#include "lib/async/worker_watch.hpp"

#include <pthread.h>

#include <algorithm>

namespace autobackup::async {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t cpu_time(clockid_t clock) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) return 0;
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

WorkerWatch::Task::Task(WorkerWatch& watch) : watch_(watch) {
    Running running;
    ::pthread_getcpuclockid(::pthread_self(), &running.clock);
    running.moved = Clock::now();
    const std::lock_guard lock(watch_.mutex_);
    place_ = watch_.running_.insert(watch_.running_.end(), running);
}

WorkerWatch::Task::~Task() {
    const std::lock_guard lock(watch_.mutex_);
    watch_.running_.erase(place_);
}

std::chrono::milliseconds WorkerWatch::longest_standstill() {
    const Clock::time_point now = Clock::now();
    Clock::duration longest{0};
    const std::lock_guard lock(mutex_);
    for (Running& one : running_) {
        // The thread cannot end meanwhile: its Task waits for the mutex.
        const std::uint64_t cpu_ns = cpu_time(one.clock);
        if (cpu_ns != one.cpu_ns) one.moved = now;
        one.cpu_ns = cpu_ns;
        longest = std::max(longest, now - one.moved);
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

}  // namespace autobackup::async
