// SPDX-License-Identifier: MIT
// A pack that is sent while the vault writes it: never further than what the vault can be sure of.
#include "daemon/vault/live_pack.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "daemon/vault/target.hpp"
#include "daemon/vault/version.hpp"
#include "lib/async/run.hpp"
#include "tests/support/command.hpp"
#include "tests/support/git_server.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::vault::live_pack_test {
namespace {

const git::Oid commit = git::hash_object(git::ObjectType::blob, "commit");

class LivePackTest : public testing::Test {
protected:
    void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
    std::shared_ptr<LivePack> make(std::uint64_t least = 0) {
        return std::make_shared<LivePack>(context_.get_executor(), workers_, least);
    }
    void begin(LivePack& live) {
        live.announce(commit, std::nullopt);
        live.begin(open_file(path_, O_RDONLY).value(), 1000);
    }
    template <class Work>
    auto run(Work work) {
        return test::run_coroutine(context_, std::move(work));
    }
    // All that comes before the end or a failure; `on_pause` is called once, when nothing has come for a while
    // behind the first `until` bytes.
    Result<std::string> read_all(const std::shared_ptr<LivePack>& live, std::size_t until, std::function<void()> on_pause) {
        return run([this, live, until, on_pause = std::move(on_pause)]() -> Awaitable<Result<std::string>> {
            Result<std::string> all = std::string();
            std::vector<Awaitable<void>> both;
            both.push_back(collect(live, all));
            both.push_back(later(until, on_pause, all));
            co_await async::all_of(std::move(both));
            co_return all;
        });
    }

