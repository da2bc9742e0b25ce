// SPDX-License-Identifier: MIT
// Request bodies that are streamed, and answers that come before they are sent.
#include <mutex>

#include "tests/lib/http/fixture.hpp"

namespace autobackup::http::test::upload_test {
namespace {

Request put(const ScriptedServer& server, std::shared_ptr<BodySource> source) {
    Request request = get(server.url("/upload"));
    request.method = Method::put;
    request.source = std::move(source);
    return request;
}

struct Received {
    std::mutex mutex;
    std::string head, body;
};

ScriptedServer::Script receiving(Received& received) {
    return [&received](Peer& peer) {
        while (true) {
            const std::string head = peer.read_head();
            if (head.empty()) return;
            std::string body = peer.read_body(head);
            const std::lock_guard lock(received.mutex);
            received.head = head;
            received.body = std::move(body);
            peer.answer("201 Created", "done");
        }
    };
}

TEST(Upload, WithALength) {
    Received received;
    ScriptedServer server(receiving(received));
    auto client = client_with();
    const auto source = std::make_shared<TextSource>(pattern(3'000'000));
    EXPECT_EQ(exchange(*client, put(server, source)).value().body, "done");
    EXPECT_EQ(Peer::field(received.head, "Content-Length"), "3000000");
    EXPECT_TRUE(received.body == source->text);
    EXPECT_EQ(client->traffic().bytes_sent, 3'000'000u);
}

TEST(Upload, InChunksWithoutALength) {
    Received received;
    ScriptedServer server(receiving(received));
    auto client = client_with();
    const auto source = std::make_shared<TextSource>(pattern(1'000'003), /*with_length=*/false);
    EXPECT_EQ(exchange(*client, put(server, source)).value().body, "done");
    EXPECT_EQ(Peer::field(received.head, "Transfer-Encoding"), "chunked");
    EXPECT_EQ(Peer::field(received.head, "Content-Length"), "");
    EXPECT_TRUE(received.body == source->text);
}

TEST(Upload, EmptySources) {
    for (const bool with_length : {true, false}) {
        Received received;
        ScriptedServer server(receiving(received));
        auto client = client_with();
        EXPECT_TRUE(exchange(*client, put(server, std::make_shared<TextSource>("", with_length))));
        EXPECT_EQ(received.body, "");
    }
}

TEST(Upload, ALongTextIsStreamedToo) {
    Received received;
    ScriptedServer server(receiving(received));
    auto client = client_with();
    Request request = put(server, nullptr);
    request.body = pattern(2'000'000);
    EXPECT_TRUE(exchange(*client, request));
    EXPECT_TRUE(received.body == request.body);
}

TEST(Upload, TheConnectionIsKept) {
    Received received;
    ScriptedServer server(receiving(received));
    auto client = client_with();
    auto work = [&]() -> Awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            Request request = put(server, std::make_shared<TextSource>(pattern(500'000), i % 2 == 0));
            const auto response = co_await client->exchange(std::move(request), quick());
            EXPECT_TRUE(response);
        }
    };
    run_coroutine(work);
    EXPECT_EQ(server.connections(), 1u);
}

// The server refuses after the head, reads nothing more and closes: our writes fail with EPIPE or a reset.
TEST(Upload, AnEarlyRefusalIsTheAnswer) {
    for (int round = 0; round < 20; ++round) {
        ScriptedServer server([](Peer& peer) {
            peer.read_head();
            peer.answer("413 Payload Too Large", "too large", "Connection: close\r\n");
        });
        auto client = client_with();
        const auto response =
            exchange(*client, put(server, std::make_shared<TextSource>(pattern(20'000'000))));
        ASSERT_TRUE(response) << describe(response.error());
        EXPECT_EQ(response->head.status, 413);
    }
}

// It refuses and keeps the connection open, without reading: the write never ends.
TEST(Upload, AnEarlyRefusalEndsABlockedWrite) {
    ScriptedServer server([](Peer& peer) {
        peer.read_head();
        peer.wait(50ms);
        peer.answer("401 Unauthorized", "who are you");
        peer.freeze();
    });
    auto client = client_with();
    const Stopwatch watch;
    const auto response =
        exchange(*client, put(server, std::make_shared<TextSource>(pattern(50'000'000)))).value();
    EXPECT_EQ(response.head.status, 401);
    EXPECT_EQ(response.body, "who are you");
    EXPECT_LT(watch.elapsed(), 10s);
}

TEST(Upload, AnEarlySuccessDoesNotStopTheBody) {
    std::atomic<std::size_t> got = 0;
    ScriptedServer server([&](Peer& peer) {
        const std::string head = peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        peer.wait(50ms);
        got = peer.read_body(head).size();
        peer.send("2\r\nok\r\n0\r\n\r\n");
    });
    auto client = client_with();
    EXPECT_EQ(exchange(*client, put(server, std::make_shared<TextSource>(pattern(20'000'000)))).value().body,
              "ok");
    EXPECT_EQ(got, 20'000'000u);
}

TEST(Upload, ABrokenConnectionWithoutAnswer) {
    ScriptedServer server([](Peer& peer) {
        peer.read_head();
        peer.read_exactly(100'000);
        peer.reset();
    });
    auto client = client_with();
    const Failure failure =
        exchange(*client, put(server, std::make_shared<TextSource>(pattern(50'000'000)))).error();
    EXPECT_EQ(failure.code, Errc::connection_reset);
    EXPECT_EQ(failure.operation, "PUT");
}

TEST(Upload, AServerThatStopsReading) {
    ScriptedServer server([](Peer& peer) {
        peer.read_head();
        peer.freeze();
    });
    auto client = client_with();
    Limits limits = quick();
    limits.no_progress = 150ms;
    const Stopwatch watch;
    const Failure failure =
        exchange(*client, put(server, std::make_shared<TextSource>(pattern(50'000'000))), limits).error();
    EXPECT_EQ(failure.code, Errc::no_progress);
    EXPECT_LT(watch.elapsed(), 10s);
}

TEST(Upload, ASilentServerAfterTheBody) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.stay_silent();
    });
    auto client = client_with();
    Limits limits = quick();
    limits.no_progress = 150ms;
    EXPECT_EQ(
        exchange(*client, put(server, std::make_shared<TextSource>(pattern(100'000))), limits).error().code,
        Errc::no_progress);
}

// The answer is waited for all the while; only the peer's own idleness counts.
TEST(Upload, ASlowUploadIsProgress) {
    Received received;
    ScriptedServer server(receiving(received));
    auto client = client_with();
    Limits limits = quick();
    limits.no_progress = 1500ms;
    const auto source = std::make_shared<TextSource>(pattern(500));
    source->piece = 100;
    source->delay = 350ms;
    const Stopwatch watch;
    const auto response = exchange(*client, put(server, source), limits);
    ASSERT_TRUE(response) << describe(response.error());
    EXPECT_GT(watch.elapsed(), limits.no_progress);
    source->rewind();
    source->piece = 500;
    source->delay = 1700ms;  // longer than no_progress, but it is our disk that is slow
    EXPECT_TRUE(exchange(*client, put(server, source), limits));
}

TEST(Upload, TotalLimit) {
    ScriptedServer server([](Peer& peer) {
        peer.read_head();
        while (!peer.read_exactly(1000).empty() && peer.wait(5ms)) {
        }
    });
    auto client = client_with();
    Limits limits = quick();
    limits.total = 200ms;
    EXPECT_EQ(exchange(*client, put(server, std::make_shared<TextSource>(pattern(50'000'000))), limits)
                  .error()
                  .code,
              Errc::timeout);
}

TEST(Upload, TheSourcesFailureIsTheResult) {
    Received received;
    ScriptedServer server(receiving(received));
    auto client = client_with();
    const auto source = std::make_shared<TextSource>(pattern(1'000'000));
    source->fail_at = 300'000;
    const Stopwatch watch;
    const Failure failure = exchange(*client, put(server, source)).error();
    EXPECT_EQ(failure.code, Errc::io_error);
    EXPECT_EQ(failure.object, "pack file");
    EXPECT_LT(watch.elapsed(), 10s);
}

TEST(Upload, AWrongLengthIsNeverSentAsARightOne) {
    for (const std::uint64_t announced : {99u, 101u}) {
        Received received;
        ScriptedServer server(receiving(received));
        auto client = client_with();
        const auto source = std::make_shared<TextSource>(pattern(100));
        source->announced = announced;
        EXPECT_EQ(exchange(*client, put(server, source)).error().code, Errc::internal) << announced;
    }
}

}  // namespace
}  // namespace autobackup::http::test::upload_test
