// SPDX-License-Identifier: MIT
#include "lib/systemd/manager.hpp"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdlib>

#include "lib/core/text.hpp"

namespace autobackup::systemd {
namespace {

constexpr std::size_t longest_status = 500;

// A line end would begin another assignment.
std::string status_line(const std::string& text) {
    return "STATUS=" + cut_utf8(one_line(text), longest_status);
}

void tell(const std::string& message) { ::sd_notify(0, message.c_str()); }

}  // namespace

bool Manager::listens() {
    const char* const socket = std::getenv("NOTIFY_SOCKET");
    return socket != nullptr && *socket != '\0';
}

void Manager::ready(const std::string& status) { tell("READY=1\n" + status_line(status)); }

void Manager::status(const std::string& text) { tell(status_line(text)); }

void Manager::reloading() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    const long long microseconds = static_cast<long long>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1'000;
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void Manager::stopping(const std::string& status) { tell("STOPPING=1\n" + status_line(status)); }

void Manager::extend_timeout(std::chrono::microseconds more) { tell("EXTEND_TIMEOUT_USEC=" + std::to_string(more.count())); }

void Manager::alive() { tell("WATCHDOG=1"); }

std::chrono::microseconds Manager::watchdog() {
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::chrono::microseconds(0);
    return std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
}

}  // namespace autobackup::systemd
