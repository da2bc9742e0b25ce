// SPDX-License-Identifier: MIT
// What bad clients cost: never more than their own connection.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <random>

#include "tests/lib/control/control_fixture.hpp"

namespace autobackup::test::hostile_test {
namespace {

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// The tests hold both ends of up to 1,100 connections in one process.
void allow_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ASSERT_GE(limit.rlim_max, 4096U);
}

TEST(HostileClient, HalfALineIsToldSo) {
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    const RawClient client(server.path());
    client.send("{\"v\":1,\"verb\":\"ec");
    client.end_input();
    EXPECT_NE(client.rest().find("the request line has no end"), std::string::npos);
    const RawClient silent(server.path());
    silent.end_input();
    EXPECT_EQ(silent.rest(), "");
}

TEST(HostileClient, AByteNowAndThenIsCutAtTheLimit) {
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.request_time = 200ms;
    const RunningServer server(settings);
    const RawClient client(server.path());
    const auto began = Clock::now();
    while (client.send(" ") && Clock::now() - began < 20s) std::this_thread::sleep_for(10ms);
    EXPECT_LT(Clock::now() - began, 15s);
    EXPECT_NE(client.rest().find("did not come in time"), std::string::npos);
}

TEST(HostileClient, AnEndlessLineIsCut) {
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    const RawClient client(server.path());
    const std::string much(1 << 20, 'x');
    client.send(much);
    EXPECT_NE(client.rest().find("longer than 65536 bytes"), std::string::npos);
    // A client of ours that is refused while it writes reads the reason.
    const Result<control::Answer> answer = ask(server.path(), "echo", {{"x", much}});
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->code, "bad_request");
}

TEST(HostileClient, GarbageIsAnsweredAndForgotten) {
    const TempDir directory;
    RunningServer server(settings_in(directory));
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        const RawClient client(server.path());
        std::string garbage(random() % 2000, ' ');
        for (char& c : garbage) c = static_cast<char>(random());
        client.send(garbage + "\n" + garbage);
        const std::string answer = client.rest();
        EXPECT_NE(answer.find("\"ok\":false"), std::string::npos) << answer;
    }
    EXPECT_EQ(server.handled(), 0);
    EXPECT_EQ(server.warnings(), "");
    EXPECT_TRUE(ask(server.path(), "echo")->ok);
}

TEST(HostileClient, WhatComesAfterTheRequestIsIgnored) {
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    const RawClient client(server.path());
    client.send("{\"v\":1,\"verb\":\"echo\"}\n{\"v\":1,\"verb\":\"echo\"}\n");
    EXPECT_EQ(client.rest(), "{\"v\":1,\"ok\":true,\"data\":{}}\n");
    EXPECT_EQ(server.handled(), 1);
}

TEST(HostileClient, ClosingInTheMiddleOfAnAnswerCostsNothing) {
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    ASSERT_TRUE(ask(server.path(), "echo"));  // it has all that it keeps open
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 50; ++round) {
        RawClient client(server.path());
        client.send("{\"v\":1,\"verb\":\"count\",\"args\":{\"n\":100,\"bytes\":3000000}}\n");
        if (round % 2 == 0) std::this_thread::sleep_for(2ms);
        client.close();
    }
    EXPECT_TRUE(ask(server.path(), "echo")->ok);
    EXPECT_TRUE(soon([&] { return open_descriptors() <= before; }));
}

TEST(HostileClient, ASlowReaderIsDropped) {
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.write_time = 200ms;
    const RunningServer server(settings);
    const RawClient reads_nothing(server.path());
    reads_nothing.send("{\"v\":1,\"verb\":\"count\",\"args\":{\"n\":0,\"bytes\":20000000}}\n");
    ASSERT_TRUE(reads_nothing.hung_up(20s));
    const std::string got = reads_nothing.rest();
    EXPECT_LT(got.size(), 20'000'000U);
    EXPECT_EQ(got.find("(open)"), std::string::npos);
}

TEST(HostileClient, EventsForASlowReaderAreBounded) {
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.queued_bytes = 200'000;
    settings.write_time = 300ms;
    const RunningServer server(settings);
    const RawClient reads_nothing(server.path());
    reads_nothing.send("{\"v\":1,\"verb\":\"burst\"}\n");
    EXPECT_TRUE(soon([&] { return server.cancelled() == 1; }));
}

TEST(HostileClient, AThousandSilentOnesDoNotKeepAGoodOneOut) {
    allow_descriptors();
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    std::vector<std::unique_ptr<RawClient>> crowd;
    for (int i = 0; i < 1000; ++i) {
        crowd.push_back(std::make_unique<RawClient>(server.path()));
        if (i % 3 == 0) crowd.back()->send("{\"v\":1,");
    }
    // 1,000 in groups of 64, 250 ms each: 4 s.
    const Result<control::Answer> answer = ask(server.path(), "echo", {{"job", "a"}}, 30s);
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_TRUE(answer->ok) << answer->message;
}

TEST(HostileClient, AFloodIsServedAlongWithAGoodOne) {
    allow_descriptors();
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    ASSERT_TRUE(ask(server.path(), "echo"));  // it has all that it keeps open
    const std::size_t before = open_descriptors();
    std::atomic<bool> over = false;
    std::atomic<int> sent = 0;
    std::vector<std::thread> attackers;
    for (int i = 0; i < 4; ++i) {
        attackers.emplace_back([&, i] {
            std::vector<std::unique_ptr<RawClient>> held;
            while (!over) {
                auto client = std::make_unique<RawClient>(server.path());
                if (!client->connected()) {
                    std::this_thread::sleep_for(1ms);
                    continue;
                }
                if (i == 0) client->send("garbage\n");
                if (i == 1) client->send(std::string(1000, '['));
                if (i == 2) client->send("{\"v\":1,\"verb\":\"count\",\"args\":{\"n\":100,\"bytes\":1000000}}\n");
                if (i != 2) held.push_back(std::move(client));  // the others close at once
                if (held.size() > 250) held.clear();
                ++sent;
            }
        });
    }
    int served = 0;
    const auto began = Clock::now();
    while (Clock::now() - began < 5s || sent < 1000 || served < 3) {
        const Result<control::Answer> answer = ask(server.path(), "echo", {{"job", "a"}}, 30s);
        if (answer && answer->ok) ++served;
        if (Clock::now() - began > 60s) break;
    }
    over = true;
    for (std::thread& attacker : attackers) attacker.join();
    EXPECT_GE(served, 3);
    EXPECT_GE(sent, 1000);
    RecordProperty("served", served);
    RecordProperty("hostile", sent);
    EXPECT_TRUE(ask(server.path(), "echo", {}, 30s)->ok);
    EXPECT_TRUE(soon([&] { return open_descriptors() <= before; }));
}

}  // namespace
}  // namespace autobackup::test::hostile_test
