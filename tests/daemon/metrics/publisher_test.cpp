// SPDX-License-Identifier: MIT
// The file and the listener, with real sockets and clients that mean no good.
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
#include <functional>
#include <thread>

#include "daemon/metrics/request.hpp"
#include "daemon/metrics/responder.hpp"
#include "lib/core/file.hpp"
#include "tests/daemon/metrics/exposition.hpp"
#include "tests/daemon/metrics/facts.hpp"
#include "tests/support/journal_sink.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::metrics {
namespace {

using namespace std::chrono_literals;

const std::string get = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
    return condition();
}

std::uint16_t free_port() {
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

std::string body_of(const std::string& answer) {
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

TEST_F(MetricsFile, is_written_at_the_start_with_rights_for_all_to_read) {
    const mode_t before = ::umask(0077);
    const Running running(file(), directory_.path());
    ASSERT_TRUE(eventually([this] { return written(); }));
    ::umask(before);
    const Exposition told(content());
    EXPECT_EQ(told.value("autobackup_job_enabled{backup_job=\"traffic-signs\"}"), 1);
    EXPECT_GT(told.value("autobackup_storage_free_bytes").value_or(0), 0);
    EXPECT_NEAR(*told.value("autobackup_snapshot_timestamp_seconds"), static_cast<double>(::time(nullptr)), 10);
    struct stat seen {};
    ASSERT_EQ(::stat(path("autobackupd.prom").c_str(), &seen), 0);
    EXPECT_EQ(seen.st_mode & 0777U, 0644U);
}

TEST_F(MetricsFile, is_written_when_a_run_has_ended) {
    Running running(file(), directory_.path());
    ASSERT_TRUE(eventually([this] { return written(); }));
    for (int i = 1; i <= 3; ++i) {
        running.run_ended();
        const std::string wanted = "\nautobackup_queue_length " + std::to_string(i) + "\n";
        EXPECT_TRUE(eventually([&] { return content().find(wanted) != std::string::npos; })) << wanted;
    }
}

TEST_F(MetricsFile, is_written_again_though_nothing_happens) {
    const Running running(file(), directory_.path(), 50ms);
    ASSERT_TRUE(eventually([this] { return written(); }));
    const std::string first = content();
    EXPECT_TRUE(eventually([&] { return content() != first; }));
}

TEST_F(MetricsFile, is_whole_at_every_moment_and_leaves_nothing_beside_it) {
    {
        Running running(file(), directory_.path(), 1ms);
        ASSERT_TRUE(eventually([this] { return written(); }));
        for (int i = 0; i < 300; ++i) {
            running.run_ended();
            const std::string seen = content();
            ASSERT_TRUE(seen.starts_with("# HELP autobackup_build_info "));
            ASSERT_TRUE(seen.ends_with("\n"));
            ASSERT_NE(seen.find("autobackup_job_runs_total{backup_job=\"fresh\",outcome=\"refused\"} 0\n"), std::string::npos);
        }
    }
    for (const auto& entry : fs::directory_iterator(directory_.path())) EXPECT_EQ(entry.path().filename(), "autobackupd.prom");
}

TEST_F(MetricsFile, what_a_killed_process_left_is_removed) {
    std::ofstream(path("autobackupd.prom.tmp-1-0")) << "half";
    std::ofstream(path("other.prom.tmp-1-0")) << "not ours";
    const Running running(file(), directory_.path());
    ASSERT_TRUE(eventually([this] { return written(); }));
    EXPECT_FALSE(fs::exists(path("autobackupd.prom.tmp-1-0")));
    EXPECT_TRUE(fs::exists(path("other.prom.tmp-1-0")));
}

TEST_F(MetricsFile, that_cannot_be_written_is_told_once_and_tried_again) {
    config::Metrics where;
    where.file = path("missing") / "autobackupd.prom";
    Running running(where, directory_.path(), 5ms);
    ASSERT_TRUE(eventually([&] { return !running.journal().entries().empty(); }));
    std::this_thread::sleep_for(100ms);
    ASSERT_EQ(running.journal().entries().size(), 1U) << running.journal().text();
    const journal::Entry entry = running.journal().entries()[0];
    EXPECT_EQ(entry.priority, journal::Priority::warning);
    EXPECT_EQ(entry.message_id, message_id::metrics_failed);
    EXPECT_NE(entry.message.find("the metrics file cannot be written: "), std::string::npos) << entry.message;
    EXPECT_NE(entry.message.find("missing/autobackupd.prom"), std::string::npos) << entry.message;
    fs::create_directory(path("missing"));
    EXPECT_TRUE(eventually([&] { return fs::exists(where.file); }));
    EXPECT_FALSE(running.ended());
}

TEST_F(MetricsSocket, answers_with_the_metrics) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    std::string answer;
    const auto has_space = [&] {  // the first answer may come before the space was looked at
        answer = Client(path("metrics.sock")).ask(get);
        return answer.find("\nautobackup_storage_free_bytes ") != std::string::npos;
    };
    EXPECT_TRUE(eventually(has_space));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n")) << answer;
    const Exposition told(body_of(answer));
    EXPECT_EQ(told.value("autobackup_job_paused{backup_job=\"traffic-signs\"}"), 1);
    EXPECT_GT(told.value("autobackup_storage_free_bytes").value_or(0), 0);
    struct stat seen {};
    ASSERT_EQ(::stat(path("metrics.sock").c_str(), &seen), 0);
    EXPECT_EQ(seen.st_mode & 0777U, 0660U);
}

TEST_F(MetricsSocket, refuses_everything_else) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    const auto status = [this](std::string_view request) { return Client(path("metrics.sock")).ask(request).substr(0, 12); };
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 404");
    EXPECT_EQ(status("DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 405");
    EXPECT_EQ(status("nonsense\r\n\r\n"), "HTTP/1.1 400");
    EXPECT_EQ(status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "HTTP/1.1 505");
    EXPECT_EQ(status("GET /metrics HTTP/1.1\r\nHost: x\r\nA: " + std::string(longest_head, 'a') + "\r\n\r\n"), "HTTP/1.1 431");
    EXPECT_EQ(status("GET /" + std::string(60'000, 'a')), "HTTP/1.1 431") << "not even a line end";
}

TEST_F(MetricsSocket, an_answer_arrives_whole_although_a_body_follows) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    for (int i = 0; i < 20; ++i) {
        const Client client(path("metrics.sock"));
        client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n" + std::string(30'000, 'x'));
        client.half_close();
        EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n405 Method Not Allowed\n"));
    }
}

TEST_F(MetricsSocket, takes_a_request_byte_by_byte) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    const Client client(path("metrics.sock"));
    for (const char c : get) {
        ASSERT_TRUE(client.send(std::string_view(&c, 1)));
        std::this_thread::sleep_for(1ms);
    }
    client.half_close();
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 200"));
}

TEST_F(MetricsSocket, clients_that_say_nothing_are_sent_away) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    std::vector<std::unique_ptr<Client>> silent;
    for (std::size_t i = 0; i < most_connections; ++i) silent.push_back(std::make_unique<Client>(path("metrics.sock")));
    silent[0]->send("GET /metr");
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(Client(path("metrics.sock")).ask(get).starts_with("HTTP/1.1 200")) << "as soon as they have gone";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, connection_limit + 2s);
    EXPECT_EQ(silent[0]->read_all(), "");
}

