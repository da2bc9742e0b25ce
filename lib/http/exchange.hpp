// SPDX-License-Identifier: MIT
// One request and its answer on one connection. Loop thread only.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/http/client.hpp"
#include "lib/http/pool.hpp"
#include "lib/http/response_parser.hpp"
#include "lib/http/watchdog.hpp"
#include "lib/http/wire_failure.hpp"

namespace autobackup::http {

/// Bodies go through memory in pieces of this size.
inline constexpr std::size_t body_piece_bytes = std::size_t{256} << 10;

/// Smallest piece of memory that Exchange::next() can work with.
inline constexpr std::size_t least_room = std::size_t{128} << 10;

class Exchange {
public:
    /// Everything is borrowed and must outlive the exchange. `text` is request_text(request); `where` is
    /// "host:port".
    Exchange(Connection& connection, const Request& request, const Secret& text, Watchdog& watchdog,
             std::string where, Traffic& traffic);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// Sends the request and reads the head of the answer. While a long body is sent the answer is already
    /// read for: an error or redirect that comes early ends the sending and is the answer.
    Awaitable<Result<void>> start();
    /// Valid after start().
    [[nodiscard]] const ResponseHead& head() const noexcept { return parser_.head(); }
    /// At least one byte of an answer arrived.
    [[nodiscard]] bool answered() const noexcept { return answered_; }
    /// The request was not sent to its end.
    [[nodiscard]] bool cut_short() const noexcept { return !sent_whole_; }
    /// The answer was read to its end (or has no body).
    [[nodiscard]] bool complete() const noexcept { return parser_.done(); }
    [[nodiscard]] bool ends_with_connection() const noexcept { return parser_.ends_with_connection(); }

    /// The next bytes of the body, at the front of `room` (which must be as large as Connection::room, or
    /// least_room); empty at the end. connection_closed when the connection ended first.
    Awaitable<Result<std::span<std::byte>>> next(std::span<std::byte> room);
    /// The rest is of no interest: what is pending ends with a failure, and the connection is closed.
    void abandon() noexcept;
    /// The answer was read to its end and the connection may carry another request.
    [[nodiscard]] bool reusable() const;
    /// Memory for next(), at least `bytes` long. Takes the place of the one given out before.
    std::span<std::byte> room(std::size_t bytes);

private:
    Awaitable<Result<void>> send_small();
    Awaitable<Result<void>> send_streamed();
    Awaitable<void> send_body();
    Awaitable<void> await_head(Result<void>& came);
    Awaitable<Result<void>> read_head();
    Awaitable<bool> write(std::span<const std::byte> bytes);
    Awaitable<std::size_t> next_piece(std::span<std::byte> buffer);
    Failure failure(const boost::system::error_code& error, Step step) const;

    Connection& connection_;
    const Request& request_;
    const Secret& text_;
    Watchdog& watchdog_;
    std::string where_;
    Traffic& traffic_;
    Interruptible interruptible_;
    ResponseParser parser_;
    std::vector<std::byte> rest_;  // read, but not yet eaten by the parser
    std::uint64_t received_ = 0;

    asio::cancellation_signal stop_writing_;
    std::optional<Failure> source_failure_;
    boost::system::error_code write_error_;
    std::uint64_t body_sent_ = 0;
    bool streamed_ = false;
    bool stopped_ = false;
    bool sending_ = false;
    bool sent_whole_ = false;
    bool answered_ = false;
    bool surplus_ = false;
    bool abandoned_ = false;
};

}  // namespace autobackup::http
