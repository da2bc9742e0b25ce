// SPDX-License-Identifier: MIT
// The file and the listener, with real sockets and clients that mean no good.
#pragma once

#include "daemon/metrics/publisher.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "daemon/metrics/request.hpp"
#include "daemon/metrics/responder.hpp"
#include "lib/core/file.hpp"
#include "tests/daemon/metrics/exposition.hpp"
#include "tests/daemon/metrics/facts.hpp"
#include "tests/support/journal_sink.hpp"
#include "tests/support/soon.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::metrics {

using namespace std::chrono_literals;

inline const std::string get = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

inline std::uint16_t free_port() {
    const FileDescriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin_port);
}

// A publisher on a loop of its own.
class Running {
public:
    Running(config::Metrics where, const fs::path& storage, Milliseconds every = 60s)
        : publisher_(Services{workers_, journal_, [this] { return collect(); }, storage, every}) {
        std::signal(SIGPIPE, SIG_IGN);
        auto over = [this](std::exception_ptr failure) {
            ended_ = true;
            failure_ = failure;
        };
        asio::co_spawn(context_, publisher_.run(std::move(where)), asio::bind_cancellation_slot(cancel_.slot(), std::move(over)));
        thread_ = std::thread([this] { context_.run(); });
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { stop(); }

    void stop() {
        if (!thread_.joinable()) return;
        asio::post(context_, [this] { cancel_.emit(asio::cancellation_type::terminal); });
        thread_.join();
    }
    void run_ended() {
        asio::post(context_, [this] {
            ++queue_;
            publisher_.changed();
        });
    }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] const test::JournalSink& journal() const { return journal_; }

private:
    Snapshot collect() {
        Snapshot snapshot = sample_snapshot();
        snapshot.queue_length = queue_;
        return snapshot;
    }

    asio::io_context context_{1};
    async::Workers workers_{1};
    test::JournalSink journal_;
    std::size_t queue_ = 0;  // loop thread
    Publisher publisher_;
    asio::cancellation_signal cancel_;
    std::atomic<bool> ended_{false};
    std::exception_ptr failure_;
    std::thread thread_;
};

// A client that may do anything.
class Client {
public:
    explicit Client(const fs::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    explicit Client(std::uint16_t port, const char* to = "127.0.0.1") : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        ::inet_pton(AF_INET, to, &address.sin_addr);
        address.sin_port = htons(port);
        connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    [[nodiscard]] bool connected() const { return connected_; }
    bool send(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t n = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    // Everything until the server closes; "RESET" at the end when it did so rudely, "LATE" after ten seconds.
    [[nodiscard]] std::string read_all() const {
        std::string out;
        char piece[4096];
        for (;;) {
            pollfd ready{socket_.get(), POLLIN, 0};
            if (::poll(&ready, 1, 10'000) <= 0) return out + "LATE";
            const ssize_t n = ::recv(socket_.get(), piece, sizeof piece, 0);
            if (n == 0) return out;
            if (n < 0) return out + "RESET";
            out.append(piece, static_cast<std::size_t>(n));
        }
    }
    [[nodiscard]] std::string ask(std::string_view request) const {
        send(request);
        return read_all();
    }
    void half_close() const { ::shutdown(socket_.get(), SHUT_WR); }

private:
    FileDescriptor socket_;
    bool connected_ = false;
};

inline std::string body_of(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

class PublisherTest : public testing::Test {
protected:
    [[nodiscard]] fs::path path(const char* name) const { return directory_.path() / name; }
    [[nodiscard]] config::Metrics file() const {
        config::Metrics where;
        where.file = path("autobackupd.prom");
        return where;
    }
    [[nodiscard]] config::Metrics socket() const {
        config::Metrics where;
        where.listen = config::MetricsListener{path("metrics.sock"), std::string(), 0};
        return where;
    }
    [[nodiscard]] std::string content() const { return read_file(path("autobackupd.prom")).value(); }
    [[nodiscard]] bool written() const { return fs::exists(path("autobackupd.prom")); }
    [[nodiscard]] bool listening() const { return Client(path("metrics.sock")).connected(); }

    test::TempDir directory_;
};

using MetricsFile = PublisherTest;
using MetricsSocket = PublisherTest;

}  // namespace autobackup::metrics
