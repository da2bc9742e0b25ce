// SPDX-License-Identifier: MIT
// What can be told without a daemon: from state.sqlite and the configuration, read only.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "daemon/config/load.hpp"
#include "daemon/ctl/context.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::ctl {

/// The configuration and what is wrong with it, told to nobody.
config::Loaded read_config(const Context& context);

/// The configuration; nothing, its problems told, when it is not good.
std::optional<config::Config> load_config(const Context& context);

/// The documents that the daemon would give (docs/control-protocol.md), as far as files know.
Result<boost::json::object> history_from_files(const config::Config& config, const std::string& job, std::size_t limit);
Result<boost::json::object> report_from_files(const config::Config& config, const std::string& run);
Result<boost::json::object> next_from_files(const config::Config& config, const std::string& job, std::size_t count, Instant now);

/// io_error when the storage is not there, or holds nothing of ours: a wrong or unmounted one. Nothing is made.
Result<void> need_storage(const config::Config& config);

/// Whether some run of the job in the history says that it saved something, or found it saved.
bool ever_saved(const config::Config& config, const std::string& job);

/// not_found with the nearest name, unless `job` is empty or there.
Result<void> check_job(const config::Config& config, const std::string& job);

}  // namespace autobackup::ctl
