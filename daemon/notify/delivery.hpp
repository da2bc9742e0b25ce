// SPDX-License-Identifier: MIT
// Inside daemon/notify: one try to send one message to one receiver. Loop thread.
#pragma once

#include <string>

#include "daemon/model/config.hpp"
#include "daemon/notify/message.hpp"
#include "daemon/notify/notices.hpp"

namespace autobackup::notify {

/// "notify[1] webhook at https://chat.example.org": never more of a URL than its origin.
std::string label(const config::Notice& notice);

/// Whether the receiver wants to hear this.
bool wanted(const config::Notice& notice, const Message& message);

/// Sends; `transient` of a failure says whether trying again may help. Throws operation_aborted when cancelled: a program
/// that runs is killed with its group then. All references are borrowed until the awaitable is done.
Awaitable<Result<void>> deliver(Services& services, const config::Notice& notice, const Message& message);

}  // namespace autobackup::notify
