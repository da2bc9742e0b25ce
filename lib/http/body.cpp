// SPDX-License-Identifier: MIT
#include "lib/http/body.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <vector>

#include "lib/async/run.hpp"
#include "lib/http/ring.hpp"

namespace autobackup::http {

namespace {

constexpr std::size_t ring_size = std::size_t{1} << 20;
// Below this a second coroutine costs more than it brings.
constexpr std::uint64_t small_stream = std::uint64_t{64} << 10;

// What one of two coroutines waits on until the other calls notify(). Always in a loop around the state that
// is waited for.
class Condition {
public:
    explicit Condition(const asio::any_io_executor& executor)
        : timer_(executor, asio::steady_timer::time_point::max()) {}
    Awaitable<std::tuple<boost::system::error_code>> wait() { return timer_.async_wait(as_tuple_awaitable); }
    void notify() { timer_.cancel(); }

private:
    asio::steady_timer timer_;
};

// The two ends of one streamed body: fill() reads from the socket, drain() writes to the sink.
class Stream {
public:
    Stream(Exchange& exchange, BodySink& sink, const asio::any_io_executor& executor)
        : exchange_(exchange), sink_(sink), ring_(ring_size), filled_(executor), drained_(executor) {}

    Awaitable<void> fill() {
        while (!failure) {
            const std::span<std::byte> room = ring_.reserve(least_room);
            if (room.empty()) {
                co_await drained_.wait();
                continue;
            }
            const auto piece = co_await exchange_.next(room.first(std::min(room.size(), body_piece_bytes)));
            if (!piece && !failure) failure = piece.error();
            if (!piece || piece->empty()) break;
            ring_.commit(piece->size());
            filled_.notify();
        }
        ended_ = true;
        filled_.notify();
    }

    // What arrived before the connection broke is still written: it may be what a resumed download starts
    // from.
    Awaitable<void> drain() {
        while (true) {
            const std::span<const std::byte> bytes = ring_.filled(body_piece_bytes);
            if (bytes.empty()) {
                if (ended_) co_return;
                co_await filled_.wait();
                continue;
            }
            const auto written = co_await sink_.write(bytes);
            if (!written) {
                failure = written.error();
                exchange_.abandon();
                drained_.notify();
                co_return;
            }
            ring_.release(bytes.size());
            drained_.notify();
        }
    }

    std::optional<Failure> failure;

private:
    Exchange& exchange_;
    BodySink& sink_;
    Ring ring_;
    Condition filled_;
    Condition drained_;
    bool ended_ = false;
};

Awaitable<Result<void>> pour_small(Exchange& exchange, BodySink& sink) {
    const std::span<std::byte> room = exchange.room(small_stream);
    while (true) {
        const auto piece = co_await exchange.next(room);
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return Result<void>();
        const auto written = co_await sink.write(*piece);
        if (!written) {
            exchange.abandon();
            co_return written.error();
        }
    }
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Failure too_large(std::size_t limit) {
    return fail(Errc::response_too_large, "", "",
                "the answer is longer than " + std::to_string(limit) + " bytes");
}

}  // namespace

Awaitable<Result<std::string>> collect(Exchange& exchange, std::size_t limit) {
    std::string body;
    const auto length = exchange.head().content_length;
    if (length && !exchange.complete()) {
        if (*length > limit) co_return too_large(limit);
        body.reserve(static_cast<std::size_t>(*length));
    }
    while (true) {
        const std::span<std::byte> room = exchange.room(small_stream);
        const auto piece = co_await exchange.next(room);
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return body;
        if (piece->size() > limit - body.size()) co_return too_large(limit);
        body += text_of(*piece);
    }
}

Awaitable<Result<std::string>> collect_beginning(Exchange& exchange, bool forgiving) {
    std::string body;
    while (body.size() < unwanted_limit) {
        const std::span<std::byte> room = exchange.room(small_stream);
        const auto piece = co_await exchange.next(room);
        if (!piece && forgiving && is_disconnect(piece.error())) co_return body;
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return body;
        body += text_of(piece->first(std::min(piece->size(), unwanted_limit - body.size())));
    }
    co_return body;
}

Awaitable<Result<void>> pour(Exchange& exchange, BodySink& sink) {
    const auto length = exchange.head().content_length;
    if (exchange.complete() || (length && *length <= small_stream))
        co_return co_await pour_small(exchange, sink);
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Stream stream(exchange, sink, executor);
    std::vector<Awaitable<void>> both;
    both.push_back(stream.fill());
    both.push_back(stream.drain());
    co_await async::all_of(std::move(both));
    if (stream.failure) co_return *stream.failure;
    co_return Result<void>();
}

}  // namespace autobackup::http
