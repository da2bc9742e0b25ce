// SPDX-License-Identifier: MIT
// A listening unix socket and its name in the file system. Knows nothing of what is said there. Blocks for
// moments.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"

namespace autobackup::control {

/// A listening unix stream socket (close-on-exec). Its name goes with it, if it is still the one that was
/// made.
class Listener {
public:
    /// Makes `path`: mode 0660, `group` when given. It appears under its name complete, by rename(2), so
    /// there is no moment in which it has other rights or does not listen. The socket of a dead process is
    /// replaced; busy: a live one answers there.
    static Result<Listener> make(const std::filesystem::path& path, std::optional<gid_t> group);
    /// Takes over `descriptor`; config_invalid: it is no listening unix stream socket.
    static Result<Listener> adopt(int descriptor);

    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;
    ~Listener();
    [[nodiscard]] int get() const noexcept { return socket_.get(); }

private:
    explicit Listener(FileDescriptor socket) : socket_(std::move(socket)) {}
    FileDescriptor socket_;
    std::filesystem::path path_;  // empty: not ours to remove
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// sockaddr_un of a path and a connected, non-blocking client socket: for the probe here and for the client.
/// The code is not_found (nothing there), connection_refused (nobody listens), forbidden, busy (its queue is
/// full) or io_error.
Result<FileDescriptor> connect_to(const std::filesystem::path& path);

}  // namespace autobackup::control
