// SPDX-License-Identifier: MIT
// Cancellation and destruction at every step.
#include <boost/asio/detached.hpp>

#include "lib/http/resolve.hpp"
#include "lib/http/watchdog.hpp"
#include "tests/lib/http/fixture.hpp"
#include "tests/support/scripted_tls.hpp"
#include "tests/support/soon.hpp"

namespace autobackup::http::test::cancel_test {
namespace {

struct Step {
    const char* name;
    ScriptedServer::Script script;
    const char* url = "";  // instead of the server's
    bool upload = false;
    bool tls = false;
};

void send_part_and_wait(Peer& peer, const std::string& text) {
    peer.read_request();
    peer.send(text);
    peer.stay_silent();
}

std::vector<Step> steps() {
    const auto silent = [](Peer& peer) { peer.stay_silent(); };
    const auto head = [](Peer& peer) { send_part_and_wait(peer, "HTTP/1.1 200 O"); };
    const auto body = [](Peer& peer) {
        send_part_and_wait(peer,
                           "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + std::string(300'000, 'x'));
    };
    const auto frozen = [](Peer& peer) {
        peer.read_head();
        peer.freeze();
    };
    const auto redirected = [](Peer& peer) {
        peer.read_request();
        peer.answer("302 Found", "", "Location: /b\r\n");
        peer.stay_silent();
    };
    return {{"waiting_for_the_answer", silent},
            {"in_the_head", head},
            {"in_the_body", body},
            {"sending_the_body", frozen, "", /*upload=*/true},
            {"answer_to_the_body", [](Peer& peer) { peer.read_request(), peer.stay_silent(); }, "", true},
            {"behind_a_redirect", redirected},
            {"connecting", silent, "http://192.0.2.1:9/"},
            {"in_the_handshake", silent, "", false, /*tls=*/true}};
}

class Cancel : public testing::TestWithParam<Step> {
protected:
    static Request request_for(const Step& step, const ScriptedServer& server) {
        std::string url = *step.url != '\0' ? step.url : server.url("/a");
        if (step.tls) url.insert(4, "s");
        Request request = get(url);
        if (step.upload) {
            request.method = Method::put;
            request.source =
                std::make_shared<TextSource>(pattern(step.name[0] == 's' ? 50'000'000 : 100'000));
        }
        return request;
    }
};

TEST_P(Cancel, EndsAtOnceWithAnException) {
    for (const bool streamed : {false, true}) {
        ScriptedServer server(GetParam().script);
        auto client = client_with();
        RecordingSink sink;
        Request request = request_for(GetParam(), server);
        auto work = [&]() -> Awaitable<Result<Response>> {
            return streamed ? client->stream(request, sink, quick()) : client->exchange(request, quick());
        };
        const Stopwatch watch;
        try {
            const auto response = run_coroutine(work, 20s, 100ms);
            // Where 192.0.2.0/24 is refused by the network at once there is nothing to cancel.
            ASSERT_FALSE(response) << "an answer came";
            EXPECT_STREQ(GetParam().name, "connecting") << describe(response.error());
        } catch (const boost::system::system_error& error) {
            EXPECT_EQ(error.code(), asio::error::operation_aborted);
        }
        EXPECT_LT(watch.elapsed(), 10s);
    }
}

// The loop goes away with the exchange in it: no frame may touch what is gone (seen by the sanitizer).
TEST_P(Cancel, TheLoopMayBeDestroyed) {
    ScriptedServer server(GetParam().script);
    auto client = client_with();
    RecordingSink sink;
    const Request request = request_for(GetParam(), server);
    const Stopwatch watch;
    {
        asio::io_context context(1);
        auto one = [&]() -> Awaitable<void> { co_await client->exchange(request, quick()); };
        auto other = [&]() -> Awaitable<void> { co_await client->stream(request, sink, quick()); };
        asio::co_spawn(context, one, asio::detached);
        asio::co_spawn(context, other, asio::detached);
        context.run_for(100ms);
    }
    EXPECT_LT(watch.elapsed(), 10s);
}

INSTANTIATE_TEST_SUITE_P(Steps, Cancel, testing::ValuesIn(steps()),
                         [](const auto& instance) { return std::string(instance.param.name); });

// The client may go away while its exchange is in the loop.
TEST(Lifetime, TheClientMayGoFirst) {
    ScriptedServer server([](Peer& peer) { peer.stay_silent(); });
    asio::io_context context(1);
    auto client = client_with();
    asio::co_spawn(context, client->exchange(get(server.url()), quick()), asio::detached);
    context.run_for(30ms);
    client.reset();
    context.run_for(30ms);
}

TEST(Lifetime, CloseIdleEndsKeptConnections) {
    std::atomic<bool> closed = false;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.answer("200 OK", "x");
        closed = peer.read_head().empty();
    });
    asio::io_context context(1);
    auto client = client_with();
    const Request request = get(server.url());
    const auto response = run_coroutine(context, [&] { return client->exchange(request, quick()); });
    EXPECT_TRUE(response);
    EXPECT_FALSE(closed);
    client->close_idle();
    EXPECT_TRUE(autobackup::test::soon([&] { return closed.load(); }, 10s));
}

TEST(Resolve, NumbersAndLocalhostNeedNoNameService) {
    asio::io_context context(1);
    const auto ask = [&](const std::string& host) {
        auto work = [&]() -> Awaitable<std::vector<asio::ip::tcp::endpoint>> {
            const asio::any_io_executor executor = co_await asio::this_coro::executor;
            Watchdog watchdog(executor, quick());
            const auto found = co_await resolve(host, 81, watchdog);
            co_return found.value();
        };
        return run_coroutine(context, work);
    };
    EXPECT_EQ(ask("127.0.0.1").at(0).address().to_string(), "127.0.0.1");
    EXPECT_EQ(ask("::1").at(0).address().to_string(), "::1");
    EXPECT_EQ(ask("localhost").size(), 2u);
    EXPECT_EQ(ask("localhost").at(0).port(), 81);
}

TEST(Resolve, FamiliesTakeTurns) {
    const auto endpoint = [](const char* address) {
        return asio::ip::tcp::endpoint(asio::ip::make_address(address), 1);
    };
    const auto mixed = interleave({endpoint("::1"), endpoint("::2"), endpoint("::3"), endpoint("1.1.1.1")});
    EXPECT_EQ(mixed.at(0), endpoint("::1"));
    EXPECT_EQ(mixed.at(1), endpoint("1.1.1.1"));
    EXPECT_EQ(mixed.at(3), endpoint("::3"));
}

}  // namespace
}  // namespace autobackup::http::test::cancel_test
