// SPDX-License-Identifier: MIT
// Inside lib/control only: one connection from its first byte to its last. Loop thread.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "lib/control/server.hpp"

namespace autobackup::control {

using Socket = asio::local::stream_protocol::socket;
using Clock = std::chrono::steady_clock;

/// What all sessions of a server share.
struct Hall {
    Settings settings;
    Handler handler;
    std::optional<gid_t> group;
    std::size_t streams = 0;  ///< sessions that have called keep_open()
};

/// The queue between a handler and the coroutine that writes.
struct Feed::State {
    State(Hall& owner, const asio::any_io_executor& executor) : hall(owner), wake(executor) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (endless) --hall.streams;
    }
    void push(std::string line);

    Hall& hall;
    asio::steady_timer wake;  // cancelled when there is something to do
    std::deque<std::string> lines;
    std::size_t bytes = 0;  // of lines
    bool endless = false;
    bool finished = false;  // the answer is in `lines`
    bool lost = false;      // the client is gone or too slow
};

class Session {
public:
    /// `hall` outlives it.
    Session(Hall& hall, Socket socket);

    /// Everything, to the end of the connection. Throws nothing but operation_aborted: it was cancelled, and
    /// the client was told.
    Awaitable<void> serve();
    /// It is cancelled because others wait for its place.
    void make_room() noexcept { displaced_ = true; }
    /// The request line has come whole.
    [[nodiscard]] bool has_asked() const noexcept { return asked_; }
    [[nodiscard]] Clock::time_point since() const noexcept { return since_; }

private:
    Awaitable<void> exchange();
    Awaitable<void> read_request(std::string& line, std::string& mistake);
    Awaitable<void> converse(Request request);
    Awaitable<void> answer(Request request);
    Awaitable<void> speak();
    Awaitable<void> watch_peer();
    Awaitable<void> write(std::string text);
    Awaitable<void> write_some(const char* data, std::size_t size, std::size_t& written);
    Awaitable<void> write_queued();
    Awaitable<void> wait_for_words(Clock::time_point until);
    void warn(const std::string& text) const;
    void last_words() noexcept;

    Hall& hall_;
    Socket socket_;
    Feed::State state_;
    Clock::time_point since_ = Clock::now();
    Clock::time_point last_said_ = since_;
    bool asked_ = false;
    bool displaced_ = false;
    bool in_line_ = false;  // part of a line is written
    bool over_ = false;     // all was said
};

}  // namespace autobackup::control
