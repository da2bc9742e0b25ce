// SPDX-License-Identifier: MIT
// What good clients get, and who may ask.
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/control/control_fixture.hpp"
#include "tests/support/child.hpp"

namespace autobackup::test::server_test {
namespace {

TEST(ControlServer, AnswersWithTheHandlersData) {
    const TempDir directory;
    RunningServer server(settings_in(directory));
    const Result<control::Answer> answer = ask(server.path(), "echo", {{"job", "traffic-signs"}});
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_TRUE(answer->ok);
    EXPECT_EQ(answer->data.at("job"), "traffic-signs");
    const control::Peer peer = server.last_peer();
    EXPECT_EQ(peer.uid, ::geteuid());
    EXPECT_EQ(peer.pid, ::getpid());
    if (::geteuid() == 0) {
        EXPECT_EQ(peer.name, "root");
    }
}

TEST(ControlServer, ErrorsCarryCodeWordsAndExit) {
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    const Result<control::Answer> answer = ask(server.path(), "nonsense");
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->ok);
    EXPECT_EQ(answer->code, "bad_request");
    EXPECT_EQ(answer->exit, 2);
    EXPECT_NE(answer->message.find("nonsense"), std::string::npos);
}

TEST(ControlServer, EventsComeInOrderBeforeALongAnswer) {
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    Result<control::Client> client = control::Client::connect(server.path());
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->ask("count", {{"n", 1000}, {"bytes", 5'000'000}}));
    for (int i = 0; i < 1000; ++i) {
        const Result<control::Word> word = client->next();
        ASSERT_TRUE(word);
        ASSERT_EQ(word->event, "number");
        ASSERT_EQ(word->data, i);
    }
    const Result<control::Word> last = client->next();
    ASSERT_TRUE(last);
    ASSERT_TRUE(last->last);
    EXPECT_EQ(last->answer.data.as_string().size(), 5'000'000U);
    EXPECT_EQ(client->next().error().code, Errc::connection_closed);
}

TEST(ControlServer, AClientThatEndsItsInputStillGetsItsAnswer) {
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    const RawClient client(server.path());
    ASSERT_TRUE(client.send("{\"v\":1,\"verb\":\"count\",\"args\":{\"n\":1}}\n"));
    client.end_input();
    EXPECT_EQ(client.rest(), "{\"v\":1,\"event\":\"number\",\"data\":0}\n{\"v\":1,\"ok\":true,\"data\":\"\"}\n");
}

TEST(ControlServer, AHandlerThatThrowsCostsItsOwnClientOnly) {
    const TempDir directory;
    RunningServer server(settings_in(directory));
    const Result<control::Answer> answer = ask(server.path(), "throw");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, "internal");
    EXPECT_EQ(answer->exit, 1);
    EXPECT_NE(server.warnings().find("the handler tripped"), std::string::npos);
    EXPECT_TRUE(ask(server.path(), "echo")->ok);
}

TEST(ControlServer, AHandlerIsCancelledWhenItsClientGoes) {
    const TempDir directory;
    const RunningServer server(settings_in(directory));
    RawClient client(server.path());
    ASSERT_TRUE(client.send("{\"v\":1,\"verb\":\"wait\"}\n"));
    ASSERT_TRUE(soon([&] { return server.handled() == 1; }));
    EXPECT_EQ(server.cancelled(), 0);
    client.close();
    EXPECT_TRUE(soon([&] { return server.cancelled() == 1; }));
}

TEST(ControlServer, AnAnswerThatDoesNotComeIsGivenUp) {
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.answer_time = 100ms;
    const RunningServer server(settings);
    const Result<control::Answer> answer = ask(server.path(), "wait");
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->code, "timeout");
    EXPECT_TRUE(soon([&] { return server.cancelled() == 1; }));
}

