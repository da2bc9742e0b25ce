// SPDX-License-Identifier: MIT
// Whole answers, kept connections, limits: against a scripted server.
#include "tests/lib/http/fixture.hpp"

namespace autobackup::http::test::client_test {
namespace {

TEST(Client, GetsAnAnswer) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.answer("200 Fine", "hello", "X-One: 1\r\n");
    });
    auto client = client_with();
    Request request = get(server.url("/api?x=1"));
    request.authorization = Secret("Token abc");
    request.headers.add("Accept", "application/json");
    request.headers.add("Accept-Encoding", "gzip");
    const auto response = exchange(*client, std::move(request)).value();
    EXPECT_EQ(response.head.status, 200);
    EXPECT_EQ(response.head.reason, "Fine");
    EXPECT_EQ(response.head.headers.value_or("x-one", ""), "1");
    EXPECT_EQ(response.head.content_length, 5u);
    EXPECT_EQ(response.head.url.text(), server.url("/api?x=1"));
    EXPECT_EQ(response.body, "hello");
    const std::string head = server.heads().at(0);
    EXPECT_TRUE(head.starts_with("GET /api?x=1 HTTP/1.1\r\n")) << head;
    EXPECT_EQ(Peer::field(head, "Host"), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_EQ(Peer::field(head, "Authorization"), "Token abc");
    EXPECT_EQ(Peer::field(head, "User-Agent"), "autobackupd");
    EXPECT_EQ(Peer::field(head, "Accept"), "application/json");
    EXPECT_EQ(Peer::field(head, "Accept-Encoding"), "");
    EXPECT_EQ(Peer::field(head, "Content-Length"), "");
    EXPECT_EQ(client->traffic().requests, 1u);
    EXPECT_EQ(client->traffic().bytes_received, 5u);
}

TEST(Client, PostsABodyAndAnEmptyOne) {
    std::atomic<bool> right = false;
    ScriptedServer server([&](Peer& peer) {
        right = peer.read_body(peer.read_head()) == R"({"a": 1})";
        peer.answer("201 Created", "");
    });
    auto client = client_with();
    Request request = get(server.url());
    request.method = Method::post;
    request.body = R"({"a": 1})";
    EXPECT_EQ(exchange(*client, request).value().head.status, 201);
    EXPECT_TRUE(right);
    EXPECT_EQ(client->traffic().bytes_sent, 8u);
    request.body.clear();
    EXPECT_EQ(exchange(*client, request).value().head.status, 201);
    EXPECT_EQ(Peer::field(server.heads().at(1), "Content-Length"), "0");
}

std::string many(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "0123456789abcdef";
    return text;
}

TEST(Client, KeepsTheConnectionOfOneContext) {
    ScriptedServer server([](Peer& peer) {
        while (!peer.read_request().empty()) peer.answer("200 OK", "x");
    });
    auto client = client_with();
    auto work = [&]() -> Awaitable<int> {
        for (int i = 0; i < 5; ++i) {
            Request request = get(server.url());
            const auto response = co_await client->exchange(std::move(request), quick());
            if (!response) co_return -1;
        }
        co_return 5;
    };
    EXPECT_EQ(run_coroutine(work), 5);
    EXPECT_EQ(server.connections(), 1u);
    // The loop of the first run is gone, and its connection with it.
    EXPECT_TRUE(exchange(*client, get(server.url())));
    EXPECT_EQ(server.connections(), 2u);
}

TEST(Client, DoesNotKeepWhatTheServerCloses) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.answer("200 OK", "x", "Connection: close\r\n");
        peer.stay_silent();
    });
    auto client = client_with();
    auto work = [&]() -> Awaitable<void> {
        for (int i = 0; i < 2; ++i) {
            Request request = get(server.url());
            const auto response = co_await client->exchange(std::move(request), quick());
            EXPECT_TRUE(response);
        }
    };
    run_coroutine(work);
    EXPECT_EQ(server.connections(), 2u);
}

TEST(Client, ReadsChunksAndSkipsInterimAnswers) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n");
        peer.drip(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n7\r\n, world\r\n0\r\nT: "
            "x\r\n\r\n",
            1, 0ms);
    });
    auto client = client_with();
    const auto response = exchange(*client, get(server.url())).value();
    EXPECT_EQ(response.head.status, 200);
    EXPECT_EQ(response.body, "hello, world");
    EXPECT_EQ(response.head.headers.find("T"), nullptr);
}

TEST(Client, HeadHasNoBody) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
        peer.stay_silent();
    });
    auto client = client_with();
    Request request = get(server.url());
    request.method = Method::head;
    const auto response = exchange(*client, std::move(request)).value();
    EXPECT_EQ(response.head.content_length, 1000000000000u);
    EXPECT_EQ(response.body, "");
}

TEST(Client, TakesMoreThanBeastsEightMebibytes) {
    const std::string body = many(600'000);  // 9.6 MB
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.answer("200 OK", body);
    });
    auto client = client_with();
    EXPECT_EQ(exchange(*client, get(server.url())).value().body, body);
}

TEST(Client, LimitsTheBodyInMemory) {
    ScriptedServer server([](Peer& peer) {
        if (peer.read_request().starts_with("GET /length")) {
            peer.answer("200 OK", std::string(2000, 'x'));
        } else {
            peer.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x'));
        }
    });
    auto client = client_with();
    Limits limits = quick();
    limits.body_in_memory = 1999;
    EXPECT_EQ(exchange(*client, get(server.url("/length")), limits).error().code, Errc::response_too_large);
    EXPECT_EQ(exchange(*client, get(server.url("/none")), limits).error().code, Errc::response_too_large);
    limits.body_in_memory = 2000;
    EXPECT_EQ(exchange(*client, get(server.url("/none")), limits).value().body.size(), 2000u);
    limits.body_in_memory = 0;
    EXPECT_EQ(exchange(*client, get(server.url("/length")), limits).value().body.size(), 2000u);
}

TEST(Client, RefusesALineEndInAField) {
    auto client = client_with();
    Request request = get("http://127.0.0.1:9/");
    request.authorization = Secret("Token abc\r\nX: y");
    const auto response = exchange(*client, std::move(request));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::config_invalid);
    EXPECT_EQ(describe(response.error()).find("abc"), std::string::npos);
}

TEST(Client, ManyAtOnceDoNotMixUp) {
    ScriptedServer server([](Peer& peer) {
        while (true) {
            const std::string head = peer.read_request();
            if (head.empty()) return;
            peer.answer("200 OK", head.substr(4, head.find(" HTTP") - 4));
        }
    });
    auto client = client_with();
    int right = 0;
    auto one = [&](std::size_t i) -> Awaitable<void> {
        const std::string path = "/" + std::to_string(i);
        Request request = get(server.url(path));
        const auto response = co_await client->exchange(std::move(request), quick());
        if (response && response->body == path) ++right;
    };
    auto work = [&]() -> Awaitable<void> {
        std::function<Awaitable<void>(std::size_t)> body = one;
        co_await async::for_each_index(60, 12, std::move(body));
    };
    run_coroutine(work);
    EXPECT_EQ(right, 60);
    EXPECT_LE(server.connections(), 24u);
}

}  // namespace
}  // namespace autobackup::http::test::client_test