TEST_F(MetricsSocket, a_client_that_does_not_read_holds_nobody_up) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    std::vector<std::unique_ptr<Client>> lazy;
    for (std::size_t i = 0; i + 1 < most_connections; ++i) {
        lazy.push_back(std::make_unique<Client>(path("metrics.sock")));
        lazy.back()->send(get);
    }
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(Client(path("metrics.sock")).ask(get).starts_with("HTTP/1.1 200"));
}

TEST_F(MetricsSocket, a_flood_of_clients_is_served_in_turn) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([this, &good] {
            for (int i = 0; i < 50; ++i) {
                const Client client(path("metrics.sock"));
                if (i % 5 == 0) continue;  // gone at once
                client.send(get);
                client.half_close();
                if (client.read_all().starts_with("HTTP/1.1 200")) ++good;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, 8 * 40);
}

TEST_F(MetricsSocket, without_free_descriptors_it_goes_on_later) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    ASSERT_TRUE(Client(path("metrics.sock")).ask(get).starts_with("HTTP/1.1 200")) << "it takes clients from now on";
    const Client before(path("metrics.sock"));
    const Client waiting(path("metrics.sock"));
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
    const rlimit low{0, old.rlim_max};
    const Client third(path("metrics.sock"));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    std::this_thread::sleep_for(300ms);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
    EXPECT_TRUE(Client(path("metrics.sock")).ask(get).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(third.ask(get).starts_with("HTTP/1.1 200"));
}

TEST_F(MetricsSocket, goes_away_at_the_stop_and_clients_with_it) {
    Running running(socket(), directory_.path());
    ASSERT_TRUE(eventually([this] { return listening(); }));
    const Client client(path("metrics.sock"));
    client.send("GET /me");
    const auto begin = std::chrono::steady_clock::now();
    running.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
    EXPECT_TRUE(running.ended());
    EXPECT_FALSE(fs::exists(path("metrics.sock")));
    EXPECT_EQ(client.read_all().find("LATE"), std::string::npos);
}

TEST_F(MetricsSocket, that_cannot_be_had_is_told) {
    std::ofstream(path("metrics.sock")) << "a file of somebody";
    config::Metrics where = socket();
    where.file = path("autobackupd.prom");
    const Running running(where, directory_.path());
    ASSERT_TRUE(eventually([&] { return !running.journal().entries().empty(); }));
    EXPECT_NE(running.journal().text().find("the metrics cannot be listened for: "), std::string::npos) << running.journal().text();
    EXPECT_EQ(read_file(path("metrics.sock")).value(), "a file of somebody");
    EXPECT_TRUE(eventually([this] { return written(); })) << "the file does not suffer";
}

TEST_F(PublisherTest, a_loopback_port_is_answered_and_a_taken_one_is_told) {
    config::Metrics where;
    where.listen = config::MetricsListener{fs::path(), "127.0.0.1", free_port()};
    const Running first(where, directory_.path());
    ASSERT_TRUE(eventually([&] { return Client(where.listen->port).connected(); }));
    EXPECT_TRUE(Client(where.listen->port).ask(get).starts_with("HTTP/1.1 200"));
    EXPECT_FALSE(Client(where.listen->port, "127.0.0.2").connected()) << "that address and no other";
    const Running second(where, directory_.path());
    ASSERT_TRUE(eventually([&] { return !second.journal().entries().empty(); }));
    EXPECT_NE(second.journal().text().find("AUTOBACKUP_ERROR_CODE=busy"), std::string::npos) << second.journal().text();
    EXPECT_TRUE(first.journal().entries().empty());
}

TEST_F(PublisherTest, ends_at_once_with_nothing_to_do) {
    Running running(config::Metrics(), directory_.path());
    EXPECT_TRUE(eventually([&] { return running.ended(); }));
}

}  // namespace
}  // namespace autobackup::metrics
