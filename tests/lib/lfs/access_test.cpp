// SPDX-License-Identifier: MIT
// An ssh server's way in: kept as long as it is good, asked for anew when it is not. Against tests/lfsserver.
#include <gtest/gtest.h>

#include "lib/lfs/remote.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/lfs_server.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::lfs::access_test {
namespace {

class AccessTest : public testing::Test {
protected:
    // Gives the next of `tokens_`, the last one for ever.
    Awaitable<Result<Access>> authenticate(Operation operation) {
        asked_.emplace_back(name(operation));
        if (refuse_) co_return fail(Errc::unsupported, "run git-lfs-authenticate for", "ssh://h/a.git", "no such program");
        Access access;
        access.href = http::Url::parse(server_.url("a.git/info/lfs")).value();
        access.authorization = Secret("RemoteAuth " + tokens_[std::min(asked_.size(), tokens_.size()) - 1]);
        if (lives_) access.expires = now() + *lives_;
        co_return access;
    }
    // Uploads one object after the other with one and the same Remote; gives the last result.
    Result<Moved> upload(std::size_t count) {
        Settings settings;
        settings.url = "ssh://git.example.org/a.git";
        settings.attempts = 1;
        settings.authenticate = [this](Operation operation) { return authenticate(operation); };
        auto work = [&]() -> Awaitable<Result<Moved>> {
            async::Workers workers(1);
            const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
            const std::unique_ptr<Remote> remote = make_remote(*client, workers, local_, settings).value();
            Result<Moved> moved = Moved();
            for (unsigned i = 0; i < count && moved; ++i) {
                const std::string content = test::noise(100, i);
                std::vector<Pointer> one;
                one.push_back(local_.put([&](const TakeBytes& take) { return take(std::as_bytes(std::span(content))); }).value());
                moved = co_await remote->upload(one);
            }
            client->close_idle();
            co_return moved;
        };
        return test::run_coroutine(work, Milliseconds(30'000));
    }

    test::LfsServer server_;
    test::TempDir directory_;
    Store local_{directory_.path() / "vault/lfs/objects"};
    std::vector<std::string> asked_, tokens_{"one"};
    std::optional<std::chrono::seconds> lives_;
    bool refuse_ = false;
};

TEST_F(AccessTest, IsAskedForOnceAnOperationAndShown) {
    server_.set(R"({"tokens": ["RemoteAuth one"]})");
    const Result<Moved> moved = upload(3);
    ASSERT_TRUE(moved) << describe(moved.error());
    EXPECT_EQ(asked_, (std::vector<std::string>{"upload", "download"}));
}

TEST_F(AccessTest, WithoutItTheServerRefuses) {
    const Result<Moved> moved = upload(1);
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, Errc::unauthorized);
    EXPECT_EQ(asked_.size(), 1U) << "a fresh one that is refused is not asked for again";
    EXPECT_EQ(describe(moved.error()).find("RemoteAuth"), std::string::npos);
}

TEST_F(AccessTest, IsAskedForAnewWhenItsTimeIsOver) {
    server_.set(R"({"tokens": ["RemoteAuth one"]})");
    lives_ = std::chrono::seconds(3);  // less than the margin
    ASSERT_TRUE(upload(2));
    EXPECT_EQ(asked_, (std::vector<std::string>{"upload", "download", "upload", "download"}));
}

TEST_F(AccessTest, IsAskedForAnewWhenTheServerNoLongerTakesIt) {
    // The second object's question is answered with 401 although the time is not over.
    server_.set(R"({"tokens": ["RemoteAuth one"]})");
    server_.fault(R"({"where": "batch", "status": 401, "skip": 2})");
    const Result<Moved> moved = upload(2);
    ASSERT_TRUE(moved) << describe(moved.error());
    EXPECT_EQ(asked_, (std::vector<std::string>{"upload", "download", "upload"}));
}

TEST_F(AccessTest, AServerThatGivesNoneIsToldAsItIs) {
    refuse_ = true;
    const Result<Moved> moved = upload(1);
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, Errc::unsupported);
    EXPECT_EQ(moved.error().operation, "run git-lfs-authenticate for");
    EXPECT_EQ(server_.requests().size(), 0U) << "nothing is asked at an address that was only guessed";
}

}  // namespace
}  // namespace autobackup::lfs::access_test