TEST(ControlServer, AStreamOutlivesTheLimitAndIsKeptAlive) {
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.answer_time = 50ms;
    settings.keepalive = 40ms;
    const RunningServer server(settings);
    RawClient client(server.path());
    ASSERT_TRUE(client.send("{\"v\":1,\"verb\":\"follow\"}\n"));
    const std::string heard = client.rest(1500ms);
    EXPECT_NE(heard.find("\"event\":\"alive\""), std::string::npos) << heard;
    EXPECT_NE(heard.find("(open)"), std::string::npos) << heard;
}

TEST(ControlServer, StreamsAreCountedAndGivenBack) {
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.streams = 2;
    const RunningServer server(settings);
    for (int round = 0; round < 3; ++round) {
        const int before = server.handled();
        RawClient first(server.path());
        RawClient second(server.path());
        first.send("{\"v\":1,\"verb\":\"follow\"}\n");
        second.send("{\"v\":1,\"verb\":\"follow\"}\n");
        ASSERT_TRUE(soon([&] { return server.handled() == before + 2; }));
        const Result<control::Answer> third = ask(server.path(), "follow");
        ASSERT_TRUE(third);
        EXPECT_EQ(third->code, "busy");
        EXPECT_EQ(third->exit, 4);
        EXPECT_TRUE(ask(server.path(), "echo")->ok);
        const int cancelled = server.cancelled();
        first.close();
        second.close();
        ASSERT_TRUE(soon([&] { return server.cancelled() == cancelled + 2; }));
    }
}

TEST(ControlServer, AStopTellsItsClientsAndEnds) {
    const TempDir directory;
    RunningServer server(settings_in(directory));
    const RawClient working(server.path());
    const RawClient silent(server.path());
    ASSERT_TRUE(working.send("{\"v\":1,\"verb\":\"wait\"}\n"));
    ASSERT_TRUE(soon([&] { return server.handled() == 1; }));
    const auto began = Clock::now();
    server.stop();
    EXPECT_LT(Clock::now() - began, 15s);
    EXPECT_TRUE(server.ended());
    EXPECT_EQ(server.cancelled(), 1);
    EXPECT_NE(working.rest().find("the daemon is stopping"), std::string::npos);
    EXPECT_NE(silent.rest().find("\"exit\":5"), std::string::npos);
}

// The socket's mode alone would keep such users out: here it is opened wide, so that the second door is what is tested.
int ask_as(const std::filesystem::path& path, uid_t user, gid_t group, const std::vector<gid_t>& more) {
    Child child([&] {
        if (::setgroups(more.size(), more.data()) != 0 || ::setgid(group) != 0 || ::setuid(user) != 0) return 9;
        const Result<control::Answer> answer = ask(path, "echo");
        if (!answer) return 8;
        return answer->ok ? 0 : answer->exit;
    });
    return child.wait();
}

TEST(ControlServer, OnlyRootItsOwnUserAndTheGroupMaySteer) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can try this as other users";
    const group* const games = ::getgrnam("games");
    ASSERT_NE(games, nullptr);
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.group = "games";
    RunningServer server(settings);
    ::chmod(directory.path().c_str(), 0755);
    ::chmod(server.path().c_str(), 0666);
    EXPECT_EQ(ask_as(server.path(), 65534, 65534, {}), 1);
    EXPECT_NE(server.warnings().find("refused a control connection of nobody"), std::string::npos) << server.warnings();
    EXPECT_EQ(ask_as(server.path(), 65534, 65534, {60001, games->gr_gid}), 0);
    EXPECT_EQ(ask_as(server.path(), 65534, games->gr_gid, {}), 0);
    EXPECT_EQ(ask_as(server.path(), 65534, 65534, std::vector<gid_t>(500, 4)), 1);
    EXPECT_EQ(server.last_peer().uid, 65534U);
}

TEST(ControlServer, AGroupThatDoesNotExistLetsNobodyIn) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can try this as other users";
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.group = "no-such-group-here";
    const RunningServer server(settings);
    ::chmod(directory.path().c_str(), 0755);
    ::chmod(server.path().c_str(), 0666);
    EXPECT_EQ(ask_as(server.path(), 65534, 0, {0}), 1);
}

}  // namespace
}  // namespace autobackup::test::server_test
