// SPDX-License-Identifier: MIT
// fork and exec, and the collection of what was started. POSIX only, no loop. Used by child.cpp alone.
#pragma once

#include <sys/types.h>

#include <optional>

#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"
#include "lib/process/child.hpp"

namespace autobackup::process {

/// A running program and our ends of its pipes (close-on-exec).
struct Launched {
    pid_t pid = -1;
    FileDescriptor input;   ///< we write
    FileDescriptor output;  ///< we read
    FileDescriptor errors;  ///< we read
};

/// Blocks until the program was executed (milliseconds). child_failed as Child::start says.
Result<Launched> launch(const Command& command);

/// Exit code, or 128 + signal, when the child has ended; it is reaped then. Nothing while it runs.
std::optional<int> reap(pid_t pid) noexcept;

/// Kills the group of a child that was not reaped yet, and reaps it. A child that does not die within some
/// milliseconds (it hangs in the kernel) is remembered and reaped by a later call.
void kill_and_reap(pid_t pid) noexcept;

}  // namespace autobackup::process
