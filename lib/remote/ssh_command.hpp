// SPDX-License-Identifier: MIT
// Programs of an ssh server that speak no git protocol. Loop thread.
#pragma once

#include <memory>
#include <string>

#include "lib/remote/remote.hpp"

namespace autobackup::remote {

/// What a program at the other end ended with.
struct SshAnswer {
    int exit_code = 0;
    std::string output;  ///< stdout, whole. It may hold secrets
    std::string words;   ///< stderr, the last 16 KiB
};

/// Runs programs on the repository of an ssh URL, with the key and the promises of an ssh Remote. One at a
/// time.
class SshCommands {
public:
    virtual ~SshCommands() = default;
    /// Runs `PROGRAM PATH LAST`, as git-lfs writes it; PATH is the URL's. `program` and `last` are plain
    /// words. Failures are those of ssh itself (unauthorized, host_key_*, connection_*, …), no_progress after
    /// Settings::no_progress in all, and bad_response for more than 64 KiB of output; any exit code of the
    /// program is an answer.
    virtual Awaitable<Result<SshAnswer>> run(std::string program, std::string last) = 0;
    /// What went through ssh so far.
    [[nodiscard]] virtual Traffic traffic() const noexcept = 0;
};

/// `workers` must outlive the object. config_invalid for a URL that is no ssh URL.
Result<std::unique_ptr<SshCommands>> make_ssh_commands(async::Workers& workers, Settings settings);

}  // namespace autobackup::remote
