// SPDX-License-Identifier: MIT
// The listener, with real sockets and clients that mean no good.
#include "tests/daemon/metrics/publisher_fixture.hpp"

namespace autobackup::metrics::publisher_socket_test {
namespace {

TEST_F(MetricsSocket, answers_with_the_metrics) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(test::soon([this] { return listening(); }));
    std::string answer;
    const auto has_space = [&] {  // the first answer may come before the space was looked at
        answer = Client(path("metrics.sock")).ask(get);
        return answer.find("\nautobackup_storage_free_bytes ") != std::string::npos;
    };
    EXPECT_TRUE(test::soon(has_space));
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
    ASSERT_TRUE(test::soon([this] { return listening(); }));
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
    ASSERT_TRUE(test::soon([this] { return listening(); }));
    for (int i = 0; i < 20; ++i) {
        const Client client(path("metrics.sock"));
        client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n" + std::string(30'000, 'x'));
        client.half_close();
        EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n405 Method Not Allowed\n"));
    }
}

TEST_F(MetricsSocket, takes_a_request_byte_by_byte) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(test::soon([this] { return listening(); }));
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
    ASSERT_TRUE(test::soon([this] { return listening(); }));
    std::vector<std::unique_ptr<Client>> silent;
    for (std::size_t i = 0; i < most_connections; ++i) silent.push_back(std::make_unique<Client>(path("metrics.sock")));
    silent[0]->send("GET /metr");
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(Client(path("metrics.sock")).ask(get).starts_with("HTTP/1.1 200")) << "as soon as they have gone";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, connection_limit + 20s);
    EXPECT_EQ(silent[0]->read_all(), "");
}

TEST_F(MetricsSocket, a_client_that_does_not_read_holds_nobody_up) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(test::soon([this] { return listening(); }));
    std::vector<std::unique_ptr<Client>> lazy;
    for (std::size_t i = 0; i + 1 < most_connections; ++i) {
        lazy.push_back(std::make_unique<Client>(path("metrics.sock")));
        lazy.back()->send(get);
    }
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(Client(path("metrics.sock")).ask(get).starts_with("HTTP/1.1 200"));
}

TEST_F(MetricsSocket, a_flood_of_clients_is_served_in_turn) {
    const Running running(socket(), directory_.path());
    ASSERT_TRUE(test::soon([this] { return listening(); }));
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
    ASSERT_TRUE(test::soon([this] { return listening(); }));
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
    ASSERT_TRUE(test::soon([this] { return listening(); }));
    const Client client(path("metrics.sock"));
    client.send("GET /me");
    const auto begin = std::chrono::steady_clock::now();
    running.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, connection_limit);
    EXPECT_TRUE(running.ended());
    EXPECT_FALSE(fs::exists(path("metrics.sock")));
    EXPECT_EQ(client.read_all().find("LATE"), std::string::npos);
}

TEST_F(MetricsSocket, that_cannot_be_had_is_told) {
    std::ofstream(path("metrics.sock")) << "a file of somebody";
    config::Metrics where = socket();
    where.file = path("autobackupd.prom");
    const Running running(where, directory_.path());
    ASSERT_TRUE(test::soon([&] { return !running.journal().entries().empty(); }));
    EXPECT_NE(running.journal().text().find("the metrics cannot be listened for: "), std::string::npos) << running.journal().text();
    EXPECT_EQ(read_file(path("metrics.sock")).value(), "a file of somebody");
    EXPECT_TRUE(test::soon([this] { return written(); })) << "the file does not suffer";
}

}  // namespace
}  // namespace autobackup::metrics::publisher_socket_test
