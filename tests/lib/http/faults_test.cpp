// SPDX-License-Identifier: MIT
// What can go wrong on the way: each fault has its own code, and each wait its limit.
#include <sys/resource.h>

#include "tests/lib/http/fixture.hpp"

namespace autobackup::http::test::faults_test {
namespace {

Limits short_limits() {
    Limits limits;
    limits.connect = 15s;
    limits.no_progress = 150ms;
    return limits;
}

Failure failure_with(ScriptedServer::Script script, Limits limits = quick()) {
    ScriptedServer server(std::move(script));
    auto client = client_with();
    const auto response = exchange(*client, get(server.url("/thing?secret=1")), limits);
    return response ? fail(Errc::internal, "", "", "no failure") : response.error();
}

TEST(Faults, SilentServerMakesNoProgress) {
    const Stopwatch watch;
    const Failure failure = failure_with([](Peer& peer) { peer.stay_silent(); }, short_limits());
    EXPECT_EQ(failure.code, Errc::no_progress);
    EXPECT_TRUE(failure.transient);
    EXPECT_EQ(failure.operation, "GET");
    EXPECT_GE(watch.elapsed(), 140ms);
    EXPECT_LT(watch.elapsed(), 10s);
    EXPECT_EQ(failure.object.find("secret"), std::string::npos) << "the query may hold a signature";
}

TEST(Faults, ABodyThatStopsMakesNoProgress) {
    const Failure failure = failure_with(
        [](Peer& peer) {
            peer.read_request();
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
            peer.stay_silent();
        },
        short_limits());
    EXPECT_EQ(failure.code, Errc::no_progress);
}

TEST(Faults, ASlowDripIsProgress) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.drip("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", 3, 150ms);
    });
    auto client = client_with();
    Limits limits = quick();
    limits.no_progress = 1500ms;
    const Stopwatch watch;
    EXPECT_EQ(exchange(*client, get(server.url()), limits).value().body, "abcd");
    EXPECT_GT(watch.elapsed(), limits.no_progress) << "longer than no_progress in all";
}

