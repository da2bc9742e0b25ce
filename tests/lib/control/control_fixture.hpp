// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lib/control/client.hpp"
#include "lib/control/listener.hpp"
#include "lib/control/server.hpp"
#include "tests/support/soon.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A server on a loop in a thread of its own. Its handler knows `echo` (args back), `count` (args.n events), `wait` (until it is
/// cancelled), `follow` (keep_open, then wait), `burst` (events faster than anyone reads), `throw`; or it is the caller's own.
class RunningServer {
public:
    explicit RunningServer(control::Settings settings, control::Handler own = {}) : settings_(std::move(settings)) {
        std::signal(SIGPIPE, SIG_IGN);
        settings_.warning = [this](const std::string& text) {
            const std::lock_guard lock(mutex_);
            warnings_.push_back(text);
        };
        control::Handler handler = [this](control::Request request, control::Feed& feed) { return handle(std::move(request), feed); };
        if (own) handler = std::move(own);
        server_ = std::make_unique<control::Server>(context_.get_executor(), settings_, std::move(handler));
        listening_ = server_->listen();
        if (!listening_) return;
        auto on_end = [this](std::exception_ptr) { ended_ = true; };
        asio::co_spawn(context_, server_->run(), asio::bind_cancellation_slot(cancel_.slot(), on_end));
        thread_ = std::thread([this] { context_.run(); });
    }
    ~RunningServer() { stop(); }

    /// Cancels run() and waits for the end of the loop.
    void stop() {
        if (!thread_.joinable()) return;
        asio::post(context_, [this] { cancel_.emit(asio::cancellation_type::terminal); });
        thread_.join();
    }
    [[nodiscard]] const Result<void>& listening() const { return listening_; }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] const std::filesystem::path& path() const { return settings_.path; }
    [[nodiscard]] int cancelled() const { return cancelled_; }
    [[nodiscard]] int handled() const { return handled_; }
    [[nodiscard]] control::Peer last_peer() {
        const std::lock_guard lock(mutex_);
        return peer_;
    }
    [[nodiscard]] std::string warnings() {
        const std::lock_guard lock(mutex_);
        std::string all;
        for (const std::string& text : warnings_) all += text + '\n';
        return all;
    }

private:
    Awaitable<control::Answer> handle(control::Request request, control::Feed& feed) {
        ++handled_;
        {
            const std::lock_guard lock(mutex_);
            peer_ = request.peer;
        }
        if (request.verb == "echo") co_return control::good(request.args);
        if (request.verb == "count") co_return count(request.args, feed);
        if (request.verb == "throw") throw std::runtime_error("the handler tripped");
        if (request.verb == "burst") {
            const boost::json::value much = boost::json::string(10'000, 'x');
            while (feed.send("progress", much)) co_await pause(1ms);
            co_await pause(1h);
        }
        if (request.verb == "follow") {
            const Result<void> kept = feed.keep_open();
            if (!kept) co_return control::refuse(kept.error(), 4);
            feed.send("started", nullptr);
        }
        if (request.verb != "wait" && request.verb != "follow") {
            co_return control::refuse("bad_request", "no such verb: " + request.verb, 2);
        }
        co_await pause(1h);
        co_return control::good("slept");
    }
    static control::Answer count(const boost::json::object& args, control::Feed& feed) {
        for (std::int64_t i = 0; i < args.at("n").as_int64(); ++i) feed.send("number", i);
        const auto bytes = args.contains("bytes") ? static_cast<std::size_t>(args.at("bytes").as_int64()) : 0;
        return control::good(boost::json::string(bytes, 'x'));
    }
    Awaitable<void> pause(Milliseconds time) {
        asio::steady_timer timer(context_, time);
        const auto [error] = co_await timer.async_wait(as_tuple_awaitable);
        if (!error) co_return;
        ++cancelled_;
        throw boost::system::system_error(error);
    }

    control::Settings settings_;
    asio::io_context context_{1};
    asio::cancellation_signal cancel_;
    std::unique_ptr<control::Server> server_;
    Result<void> listening_;
    std::thread thread_;
    std::mutex mutex_;
    std::vector<std::string> warnings_;
    control::Peer peer_;
    std::atomic<bool> ended_ = false;
    std::atomic<int> cancelled_ = 0, handled_ = 0;
};

inline control::Settings settings_in(const TempDir& directory) {
    control::Settings settings;
    settings.path = directory.path() / "control.sock";
    return settings;
}

/// A client that may do anything.
class RawClient {
public:
    explicit RawClient(const std::filesystem::path& path) {
        Result<FileDescriptor> made = control::connect_to(path);
        if (made) socket_ = std::move(*made);
    }
    [[nodiscard]] bool connected() const { return socket_.is_open(); }
    /// false: the server closed.
    bool send(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EAGAIN) {
                pollfd writable{socket_.get(), POLLOUT, 0};
                if (::poll(&writable, 1, 5'000) <= 0) return false;
                continue;
            }
            if (sent < 0) return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// Whether the server closes within `limit`; reads nothing.
    [[nodiscard]] bool hung_up(Milliseconds limit) const {
        pollfd waiting{socket_.get(), 0, 0};
        return ::poll(&waiting, 1, static_cast<int>(limit.count())) == 1;
    }
    void end_input() const { ::shutdown(socket_.get(), SHUT_WR); }
    void close() { socket_.reset(); }
    /// All that comes until the server closes; "(open)" at the end when it does not within `limit`.
    [[nodiscard]] std::string rest(Milliseconds limit = 5s) const {
        std::string all;
        const auto end = Clock::now() + limit;
        while (true) {
            pollfd readable{socket_.get(), POLLIN, 0};
            const auto left = std::chrono::ceil<Milliseconds>(end - Clock::now());
            if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return all + "(open)";
            std::array<char, 65536> piece{};
            const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
            if (count <= 0) return all;
            all.append(piece.data(), static_cast<std::size_t>(count));
        }
    }

private:
    FileDescriptor socket_;
};

/// The answer to one request; fails the way Client does.
inline Result<control::Answer> ask(const std::filesystem::path& path, std::string_view verb, const boost::json::object& args = {},
                                   Milliseconds silence = 20s) {
    Result<control::Client> client = control::Client::connect(path, silence);
    if (!client) return client.error();
    if (const Result<void> asked = client->ask(verb, args); !asked) return asked.error();
    while (true) {
        Result<control::Word> word = client->next();
        if (!word) return word.error();
        if (word->last) return word->answer;
    }
}

}  // namespace autobackup::test
