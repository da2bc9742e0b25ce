// SPDX-License-Identifier: MIT
// Redirects, and requests that a stale connection lost.
#include "tests/lib/http/fixture.hpp"

namespace autobackup::http::test::redirect_test {
namespace {

ScriptedServer::Script redirecting(std::string status, std::string location) {
    return [=](Peer& peer) {
        while (!peer.read_request().empty())
            peer.answer(status, "elsewhere", "Location: " + location + "\r\n");
    };
}

ScriptedServer::Script saying(std::string text) {
    return [=](Peer& peer) {
        while (!peer.read_request().empty()) peer.answer("200 OK", text);
    };
}

TEST(Redirect, OnTheSameOriginKeepsAuthorizationAndConnection) {
    ScriptedServer server([](Peer& peer) {
        while (true) {
            const std::string head = peer.read_request();
            if (head.empty()) return;
            if (head.starts_with("GET /a ")) {
                peer.answer("302 Found", "moved", "Location: b?x=1\r\n");
            } else {
                peer.answer("200 OK", "there");
            }
        }
    });
    auto client = client_with();
    Request request = get(server.url("/a"));
    request.authorization = Secret("Token abc");
    const auto response = exchange(*client, request).value();
    EXPECT_EQ(response.body, "there");
    EXPECT_EQ(response.head.url.text(), server.url("/b?x=1"));
    EXPECT_EQ(server.connections(), 1u);
    EXPECT_EQ(Peer::field(server.heads().at(1), "Authorization"), "Token abc");
}

TEST(Redirect, AnotherOriginDoesNotSeeOurSecrets) {
    ScriptedServer other(saying("there"));
    ScriptedServer server(redirecting("307 Temporary Redirect", other.url("/b")));
    auto client = client_with();
    Request request = get(server.url("/a"));
    request.authorization = Secret("Token abc");
    request.headers.add("Cookie", "session=1");
    request.headers.add("X-Kept", "yes");
    EXPECT_EQ(exchange(*client, request).value().body, "there");
    EXPECT_EQ(Peer::field(server.heads().at(0), "Authorization"), "Token abc");
    EXPECT_EQ(Peer::field(other.heads().at(0), "Authorization"), "");
    EXPECT_EQ(Peer::field(other.heads().at(0), "Cookie"), "");
    EXPECT_EQ(Peer::field(other.heads().at(0), "X-Kept"), "yes");
}

TEST(Redirect, StreamsTheAnswerBehindIt) {
    ScriptedServer other(saying(pattern(200'000)));
    ScriptedServer server(redirecting("302 Found", other.url("/b")));
    auto client = client_with();
    RecordingSink sink;
    EXPECT_EQ(stream(*client, get(server.url()), sink).value().head.status, 200);
    EXPECT_TRUE(sink.body == pattern(200'000));
}

TEST(Redirect, LoopsAndTooMany) {
    ScriptedServer loop(redirecting("302 Found", "/a"));
    auto client = client_with();
    Failure failure = exchange(*client, get(loop.url("/a"))).error();
    EXPECT_EQ(failure.code, Errc::redirect_refused);
    EXPECT_NE(failure.message.find("circle"), std::string::npos);
    ScriptedServer endless([](Peer& peer) {
        for (int i = 0; !peer.read_request().empty(); ++i)
            peer.answer("302 Found", "", "Location: /" + std::to_string(i) + "\r\n");
    });
    failure = exchange(*client, get(endless.url("/a"))).error();
    EXPECT_EQ(failure.code, Errc::redirect_refused);
    EXPECT_EQ(endless.heads().size(), 6u);
}

TEST(Redirect, BadLocations) {
    for (const char* location : {"ftp://x/", "http://user:pw@127.0.0.1/", "http://"}) {
        ScriptedServer server(redirecting("302 Found", location));
        auto client = client_with();
        const Failure failure = exchange(*client, get(server.url("/a"))).error();
        EXPECT_EQ(failure.code, Errc::redirect_refused) << location;
        EXPECT_EQ(describe(failure).find("pw@"), std::string::npos);
    }
}

TEST(Redirect, WhatIsNotFollowedIsTheAnswer) {
    ScriptedServer server(redirecting("302 Found", "/b"));
    auto client = client_with();
    Request request = get(server.url("/a"));
    request.follow_redirects = false;
    EXPECT_EQ(exchange(*client, request).value().head.status, 302);
    request.follow_redirects = true;
    request.method = Method::post;
    const auto response = exchange(*client, request).value();
    EXPECT_EQ(response.head.status, 302);
    EXPECT_EQ(response.body, "elsewhere");
}

TEST(Redirect, A307SendsTheBodyAgain) {
    std::atomic<bool> right = false;
    ScriptedServer other([&](Peer& peer) {
        right = peer.read_body(peer.read_head()) == pattern(100'000);
        peer.answer("200 OK", "got it");
    });
    ScriptedServer server(redirecting("307 Temporary Redirect", other.url("/b")));
    auto client = client_with();
    Request request = get(server.url("/a"));
    request.method = Method::post;
    const auto source = std::make_shared<TextSource>(pattern(100'000));
    request.source = source;
    EXPECT_EQ(exchange(*client, request).value().body, "got it");
    EXPECT_TRUE(right);
    EXPECT_EQ(source->rewinds, 1);
    request.source = std::make_shared<TextSource>("x", true, /*can_rewind=*/false);
    EXPECT_EQ(exchange(*client, request).error().code, Errc::redirect_refused);
}

// Answers once, then closes as soon as the next request has come: what a keep-alive timeout looks like at the
// worst moment.
ScriptedServer::Script closing_after_one() {
    return [](Peer& peer) {
        peer.read_request();
        peer.answer("200 OK", "first");
        peer.read_head();
        if (peer.number() == 0) peer.reset();
    };
}

Awaitable<Result<Response>> two(Client& client, Request first, Request second) {
    auto response = co_await client.exchange(std::move(first), quick());
    if (!response) co_return response;
    co_return co_await client.exchange(std::move(second), quick());
}

TEST(Stale, ARequestIsRepeatedOnceOnANewConnection) {
    for (const Method method : {Method::get, Method::post}) {
        ScriptedServer server(closing_after_one());
        auto client = client_with();
        Request second = get(server.url());
        second.method = method;
        second.body = method == Method::post ? "x" : "";
        const auto response = run_coroutine([&] { return two(*client, get(server.url()), second); });
        ASSERT_TRUE(response) << describe(response.error());
        EXPECT_EQ(server.connections(), 2u);
    }
}

TEST(Stale, AStreamedBodyIsRewound) {
    ScriptedServer server(closing_after_one());
    auto client = client_with();
    Request second = get(server.url());
    second.method = Method::put;
    const auto source = std::make_shared<TextSource>(pattern(2'000'000));
    second.source = source;
    EXPECT_TRUE(run_coroutine([&] { return two(*client, get(server.url()), second); }));
    EXPECT_EQ(source->rewinds, 1);
    second.source = std::make_shared<TextSource>(pattern(2'000'000), true, /*can_rewind=*/false);
    ScriptedServer again(closing_after_one());
    second.url = Url::parse(again.url()).value();
    const Failure failure = run_coroutine([&] { return two(*client, get(again.url()), second); }).error();
    EXPECT_TRUE(failure.code == Errc::connection_reset || failure.code == Errc::connection_closed);
}

TEST(Stale, NotWhenAnAnswerHadBegun) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.answer("200 OK", "first");
        peer.read_request();
        peer.send("HTTP/1.1 2");
    });
    auto client = client_with();
    EXPECT_EQ(run_coroutine([&] { return two(*client, get(server.url()), get(server.url())); }).error().code,
              Errc::connection_closed);
    EXPECT_EQ(server.connections(), 1u);
}

TEST(Stale, NotOnANewConnection) {
    ScriptedServer server([](Peer& peer) { peer.read_request(); });
    auto client = client_with();
    EXPECT_EQ(exchange(*client, get(server.url())).error().code, Errc::connection_closed);
    EXPECT_EQ(server.connections(), 1u);
}

TEST(Stale, AConnectionClosedMeanwhileIsNotUsed) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.answer("200 OK", "x");
    });
    auto client = client_with();
    auto work = [&]() -> Awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            Request request = get(server.url());
            const auto response = co_await client->exchange(std::move(request), quick());
            EXPECT_TRUE(response);
            co_await async::sleep_for(20ms);
        }
    };
    run_coroutine(work);
    EXPECT_EQ(server.heads().size(), 3u);
    EXPECT_EQ(server.connections(), 3u);
}

TEST(Stale, AnOldOneIsNotUsed) {
    ScriptedServer server(saying("x"));
    ClientSettings settings;
    settings.idle_time = 30ms;
    auto client = client_with(settings);
    auto work = [&]() -> Awaitable<void> {
        for (int i = 0; i < 2; ++i) {
            Request request = get(server.url());
            const auto response = co_await client->exchange(std::move(request), quick());
            EXPECT_TRUE(response);
            co_await async::sleep_for(60ms);
        }
    };
    run_coroutine(work);
    EXPECT_EQ(server.connections(), 2u);
}

}  // namespace
}  // namespace autobackup::http::test::redirect_test
