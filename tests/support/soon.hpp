// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <thread>

namespace autobackup::test {

/// Whether `condition` comes true within `limit`; asked some hundred times a second, on this thread.
template <class Condition>
bool soon(Condition condition, std::chrono::seconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace autobackup::test
