// SPDX-License-Identifier: MIT
// Child programs on the loop: pipes as streams, every wait limited, nothing left behind.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::process {

struct Command {
    std::vector<std::string>
        argv;  ///< argv[0] is looked up in the PATH of `environment` when it holds no '/'
    std::vector<std::pair<std::string, std::string>> environment;  ///< the WHOLE environment of the child
    std::string directory;                                         ///< empty: ours
};

/// PATH, HOME, LANG=C.UTF-8, GIT_CONFIG_NOSYSTEM=1, GIT_TERMINAL_PROMPT=0 …: what a git child gets; never a
/// secret. PATH, HOME, TMPDIR and SSH_AUTH_SOCK are taken over from our own environment; nothing else is.
std::vector<std::pair<std::string, std::string>> git_environment();

/// A child process in its own process group with pipes on stdin, stdout and stderr. Loop thread only.
/// Its destructor kills the group (SIGKILL) and reaps the child, so a cancelled owner leaves nothing behind;
/// the kernel does the same when this program dies. A child that ended by itself and was waited for is not
/// killed: what it left running in the background (a hook's daemon) stays. The program must ignore SIGPIPE;
/// the child gets every signal's default back.
class Child {
public:
    /// Starts the program and returns when it is running. child_failed: no such program (with a hint), not
    /// executable, no such directory, no more processes.
    static Result<std::unique_ptr<Child>> start(const asio::any_io_executor& executor, Command command);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Writes all; no_progress when the child takes nothing for that long (zero: no limit); connection_closed
    /// on EPIPE. `bytes` is borrowed until the awaitable is done.
    Awaitable<Result<void>> write(std::span<const std::byte> bytes, Milliseconds no_progress);
    /// The child sees the end of its input. May be called again.
    void close_input();
    /// 0 = end of output. `buffer` is borrowed until the awaitable is done.
    Awaitable<Result<std::size_t>> read(std::span<std::byte> buffer, Milliseconds no_progress);
    /// Waits for the end (at most `limit`, then SIGTERM, 2 s, SIGKILL); exit code, or 128 + signal. stderr is
    /// read all the while; stdout is not: read it to its end before, or a child with much to say never ends
    /// by itself.
    Awaitable<Result<int>> wait(Milliseconds limit);
    /// What it wrote on stderr so far, at most 16 KiB of the end.
    [[nodiscard]] const std::string& error_text() const noexcept;
    /// Process id, which is the id of its group too.
    [[nodiscard]] pid_t id() const noexcept;

private:
    struct Impl;
    explicit Child(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace autobackup::process
