// SPDX-License-Identifier: MIT
#include "lib/http/exchange.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cstring>
#include <utility>

#include "lib/http/request_text.hpp"

namespace autobackup::http {

using boost::system::error_code;

namespace {

constexpr std::size_t first_room = std::size_t{16} << 10;

bool is_end(const error_code& error) noexcept {
    return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

}  // namespace

Exchange::Exchange(Connection& connection, const Request& request, const Secret& text, Watchdog& watchdog,
                   std::string where, Traffic& traffic)
    : connection_(connection),
      request_(request),
      text_(text),
      watchdog_(watchdog),
      where_(std::move(where)),
      traffic_(traffic),
      interruptible_(watchdog, [transport = connection.transport.get()] { transport->close(); }),
      parser_(request.method),
      streamed_(has_streamed_body(request)) {}

Failure Exchange::failure(const error_code& error, Step step) const {
    if (source_failure_) return *source_failure_;
    if (abandoned_) return fail(Errc::connection_closed, "", "", "the connection was given up");
    return wire_failure(error, step, where_, watchdog_);
}

std::span<std::byte> Exchange::room(std::size_t bytes) {
    if (connection_.room.size() < bytes) connection_.room.resize(bytes);
    return connection_.room;
}

void Exchange::abandon() noexcept {
    abandoned_ = true;
    connection_.transport->close();
}

bool Exchange::reusable() const {
    return parser_.done() && parser_.keep_alive() && sent_whole_ && !surplus_ && !abandoned_ && rest_.empty();
}

Awaitable<Result<void>> Exchange::start() {
    ++traffic_.requests;
    if (streamed_) co_return co_await send_streamed();
    co_return co_await send_small();
}

Awaitable<Result<void>> Exchange::send_small() {
    const std::span<const char> text(text_.reveal());
    sent_whole_ = co_await write(std::as_bytes(text));
    if (sent_whole_) traffic_.bytes_sent += request_.body.size();
    // A server that had enough may have answered before it closed.
    auto came = co_await read_head();
    if (!came && write_error_ && is_disconnect(came.error())) co_return failure(write_error_, Step::send);
    co_return came;
}

// All of `bytes`. False: write_error_ says why, or it was stopped.
Awaitable<bool> Exchange::write(std::span<const std::byte> bytes) {
    watchdog_.wait_for_peer();
    while (!bytes.empty() && !stopped_) {
        Awaitable<Moved> writing;
        if (streamed_) {
            writing = connection_.transport->write_some(bytes, stop_writing_.slot());
        } else {
            writing = connection_.transport->write_some(bytes);
        }
        const auto [error, n] = co_await std::move(writing);
        bytes = bytes.subspan(n);
        if (error) {
            // Aborted is not how it broke, but what we did about it.
            if (error != asio::error::operation_aborted) write_error_ = error;
            break;
        }
        watchdog_.wait_for_peer();
    }
    co_return bytes.empty();
}

Awaitable<Result<void>> Exchange::read_head() {
    std::span<std::byte> bytes = room(first_room);
    std::size_t have = 0;
    while (true) {
        if (!sending_) watchdog_.wait_for_peer();
        const auto [error, n] = co_await connection_.transport->read_some(bytes.subspan(have));
        if (error) co_return failure(error, Step::receive);
        watchdog_.progress();
        answered_ = true;
        have += n;
        const auto eaten = parser_.feed_head(bytes.first(have));
        if (!eaten) co_return eaten.error();
        if (parser_.has_head()) {
            rest_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(*eaten),
                         bytes.begin() + static_cast<std::ptrdiff_t>(have));
            if (!sending_) watchdog_.pause();
            surplus_ = parser_.done() && !rest_.empty();
            co_return Result<void>();
        }
        // Interim answers were eaten; an incomplete head stays.
        std::memmove(bytes.data(), bytes.data() + *eaten, have - *eaten);
        have -= *eaten;
        if (have == bytes.size()) bytes = room(std::min(2 * have, least_room));
    }
}

Awaitable<Result<std::span<std::byte>>> Exchange::next(std::span<std::byte> room) {
    std::size_t have = rest_.size();
    std::ranges::copy(rest_, room.begin());
    rest_.clear();
    while (true) {
        const auto eaten = parser_.feed_body(room.first(have));
        if (!eaten) co_return eaten.error();
        const std::span<std::byte> left = room.first(have).subspan(eaten->consumed);
        if (parser_.done() && !left.empty()) surplus_ = true;
        if (parser_.done() || !eaten->body.empty()) {
            rest_.assign(left.begin(), left.end());
            traffic_.bytes_received += eaten->body.size();
            received_ += eaten->body.size();
            co_return eaten->body;
        }
        std::memmove(room.data(), left.data(), left.size());
        have = left.size();
        if (have == room.size())
            co_return fail(Errc::bad_response, "", "", "the answer holds a chunk head without end");

        watchdog_.wait_for_peer();
        const auto [error, n] = co_await connection_.transport->read_some(room.subspan(have));
        watchdog_.pause();
        if (error == asio::error::eof && parser_.ends_with_connection() && parser_.finish())
            co_return room.first(0);
        if (is_end(error) && watchdog_.reason() == Watchdog::Reason::none && !abandoned_) {
            std::string message = where_ + " closed the connection in the middle of the answer, after " +
                                  std::to_string(received_);
            if (head().content_length) message += " of " + std::to_string(*head().content_length);
            co_return fail(Errc::connection_closed, "", "", message + " bytes");
        }
        if (error) co_return failure(error, Step::receive);
        have += n;
    }
}

}  // namespace autobackup::http
