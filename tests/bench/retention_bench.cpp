// SPDX-License-Identifier: MIT
// What a retention plan costs: `retention_bench [SNAPSHOTS]` (100000), one every quarter of an hour.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "daemon/retention/plan.hpp"

int main(int argc, char** argv) {
    using namespace autobackup;
    const long count = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 100'000;
    const Instant begin = *parse_rfc3339("2024-01-01T00:00:00Z");
    std::vector<retention::Snapshot> snapshots;
    for (long i = 0; i < count; ++i) snapshots.push_back({begin + std::chrono::minutes(15) * i, i % 97 != 0, i % 5000 == 0, {}});
    config::Keep keep;
    keep.last = 3;
    keep.daily = 7;
    keep.weekly = 5;
    keep.monthly = 12;
    keep.yearly = 3;
    const auto from = std::chrono::steady_clock::now();
    const auto plan = retention::plan(snapshots, keep, begin + std::chrono::minutes(15) * count, "Europe/Berlin");
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    if (!plan || plan->size() != snapshots.size()) return 1;
    std::printf("retention plan over %ld snapshots: %.3f s   (goal < 1 s)\n", count, seconds);
    return 0;
}
