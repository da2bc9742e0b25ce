// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/error_code.hpp>
#include <functional>
#include <string>

#include "lib/core/failure.hpp"
#include "lib/http/watchdog.hpp"

namespace autobackup::http {

/// Where an exchange was when it broke: for the words of the failure.
enum class Step { resolve, connect, proxy, handshake, send, receive };

/// The failure behind `error`, or behind the limit that passed. `where` is "host:port". Operation and object
/// are left to the caller. THROWS system_error(operation_aborted) when the owner cancelled: that is no
/// failure.
Failure wire_failure(const boost::system::error_code& error, Step step, const std::string& where,
                     const Watchdog& watchdog);

/// The peer went away (closed, reset), as against a limit or a local error.
bool is_disconnect(const Failure& failure) noexcept;

/// Sets what the watchdog interrupts for as long as it lives; what `interrupt` refers to must live as long.
class Interruptible {
public:
    Interruptible(Watchdog& watchdog, std::function<void()> interrupt) : watchdog_(watchdog) {
        watchdog_.interrupt_with(std::move(interrupt));
    }
    ~Interruptible() { watchdog_.forget(); }
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

private:
    Watchdog& watchdog_;
};

}  // namespace autobackup::http