    asio::io_context context_;
    async::Workers workers_{2};
    test::TempDir directory_;
    fs::path path_ = directory_.path() / "pack";
    std::string at_pause_;

private:
    static Awaitable<void> collect(std::shared_ptr<LivePack> live, Result<std::string>& all) {
        std::vector<std::byte> buffer(64);
        for (;;) {
            const Result<std::size_t> got = co_await live->read(buffer);
            if (!got) {
                all = got.error();
                co_return;
            }
            if (*got == 0) co_return;
            all->append(reinterpret_cast<const char*>(buffer.data()), *got);
        }
    }
    Awaitable<void> later(std::size_t until, std::function<void()> on_pause, Result<std::string>& all) {
        for (int i = 0; i < 1000 && all && all->size() < until; ++i) co_await async::sleep_for(Milliseconds(10));
        co_await async::sleep_for(Milliseconds(50));
        at_pause_ = *all;
        on_pause();
    }
};

TEST_F(LivePackTest, TheTrailerWaitsForTheCommit) {
    const std::string content(300, 'p');
    const std::string trailer(20, 't');
    write(content + trailer);
    const auto live = make();
    begin(*live);
    live->written(100);
    live->complete(320);
    const auto all = read_all(live, 300, [&] { live->release(); });
    ASSERT_TRUE(all) << describe(all.error());
    EXPECT_EQ(at_pause_, content);
    EXPECT_EQ(*all, content + trailer);
    EXPECT_EQ(live->sent(), 320U);
    EXPECT_FALSE(live->rewind());
}

TEST_F(LivePackTest, WhatIsWrittenLaterFollows) {
    write(std::string(320, 'p'));
    const auto live = make();
    begin(*live);
    live->written(100);
    const auto all = read_all(live, 100, [&] {
        live->written(200);
        live->complete(320);
        live->release();
    });
    EXPECT_EQ(at_pause_.size(), 100U);
    EXPECT_EQ(all.value().size(), 320U);
}

TEST_F(LivePackTest, WithoutACommitItBreaksOff) {
    write(std::string(320, 'p'));
    const auto live = make();
    begin(*live);
    live->complete(320);
    const auto all = read_all(live, 300, [&] { live->give_up(); });
    EXPECT_EQ(at_pause_.size(), 300U);
    ASSERT_FALSE(all);
}

TEST_F(LivePackTest, SaysWhetherThereIsAnythingToSend) {
    const auto ask = [this](const std::shared_ptr<LivePack>& live) { return run([live] { return live->begun(); }); };
    write("");
    const auto nothing = make();
    nothing->give_up();
    EXPECT_FALSE(ask(nothing));
    const auto little = make(1001);
    begin(*little);
    EXPECT_FALSE(ask(little));
    const auto enough = make(1000);
    begin(*enough);
    ASSERT_TRUE(ask(enough));
    EXPECT_EQ(ask(enough)->commit, commit);
    enough->release();
    enough->give_up();
    EXPECT_TRUE(ask(enough)) << "what was released stays so";
    const auto here_already = make();
    here_already->announce(commit, std::nullopt);
    here_already->release();
    EXPECT_FALSE(ask(here_already)) << "a commit whose objects the vault had: no pack was written";
}

TEST_F(LivePackTest, AStopEndsTheWait) {
    const auto live = make();
    const auto wait = [live]() -> Awaitable<bool> { co_return (co_await live->begun()).has_value(); };
    EXPECT_THROW(test::run_coroutine(context_, wait, Milliseconds(5'000), Milliseconds(20)), boost::system::system_error);
}

// Against a real server.
class LivePushTest : public testing::Test {
protected:
    static void SetUpTestSuite() { git::initialise_library(); }

    static Version version() {
        Version one;
        one.manifest.item = ItemId{ItemId::Kind::project, 12};
        one.time = *parse_rfc3339("2026-11-21T01:30:00Z");
        one.author = git::Signature{"autobackupd", "autobackupd@localhost", 1'795'224'600};
        const std::string content(3'000'000, 'x');
        VersionMember member;
        member.entry.name = "data/a.jpg";
        member.entry.size = content.size();
        member.oid = git::hash_object(git::ObjectType::blob, content);
        member.produce = [content](const git::TakeBytes& take) { return take(std::as_bytes(std::span(content.data(), content.size()))); };
        one.members.push_back(std::move(member));
        return one;
    }
    std::unique_ptr<Target> target(const std::string& where) {
        TargetSettings settings;
        settings.url = server_.url(where);
        settings.branch = "main";
        settings.spool = directory_.path() / "spool";
        settings.attempts = 1;
        remote::Settings remote_settings;
        remote_settings.url = settings.url;
        remote_settings.object = settings.url;
        auto made = remote::make_remote(*http_, workers_, std::move(remote_settings));
        return std::make_unique<Target>(vault_, std::move(made.value()), std::move(settings));
    }
    // Commits and pushes at once; `commits`: whether the commit succeeds.
    Result<PushOutcome> push_along(Target& to, bool commits) {
        return test::run_coroutine(context_, [&]() -> Awaitable<Result<PushOutcome>> {
            const Result<void> prepared = co_await to.prepare();
            if (!prepared) co_return prepared.error();
            const async::Turnstile::Pass pass = co_await vault_.hold();
            auto live = std::make_shared<LivePack>(context_.get_executor(), workers_, std::uint64_t{1} << 20);
            Result<PushOutcome> outcome = fail(Errc::internal, "push", "test", "not tried");
            std::vector<Awaitable<void>> both;
            both.push_back(make(live, commits));
            both.push_back(send(to, live, outcome));
            co_await async::all_of(std::move(both));
            http_->close_idle();
            co_return outcome;
        });
    }
    std::string tip_on_server() {
        const auto out = test::run_command("git --git-dir='" + (server_.repositories() / "a.git").string() + "' rev-parse --verify -q main");
        return out.output.substr(0, 40);
    }

    asio::io_context context_;
    async::Workers workers_{3};
    test::TempDir directory_;
    test::GitServer server_{directory_.path(), {"--create", "a.git"}};
    std::unique_ptr<http::Client> http_ = http::make_client(http::ClientSettings()).value();
    Vault vault_{workers_, directory_.path() / "v.git", "main"};

private:
    Awaitable<void> make(std::shared_ptr<LivePack> live, bool commits) {
        auto work = [live](git::Repository& repository) {
            Version one = version();
            return commit_version(repository, "main", one, live.get());
        };
        const Result<Committed> made = co_await vault_.held(std::move(work));
        EXPECT_TRUE(made) << describe(made.error());
        made && commits ? live->release() : live->give_up();
    }
    static Awaitable<void> send(Target& to, std::shared_ptr<LivePack> live, Result<PushOutcome>& outcome) {
        const std::optional<LivePack::Begun> begun = co_await live->begun();
        if (begun && to.takes_live(begun->parent)) outcome = co_await to.push_live(live, begun->commit);
    }
};

TEST_F(LivePushTest, TheBranchStandsAtTheCommit) {
    const auto to = target("noauth/a.git");
    const Result<PushOutcome> outcome = push_along(*to, true);
    ASSERT_TRUE(outcome) << describe(outcome.error());
    EXPECT_TRUE(outcome->sent);
    EXPECT_GT(outcome->bytes, 3'000'000U);
    EXPECT_EQ(tip_on_server(), outcome->commit.hex());
    EXPECT_NE(server_.access_log().find("\"chunked\""), std::string::npos);
    EXPECT_TRUE(to->takes_live(outcome->commit)) << "the next commit may go the same way";
    EXPECT_FALSE(to->takes_live(std::nullopt));
}

TEST_F(LivePushTest, WithoutACommitTheServerTakesNothing) {
    const auto to = target("noauth/a.git");
    EXPECT_FALSE(push_along(*to, false));
    EXPECT_EQ(tip_on_server(), "");
    EXPECT_FALSE(to->takes_live(std::nullopt)) << "where the branch stands is not known any more";
}

TEST_F(LivePushTest, AServerThatWantsALengthLeavesItToTheOrdinaryWay) {
    const auto to = target("nochunk/a.git");
    const Result<PushOutcome> outcome = push_along(*to, true);
    EXPECT_FALSE(outcome);
    EXPECT_EQ(tip_on_server(), "");
}

}  // namespace
}  // namespace autobackup::vault::live_pack_test
