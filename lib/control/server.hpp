// SPDX-License-Identifier: MIT
// The daemon's ear: a unix stream socket on which the root user, the daemon's own user and one group may
// steer it.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json.hpp>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/async/types.hpp"
#include "lib/control/protocol.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::control {

struct Settings {
    std::filesystem::path path;  ///< absolute, at most 103 bytes; its directory exists
    int descriptor = -1;  ///< >= 0: a listening unix stream socket (socket activation); taken over, `path` is
                          ///< only a name then
    std::string group =
        "autobackup-admin";    ///< its members may steer; a group that does not exist lets nobody else in
    std::size_t clients = 64;  ///< connected at once; more wait in the kernel's queue
    std::size_t streams = 32;  ///< of these at most so many that have called Feed::keep_open()
    std::size_t request_bytes = 64 << 10;  ///< of the request line
    std::size_t queued_bytes = 1 << 20;    ///< events that wait for a slow reader; more, and it is dropped
    Milliseconds request_time{5'000};      ///< until the whole request line has come
    Milliseconds grace{
        250};  ///< a client that has not asked by then makes room for others when all places are taken
    Milliseconds answer_time{60'000};  ///< until the answer, unless Feed::keep_open() was called
    Milliseconds write_time{10'000};   ///< how long a reader may take nothing
    Milliseconds keepalive{10'000};    ///< an `alive` event when nothing was said for so long
    std::function<void(const std::string&)> warning;  ///< a line for the log; may be empty
};

/// The way from a handler to its client before the answer. Loop thread only; valid until the handler's
/// coroutine has ended.
class Feed {
public:
    /// Queues an event line; never waits. false: the client is gone, or was dropped because it does not read.
    bool send(std::string_view event, boost::json::value data);
    /// The exchange may last as long as it wants (watch, logs, run --wait). busy: too many do so already;
    /// answer with it.
    Result<void> keep_open();

    struct State;
    explicit Feed(State& state) : state_(&state) {}

private:
    State* state_;  // of the session, which waits for the handler
};

/// Answers one request. Called on the loop for each client at once. It is cancelled (terminal) when its
/// client goes away, is too slow, or the time is over, so what must not stop with its client belongs into a
/// coroutine of its own; what it starts before its first co_await is done in any case. Throwing is answered
/// with `internal`, and told to Settings::warning.
using Handler = std::function<Awaitable<Answer>(Request, Feed&)>;

/// One request per connection, many connections. Loop thread only.
class Server {
public:
    Server(asio::any_io_executor executor, Settings settings, Handler handler);
    /// Closes and, if it is still ours, removes the socket. run() has ended by then.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Makes the socket (mode 0660, group as set) and listens; a client may connect from here on and waits
    /// until run() serves it. The socket of a dead process is replaced. Blocks for at most 2 s. busy: a live
    /// process answers at `path`; io_error/config_invalid: with the path and what to do.
    Result<void> listen();
    /// Serves until it is cancelled (terminal); then cancels all handlers, waits until they have unwound, and
    /// throws operation_aborted. Clients in work are told that the daemon stops.
    Awaitable<void> run();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace autobackup::control
