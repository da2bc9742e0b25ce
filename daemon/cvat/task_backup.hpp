// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "daemon/cvat/finish.hpp"

namespace autobackup::cvat_job {

/// The backup of one task as an item of its own (`tasks:` of the configuration): inspect, export, download, verify, commit, push.
/// Fills the item. Loop thread.
Awaitable<ItemEnd> back_up_task(Context& context, std::int64_t id, std::string workspace, std::optional<state::ItemState> last,
                                model::Item& item);

}  // namespace autobackup::cvat_job
