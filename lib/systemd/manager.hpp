// SPDX-License-Identifier: MIT
// What a service tells its manager (sd_notify(3)), and what the manager asks of it. Outside systemd every call does nothing.
#pragma once

#include <chrono>
#include <string>

namespace autobackup::systemd {

/// Messages to $NOTIFY_SOCKET. Cheap; any thread; never fails loudly: a manager that does not hear must not stop a backup.
class Manager {
public:
    /// Whether somebody listens.
    [[nodiscard]] static bool listens();
    /// `READY=1`, with the line that `systemctl status` shows.
    static void ready(const std::string& status);
    /// `STATUS=`; one line, cut at 500 bytes.
    static void status(const std::string& text);
    /// `RELOADING=1` with MONOTONIC_USEC (needed from systemd 253 on); ready() ends it.
    static void reloading();
    /// `STOPPING=1`.
    static void stopping(const std::string& status);
    /// `EXTEND_TIMEOUT_USEC=`: the start or the stop may take so much longer, counted from now.
    static void extend_timeout(std::chrono::microseconds more);
    /// `WATCHDOG=1`.
    static void alive();
    /// How often the manager wants to hear alive() at least ($WATCHDOG_USEC for this process); zero: it does not watch.
    static std::chrono::microseconds watchdog();
};

}  // namespace autobackup::systemd
