// SPDX-License-Identifier: MIT
// The part of Exchange that sends a long body while it already listens for the answer.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "lib/async/run.hpp"
#include "lib/http/exchange.hpp"

namespace autobackup::http {

namespace {

// Room for the size line of a chunk before its data, and for the line end behind it (RFC 9112 §7.1).
constexpr std::size_t chunk_front = 18;
constexpr std::size_t chunk_back = 2;

// Writes "<hex>\r\n" so that it ends where the data begins. Returns where it starts.
std::size_t write_chunk_size(std::span<std::byte> front, std::size_t size) {
    std::array<char, 16> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16);
    const auto length = static_cast<std::size_t>(end - digits.data());
    const std::size_t start = front.size() - length - 2;
    std::memcpy(front.data() + start, digits.data(), length);
    std::memcpy(front.data() + start + length, "\r\n", 2);
    return start;
}

}  // namespace

Awaitable<Result<void>> Exchange::send_streamed() {
    sending_ = true;
    watchdog_.count_unsent_with([transport = connection_.transport.get()] { return transport->unsent(); });
    Result<void> came = fail(Errc::internal, "", "", "no answer was waited for");
    std::vector<Awaitable<void>> both;
    both.push_back(await_head(came));
    both.push_back(send_body());
    co_await async::all_of(std::move(both));
    watchdog_.pause();
    if (source_failure_) co_return *source_failure_;
    if (!came && write_error_ && is_disconnect(came.error())) co_return failure(write_error_, Step::send);
    co_return came;
}

// However it ends, the writing ends too, unless a success came early: that server still reads.
Awaitable<void> Exchange::await_head(Result<void>& came) {
    struct StopWriting {
        Exchange& exchange;
        bool go_on = false;
        ~StopWriting() {
            if (go_on) return;
            exchange.stopped_ = true;
            exchange.stop_writing_.emit(asio::cancellation_type::terminal);
        }
    };
    StopWriting stop_writing{*this};
    came = co_await read_head();
    stop_writing.go_on = came.has_value() && head().status < 300;
}

Awaitable<void> Exchange::send_body() {
    const std::span<const char> text(text_.reveal());
    bool going = co_await write(std::as_bytes(text));
    const std::optional<std::uint64_t> size =
        request_.source ? request_.source->size() : request_.body.size();
    std::vector<std::byte> buffer(chunk_front + body_piece_bytes + chunk_back);
    const auto data = std::span(buffer).subspan(chunk_front, body_piece_bytes);
    while (going && !(size && body_sent_ == *size)) {
        const std::size_t n = co_await next_piece(data);
        if (stopped_ || source_failure_) break;
        if (size && (n == 0 || n > *size - body_sent_)) {
            source_failure_ =
                fail(Errc::internal, "", "", "the body of the request has not the length that was announced");
            break;
        }
        std::span<const std::byte> piece = data.first(n);
        if (!size) {
            const std::size_t start = write_chunk_size(std::span(buffer).first(chunk_front), n);
            std::memcpy(buffer.data() + chunk_front + n, "\r\n", chunk_back);
            piece = std::span(buffer).subspan(start, chunk_front - start + n + chunk_back);
        }
        going = co_await write(piece);
        if (going) body_sent_ += n;
        if (going) traffic_.bytes_sent += n;
        if (n == 0) break;
    }
    if (source_failure_) abandon();
    sent_whole_ = going && !stopped_ && !source_failure_;
    sending_ = false;
    // From here on it is the answer that is waited for.
    if (!answered_ || !parser_.has_head()) watchdog_.wait_for_peer();
}

// The time that our own side needs is not the peer's.
Awaitable<std::size_t> Exchange::next_piece(std::span<std::byte> buffer) {
    if (!request_.source) {
        const std::string_view left = std::string_view(request_.body).substr(body_sent_, buffer.size());
        std::memcpy(buffer.data(), left.data(), left.size());
        co_return left.size();
    }
    watchdog_.pause();
    const auto got = co_await request_.source->read(buffer);
    watchdog_.wait_for_peer();
    if (!got) {
        source_failure_ = got.error();
        co_return 0;
    }
    co_return *got;
}

}  // namespace autobackup::http
