// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <stop_token>
#include <utility>

namespace autobackup {

/// Asked by long work between two pieces of it, on the thread that works; true: end soon, with fail_cancelled().
/// Empty: nobody ever stops it.
using StopAsked = std::function<bool()>;

/// True from the moment on at which a stop of `token`'s source is requested. Any thread.
inline StopAsked stop_asked_by(std::stop_token token) {
    return [token = std::move(token)] { return token.stop_requested(); };
}

}  // namespace autobackup
