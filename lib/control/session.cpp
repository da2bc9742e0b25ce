// SPDX-License-Identifier: MIT
#include "lib/control/session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "lib/async/run.hpp"
#include "lib/control/peer.hpp"

namespace autobackup::control {
namespace {

// The client is gone, or must go: ends the handler and the session. Nothing is left to be said.
struct Gone {};

bool is_abort(const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
}

}  // namespace

void Feed::State::push(std::string line) {
    bytes += line.size();
    lines.push_back(std::move(line));
    wake.cancel();
}

bool Feed::send(std::string_view event, boost::json::value data) {
    if (state_->lost) return false;
    std::string line = event_line(event, data);
    if (state_->bytes + line.size() > state_->hall.settings.queued_bytes) {
        state_->lost = true;
        state_->wake.cancel();
        return false;
    }
    state_->push(std::move(line));
    return true;
}

Result<void> Feed::keep_open() {
    if (state_->endless) return {};
    if (state_->hall.streams >= state_->hall.settings.streams) {
        return fail(Errc::busy, "follow", "the daemon",
                    "too many clients follow a run already; end one of them, or ask without waiting");
    }
    state_->endless = true;
    ++state_->hall.streams;
    return {};
}

Session::Session(Hall& hall, Socket socket)
    : hall_(hall), socket_(std::move(socket)), state_(hall, socket_.get_executor()) {}

void Session::warn(const std::string& text) const {
    if (hall_.settings.warning) hall_.settings.warning(text);
}

Awaitable<void> Session::serve() {
    std::exception_ptr aborted;
    try {
        co_await exchange();
    } catch (const Gone&) {
        state_.lost = true;
    } catch (const boost::system::system_error& error) {
        if (is_abort(error)) aborted = std::current_exception();
    } catch (const std::exception& error) {
        warn(std::string("a control connection ended with an error of ours: ") + error.what());
    }
    if (aborted) last_words();
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (aborted) std::rethrow_exception(aborted);
}

Awaitable<void> Session::exchange() {
    Peer peer = peer_of(socket_.native_handle());
    if (!may_steer(socket_.native_handle(), peer, hall_.group)) {
        warn("refused a control connection of " + peer.name + " (pid " + std::to_string(peer.pid) + ")");
        co_await write(answer_line(
            refuse("forbidden", peer.name + " is neither root nor in group " + hall_.settings.group, 1)));
        co_return;
    }
    std::string line;
    std::string mistake;
    const bool in_time =
        co_await async::with_deadline(hall_.settings.request_time, read_request(line, mistake));
    if (!in_time) {
        co_await write(answer_line(refuse("timeout", "the request line did not come in time", 2)));
        co_return;
    }
    if (!mistake.empty()) {
        co_await write(answer_line(refuse("bad_request", mistake, 2)));
        co_return;
    }
    asked_ = true;
    Result<Request> request = parse_request(line);
    if (!request) {
        co_await write(
            answer_line(refuse(std::string(name(request.error().code)), request.error().message, 2)));
        co_return;
    }
    request->peer = std::move(peer);
    co_await converse(std::move(*request));
}

Awaitable<void> Session::read_request(std::string& line, std::string& mistake) {
    std::array<char, 4096> piece{};
    while (true) {
        const auto [error, count] = co_await socket_.async_read_some(asio::buffer(piece), as_tuple_awaitable);
        if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
        if (error == asio::error::eof && !line.empty()) mistake = "the request line has no end";
        if (!mistake.empty()) co_return;
        if (error) throw Gone{};
        const char* const end = std::find(piece.data(), piece.data() + count, '\n');
        line.append(piece.data(), static_cast<std::size_t>(end - piece.data()));
        if (line.size() > hall_.settings.request_bytes) {
            mistake =
                "the request line is longer than " + std::to_string(hall_.settings.request_bytes) + " bytes";
            co_return;
        }
        if (end != piece.data() + count) co_return;
    }
}

Awaitable<void> Session::converse(Request request) {
    std::vector<Awaitable<void>> parts;
    parts.push_back(answer(std::move(request)));
    parts.push_back(speak());
    parts.push_back(watch_peer());
    co_await async::all_of(std::move(parts));
}

Awaitable<void> Session::answer(Request request) {
    const std::string verb = request.verb;
    Feed feed(state_);
    Answer said;
    std::string thrown;
    bool aborted = false;
    try {
        said = co_await hall_.handler(std::move(request), feed);
    } catch (const boost::system::system_error& error) {
        aborted = is_abort(error);
        if (!aborted) thrown = error.what();
    } catch (const std::exception& error) {
        thrown = error.what();
    }
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    if (aborted) said = refuse("cancelled", "what was asked for was cancelled", 5);
    if (!thrown.empty()) {
        warn("the control request " + verb + " failed: " + thrown);
        said = refuse("internal", thrown, 1);
    }
    state_.finished = true;
    state_.push(answer_line(said));
}

Awaitable<void> Session::speak() {
    const Clock::time_point end = Clock::now() + hall_.settings.answer_time;
    last_said_ = Clock::now();
    while (true) {
        co_await write_queued();
        if (state_.finished && state_.lines.empty()) break;
        if (!state_.endless && Clock::now() >= end) {
            co_await write(answer_line(refuse("timeout", "the daemon did not answer in time", 1)));
            throw Gone{};
        }
        if (Clock::now() >= last_said_ + hall_.settings.keepalive)
            co_await write(event_line("alive", nullptr));
        Clock::time_point until = last_said_ + hall_.settings.keepalive;
        if (!state_.endless) until = std::min(until, end);
        co_await wait_for_words(until);
    }
    over_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);  // ends watch_peer()
}

