// SPDX-License-Identifier: MIT
// Asking the daemon.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/ctl/context.hpp"
#include "lib/control/protocol.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::ctl {

using OnEvent = std::function<void(const std::string& event, const boost::json::value& data)>;

/// Asks and waits for the answer; `on_event` (may be empty) sees what comes before it. The failure's hint says what to do: nothing
/// listens, this user may not, the daemon fell silent.
Result<control::Answer> ask(const Context& context, std::string_view verb, const boost::json::object& args, const OnEvent& on_event = {});

/// Nobody listens at the socket: what follows may be answered from files.
bool no_daemon(const Failure& failure);

/// Tells what the daemon refused, and of a bad configuration each problem; its exit code.
int tell_refusal(const control::Answer& answer);

/// ask(), with failure (exit 1) and refusal told: null then, and `exit_code` set.
boost::json::value data_of(const Context& context, std::string_view verb, const boost::json::object& args, int& exit_code,
                           const OnEvent& on_event = {});

}  // namespace autobackup::ctl