TEST(Faults, TotalLimitEndsADrip) {
    Limits limits = quick();
    limits.total = 250ms;
    const Stopwatch watch;
    const Failure failure = failure_with(
        [](Peer& peer) {
            peer.read_request();
            peer.drip("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'), 1, 10ms);
        },
        limits);
    EXPECT_EQ(failure.code, Errc::timeout);
    EXPECT_LT(watch.elapsed(), 10s);
}

TEST(Faults, TotalLimitCoversRedirects) {
    Limits limits = quick();
    limits.total = 200ms;
    std::atomic<int> count = 0;
    const auto script = [&](Peer& peer) {
        while (!peer.read_request().empty() && peer.wait(70ms)) {
            peer.answer("302 Found", "", "Location: /" + std::to_string(++count) + "\r\n");
        }
    };
    EXPECT_EQ(failure_with(script, limits).code, Errc::timeout);
}

TEST(Faults, CutBody) {
    const Failure failure = failure_with([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    });
    EXPECT_EQ(failure.code, Errc::connection_closed);
    EXPECT_NE(failure.message.find("after 3 of 10 bytes"), std::string::npos) << failure.message;
}

TEST(Faults, CutChunks) {
    for (const char* body :
         {"", "5\r\nab", "5\r\nabcde\r\n", "5\r\nabcde\r\n0\r\n", "5", "5\r\nabcde\r\n3"}) {
        const Failure failure = failure_with([&](Peer& peer) {
            peer.read_request();
            peer.send(std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + body);
        });
        EXPECT_EQ(failure.code, Errc::connection_closed) << body;
    }
}

TEST(Faults, ResetBeforeAndInTheBody) {
    const auto before = [](Peer& peer) {
        peer.read_request();
        peer.reset();
    };
    EXPECT_EQ(failure_with(before).code, Errc::connection_reset);
    const auto inside = [](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        peer.wait(30ms);
        peer.reset();
    };
    EXPECT_EQ(failure_with(inside).code, Errc::connection_reset);
}

TEST(Faults, ClosedWithoutAnAnswer) {
    EXPECT_EQ(failure_with([](Peer& peer) { peer.read_request(); }).code, Errc::connection_closed);
    EXPECT_EQ(failure_with([](Peer& peer) { peer.read_request(), peer.send("HTTP/1.1 200 O"); }).code,
              Errc::connection_closed);
}

TEST(Faults, NotHttp) {
    const Failure failure = failure_with([](Peer& peer) {
        peer.send("220 mail.example.org ESMTP\r\n");
        peer.stay_silent();
    });
    EXPECT_EQ(failure.code, Errc::bad_response);
    EXPECT_NE(failure.peer.find("ESMTP"), std::string::npos);
}

TEST(Faults, MalformedAnswers) {
    for (const char* answer : {"HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                               "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/2 200\r\n\r\n"}) {
        const Failure failure = failure_with([&](Peer& peer) {
            peer.read_request();
            peer.send(answer);
            peer.stay_silent();
        });
        EXPECT_EQ(failure.code, Errc::bad_response) << answer << describe(failure);
    }
}

TEST(Faults, EndlessInterimAnswers) {
    const Failure failure = failure_with([](Peer& peer) {
        peer.read_request();
        while (peer.send("HTTP/1.1 102 Processing\r\n\r\n")) {
        }
    });
    EXPECT_EQ(failure.code, Errc::bad_response);
}

TEST(Faults, HeadOver64KiB) {
    const auto with_field = [](std::size_t size) {
        return [size](Peer& peer) {
            peer.read_request();
            peer.answer("200 OK", "x", "X: " + std::string(size, 'y') + "\r\n");
            peer.stay_silent();
        };
    };
    EXPECT_EQ(failure_with(with_field(66'000)).code, Errc::response_too_large);
    ScriptedServer server(with_field(60'000));
    auto client = client_with();
    EXPECT_EQ(exchange(*client, get(server.url())).value().body, "x");
}

TEST(Faults, EndlessChunkHead) {
    const Failure failure = failure_with([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;");
        while (peer.send(std::string(4096, 'a'))) {
        }
    });
    EXPECT_EQ(failure.code, Errc::bad_response);
}

TEST(Faults, NobodyListens) {
    std::uint16_t port = 0;
    {
        ScriptedServer server([](Peer&) {});
        port = server.port();
    }
    auto client = client_with();
    Request request = get("http://127.0.0.1:" + std::to_string(port) + "/");
    request.object = "project 12 of lab";
    const Failure failure = exchange(*client, request).error();
    EXPECT_EQ(failure.code, Errc::connection_refused);
    EXPECT_EQ(failure.object, "project 12 of lab");
    EXPECT_NE(failure.message.find(std::to_string(port)), std::string::npos);
    // Two addresses, both refused.
    EXPECT_EQ(exchange(*client, get("http://localhost:" + std::to_string(port))).error().code,
              Errc::connection_refused);
}

// A listener whose queue is full does not answer SYNs any more.
class FullListener {
public:
    FullListener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        fds_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(fds_[0], plain, size), 0);
        EXPECT_EQ(::listen(fds_[0], 0), 0);
        ::getsockname(fds_[0], plain, &size);
        port = ntohs(address.sin_port);
        for (int i = 0; i < 4; ++i) {
            fds_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            ::connect(fds_.back(), plain, size);
        }
        std::this_thread::sleep_for(20ms);
    }
    ~FullListener() {
        for (const int fd : fds_) ::close(fd);
    }
    std::uint16_t port = 0;

private:
    std::vector<int> fds_;
};

TEST(Faults, ConnectLimit) {
    const FullListener listener;
    auto client = client_with();
    Limits limits = quick();
    limits.connect = 150ms;
    const Stopwatch watch;
    const Failure failure =
        exchange(*client, get("http://127.0.0.1:" + std::to_string(listener.port)), limits).error();
    EXPECT_EQ(failure.code, Errc::connect_timeout);
    EXPECT_LT(watch.elapsed(), 10s);
    // Through the race of several addresses: the second is refused, the first stays silent.
    EXPECT_EQ(
        exchange(*client, get("http://localhost:" + std::to_string(listener.port)), limits).error().code,
        Errc::connect_timeout);
}

TEST(Faults, UnknownHost) {
    auto client = client_with();
    const Failure failure = exchange(*client, get("http://no-such-host.invalid/")).error();
    EXPECT_EQ(failure.code, Errc::resolve_failed);
    EXPECT_NE(failure.message.find("no-such-host.invalid"), std::string::npos);
}

TEST(Faults, NoFreeDescriptors) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the sanitizer needs descriptors of its own to look at memory";
#endif
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    ScriptedServer server([](Peer& peer) { peer.read_request(); });
    auto client = client_with();
    asio::io_context context(1);
    auto work = [&]() -> Awaitable<Result<Response>> {
        co_await async::sleep_for(1ms);
        rlimit none = before;
        none.rlim_cur = 0;
        ::setrlimit(RLIMIT_NOFILE, &none);
        Request request = get(server.url());
        auto response = co_await client->exchange(std::move(request), quick());
        ::setrlimit(RLIMIT_NOFILE, &before);
        co_return response;
    };
    EXPECT_EQ(run_coroutine(context, work).error().code, Errc::io_error);
}

}  // namespace
}  // namespace autobackup::http::test::faults_test