// The timer is a condition here: State::push() cancels it.
Awaitable<void> Session::wait_for_words(Clock::time_point until) {
    if (!state_.lines.empty() || state_.lost) co_return;
    state_.wake.expires_at(until);
    co_await state_.wake.async_wait(as_tuple_awaitable);
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
}

Awaitable<void> Session::write_queued() {
    while (!state_.lines.empty() && !state_.lost) {
        std::string line = std::move(state_.lines.front());
        state_.lines.pop_front();
        state_.bytes -= line.size();
        co_await write(std::move(line));
    }
    if (state_.lost) throw Gone{};
}

// EPOLLHUP comes when both directions are shut, so a client that has only ended its own side (`… | socat -
// UNIX-CONNECT:…`) still gets its answer.
Awaitable<void> Session::watch_peer() {
    const auto [error] = co_await socket_.async_wait(Socket::wait_error, as_tuple_awaitable);
    if (over_) co_return;
    if (error) throw boost::system::system_error(error);
    throw Gone{};
}

Awaitable<void> Session::write(std::string text) {
    in_line_ = true;
    std::size_t done = 0;
    while (done < text.size()) {
        std::size_t written = 0;
        const bool in_time = co_await async::with_deadline(
            hall_.settings.write_time, write_some(text.data() + done, text.size() - done, written));
        if (!in_time || written == 0) throw Gone{};
        done += written;
    }
    in_line_ = false;
    last_said_ = Clock::now();
}

Awaitable<void> Session::write_some(const char* data, std::size_t size, std::size_t& written) {
    const auto [error, count] =
        co_await socket_.async_write_some(asio::buffer(data, size), as_tuple_awaitable);
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (!error) written = count;
}

void Session::last_words() noexcept {
    if (in_line_ || over_) return;
    const Answer said = displaced_ ? refuse("busy", "too many clients wait; ask at once after connecting", 4)
                                   : refuse("cancelled", "the daemon is stopping", 5);
    const std::string line = answer_line(said);
    // What does not fit into the socket's buffer at once is lost with the connection.
    [[maybe_unused]] const ssize_t sent =
        ::send(socket_.native_handle(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace autobackup::control
