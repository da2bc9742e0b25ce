// SPDX-License-Identifier: MIT
// Bodies that are streamed into a sink.
#include "tests/lib/http/fixture.hpp"

namespace autobackup::http::test::stream_test {
namespace {

ScriptedServer::Script answering(const std::string& body) {
    return [body](Peer& peer) {
        while (!peer.read_request().empty()) peer.answer("200 OK", body);
    };
}

class StreamSize : public testing::TestWithParam<std::size_t> {};

TEST_P(StreamSize, ArrivesWhole) {
    const std::string body = pattern(GetParam());
    ScriptedServer server(answering(body));
    auto client = client_with();
    RecordingSink sink;
    const auto response = stream(*client, get(server.url()), sink).value();
    EXPECT_EQ(response.head.content_length, body.size());
    EXPECT_EQ(response.body, "");
    EXPECT_TRUE(sink.body == body);
    EXPECT_EQ(client->traffic().bytes_received, body.size());
}
INSTANTIATE_TEST_SUITE_P(Sizes, StreamSize, testing::Values(0, 1, 65'536, 65'537, 1 << 20, 5'000'001));

std::string in_chunks(const std::string& body, const std::vector<std::size_t>& sizes) {
    std::string text;
    std::size_t at = 0;
    for (std::size_t i = 0; at < body.size(); ++i) {
        const std::size_t n = std::min(sizes[i % sizes.size()], body.size() - at);
        char line[32];
        std::snprintf(line, sizeof line, "%zx\r\n", n);
        text += line + body.substr(at, n) + "\r\n";
        at += n;
    }
    return text + "0\r\n\r\n";
}

TEST(Stream, ChunksOfAllSizes) {
    const std::string body = pattern(3'000'000);
    const std::vector<std::vector<std::size_t>> plans = {{1, 2, 3, 5, 100}, {300'000}, {8'192}, {1, 200'000}};
    for (const auto& sizes : plans) {
        const std::string wire = in_chunks(body, sizes);
        ScriptedServer server([&](Peer& peer) {
            peer.read_request();
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + wire);
        });
        auto client = client_with();
        RecordingSink sink;
        ASSERT_TRUE(stream(*client, get(server.url()), sink));
        EXPECT_TRUE(sink.body == body) << sizes[0];
    }
}

TEST(Stream, KeepsTheConnection) {
    ScriptedServer server(answering(pattern(300'000)));
    auto client = client_with();
    auto work = [&]() -> Awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            RecordingSink sink;
            Request request = get(server.url());
            const auto response = co_await client->stream(std::move(request), sink, quick());
            EXPECT_TRUE(response);
            EXPECT_EQ(sink.body.size(), 300'000u);
        }
    };
    run_coroutine(work);
    EXPECT_EQ(server.connections(), 1u);
}

// The server must be able to write on while the sink is busy: with 1 MiB of ours and the kernel's buffers the
// whole body leaves the server long before the sink has taken it.
TEST(Stream, ReadsOnWhileTheSinkWrites) {
    const std::string body = pattern(900'000);
    std::atomic<bool> sent = false;
    ScriptedServer server([&](Peer& peer) {
        const int small = 4096;
        ::setsockopt(peer.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        peer.read_request();
        peer.answer("200 OK", body);
        sent = true;
        peer.stay_silent();
    });
    auto client = client_with();
    class SlowFirst final : public RecordingSink {
    public:
        explicit SlowFirst(std::atomic<bool>& sent) : sent_(sent) {}
        Awaitable<Result<void>> write(std::span<const std::byte> bytes) override {
            if (body.empty()) {
                for (int i = 0; i < 400 && !sent_; ++i) co_await async::sleep_for(5ms);
                was_sent = sent_;
            }
            co_return co_await RecordingSink::write(bytes);
        }
        bool was_sent = false;

    private:
        std::atomic<bool>& sent_;
    } sink(sent);
    ASSERT_TRUE(stream(*client, get(server.url()), sink));
    EXPECT_TRUE(sink.was_sent) << "the first write() of the sink held up the socket";
    EXPECT_TRUE(sink.body == body);
}

// A slow sink is not the peer's fault.
TEST(Stream, ASlowSinkIsNoLackOfProgress) {
    ScriptedServer server(answering(pattern(3'000'000)));
    auto client = client_with();
    RecordingSink sink;
    sink.delay = 1200ms;
    sink.delayed = 2;
    Limits limits = quick();
    limits.no_progress = 1s;
    const auto response = stream(*client, get(server.url()), sink, limits);
    ASSERT_TRUE(response) << describe(response.error());
    EXPECT_EQ(sink.body.size(), 3'000'000u);
}

TEST(Stream, AnUnwantedAnswerComesBack) {
    ScriptedServer server([](Peer& peer) {
        while (!peer.read_request().empty()) peer.answer("404 Not Found", "no such thing");
    });
    auto client = client_with();
    RecordingSink sink;
    const auto response = stream(*client, get(server.url()), sink).value();
    EXPECT_EQ(response.head.status, 404);
    EXPECT_EQ(response.body, "no such thing");
    EXPECT_EQ(sink.writes, 0);
}

TEST(Stream, OfAnUnwantedAnswer64KiBAreRead) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 500 Oops\r\n\r\n");
        while (peer.send(std::string(65'536, 'x'))) {
        }
    });
    auto client = client_with();
    RecordingSink sink;
    EXPECT_EQ(stream(*client, get(server.url()), sink).value().body.size(), 65'536u);
}

TEST(Stream, CutBodyIsAFailureAndWhatCameIsWritten) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(500'000, 'x'));
    });
    auto client = client_with();
    RecordingSink sink;
    const auto response = stream(*client, get(server.url()), sink);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::connection_closed);
    EXPECT_EQ(sink.body.size(), 500'000u);
}

TEST(Stream, WithoutLengthAndChunksItIsRefused) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n\r\nmaybe all, maybe not");
    });
    auto client = client_with();
    RecordingSink sink;
    EXPECT_EQ(stream(*client, get(server.url()), sink).error().code, Errc::connection_closed);
    EXPECT_EQ(exchange(*client, get(server.url())).value().body, "maybe all, maybe not");
}

class FailingSink : public testing::TestWithParam<std::size_t> {};

TEST_P(FailingSink, ItsFailureIsTheResult) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(GetParam()) + "\r\n\r\n" +
                  std::string(GetParam() - 1, 'x'));
        peer.stay_silent();
    });
    auto client = client_with();
    RecordingSink sink;
    sink.fail_after = GetParam() / 2;
    const Stopwatch watch;
    const Failure failure = stream(*client, get(server.url()), sink).error();
    EXPECT_EQ(failure.code, Errc::disk_full);
    EXPECT_EQ(failure.operation, "write");
    EXPECT_EQ(failure.object, "spool file");
    EXPECT_LT(watch.elapsed(), 10s) << "the socket was waited for";
}
INSTANTIATE_TEST_SUITE_P(Sizes, FailingSink, testing::Values(1000, 2'000'000));

TEST(Stream, ASilentServerInTheBody) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(200'000, 'x'));
        peer.stay_silent();
    });
    auto client = client_with();
    RecordingSink sink;
    Limits limits = quick();
    limits.no_progress = 150ms;
    EXPECT_EQ(stream(*client, get(server.url()), sink, limits).error().code, Errc::no_progress);
}

}  // namespace
}  // namespace autobackup::http::test::stream_test
