// SPDX-License-Identifier: MIT
// The verbs. Each returns the exit code of the process.
#pragma once

#include <string>
#include <vector>

#include "daemon/ctl/context.hpp"

namespace autobackup::ctl {

int status_command(const Context& context);
int list_command(const Context& context);
int next_command(const Context& context);
int history_command(const Context& context);
int show_command(const Context& context);
/// Becomes journalctl: returns only when that cannot be.
int logs_command(const Context& context);
int watch_command(const Context& context);
int run_command(const Context& context);
int cancel_command(const Context& context);
/// pause, resume and skip-next.
int steer_command(const Context& context);
int reload_command(const Context& context);
// They read the backups themselves, beside a daemon or without one.
int snapshots_command(const Context& context);
int restore_command(const Context& context);
int verify_command(const Context& context);
int drill_command(const Context& context);
int prune_command(const Context& context);
/// hold and release.
int hold_command(const Context& context);

/// The arguments of the journalctl that logs_command becomes. Pure.
std::vector<std::string> journalctl_arguments(const std::string& field, const std::string& value, bool follow, bool json, bool pager);

/// argc/argv to exit code: what main() calls.
int main_command(int argc, const char* const* argv, const char* const* environment);

}  // namespace autobackup::ctl
