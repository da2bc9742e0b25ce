// SPDX-License-Identifier: MIT
// The client against tests/lfsserver, with its faults.
#include "tests/lib/lfs/remote_fixture.hpp"

namespace autobackup::lfs::remote_test {
namespace {

TEST_F(RemoteTest, OnlyWhatTheServerLacksIsSent) {
    std::vector<Pointer> objects = some(3, 300'000);
    const Result<Moved> first = upload({objects[0], objects[0]});
    ASSERT_TRUE(first) << describe(first.error());
    EXPECT_EQ(first->objects, 1U);
    EXPECT_EQ(first->bytes, 300'000U);
    const Result<Moved> second = upload(objects);
    ASSERT_TRUE(second) << describe(second.error());
    EXPECT_EQ(second->objects, 2U);
    EXPECT_EQ(count("PUT", "/store/"), 3U);
    for (const Pointer& object : objects) EXPECT_TRUE(there(object));
    server_->order("clear");
    EXPECT_EQ(upload(objects)->objects, 0U);
    EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(RemoteTest, AHundredObjectsAreAskedForAtOnceAndFourMoved) {
    const std::vector<Pointer> objects = some(250);
    server_->fault(R"({"where": "put", "delay": 0.02, "count": 40})");
    const Result<Moved> moved = upload(objects);
    ASSERT_TRUE(moved) << describe(moved.error());
    EXPECT_EQ(moved->objects, 250U);
    EXPECT_EQ(count("POST", "batch"), 6U);  // three to send, three to prove
    EXPECT_EQ(server_->order("log").at("most_at_once").as_int64(), 4);
}

TEST_F(RemoteTest, AServerThatTakesFewerIsAskedForFewer) {
    server_->set(R"({"largest_batch": 7})");
    const Result<Moved> moved = upload(some(40));
    ASSERT_TRUE(moved) << describe(moved.error());
    EXPECT_EQ(moved->objects, 40U);
}

TEST_F(RemoteTest, AnotherHostSeesNoCredentials) {
    server_->set(R"({"elsewhere": true})");
    const std::vector<Pointer> objects = some(2);
    const Result<Moved> moved = upload(objects);
    ASSERT_TRUE(moved) << describe(moved.error());
    ASSERT_TRUE(move(Operation::download, objects, other_));
    std::size_t elsewhere = 0;
    for (const auto& request : server_->requests()) {
        if (!request.at("elsewhere").as_bool()) continue;
        ++elsewhere;
        EXPECT_FALSE(request.at("headers").as_object().contains("authorization"));
    }
    EXPECT_EQ(elsewhere, 4U);
}

TEST_F(RemoteTest, VerifyIsAskedForWhereTheServerWantsIt) {
    server_->set(R"({"verify": true})");
    ASSERT_TRUE(upload(some(2)));
    EXPECT_EQ(count("POST", "/verify"), 2U);
    server_->fault(R"({"where": "verify", "status": 404, "message": "not stored"})");
    const Failure failure = refused({put("another")});
    EXPECT_EQ(failure.code, Errc::not_found);
    EXPECT_EQ(failure.operation, "verify");
    EXPECT_EQ(failure.peer, "not stored");
}

TEST_F(RemoteTest, ARenamedRepositoryIsFollowed) {
    server_->fault(R"({"where": "batch", "moved": ")" + server_->url("new-" + repository_) + R"(/info/lfs/objects/batch"})");
    server_->fault(R"({"where": "batch", "skip": 1, "moved": ")" + server_->url("new-" + repository_) + R"(/info/lfs/objects/batch"})");
    const Pointer object = put("x");
    const Result<Moved> moved = upload({object});
    ASSERT_TRUE(moved) << describe(moved.error());
    EXPECT_TRUE(fs::exists(server_->object("new-" + repository_, object.oid)));
}

TEST_F(RemoteTest, DownloadsAreProved) {
    const std::vector<Pointer> objects = some(5, 2'000'000);
    ASSERT_TRUE(upload(objects));
    server_->fault(R"({"where": "get", "flip": true})");
    server_->fault(R"({"where": "get", "cut": 1000})");
    const Result<Moved> moved = move(Operation::download, objects, other_);
    ASSERT_TRUE(moved) << describe(moved.error());
    EXPECT_EQ(moved->objects, 5U);
    for (const Pointer& object : objects) {
        EXPECT_TRUE(other_.stream(object, [](std::span<const std::byte>) -> Result<void> { return {}; }));
    }
    server_->order("clear");
    EXPECT_EQ(move(Operation::download, objects, other_)->objects, 0U);
    EXPECT_TRUE(server_->requests().empty());
    server_->fault(R"({"where": "get", "flip": true, "count": 9})");
    const Store third(directory_.path() / "third/lfs/objects");
    EXPECT_EQ(move(Operation::download, {objects[0]}, third).error().code, Errc::content_mismatch);
    EXPECT_FALSE(third.has(objects[0]));
    EXPECT_EQ(move(Operation::download, {put("never sent")}, third).error().code, Errc::not_found);
}

TEST_F(RemoteTest, AnSshServerTellsWhereItIs) {
    std::vector<Operation> asked;
    settings_.password = Secret();
    settings_.url = "git@127.0.0.1:" + repository_;
    settings_.authenticate = [&](Operation operation) -> Awaitable<Result<Access>> {
        asked.push_back(operation);
        const std::string told = R"({"href": ")" + server_->url(repository_) +
                                 R"(/info/lfs", "header": {"Authorization": "Basic Ym90OmJvdC1wYXNzd29yZA=="}, "expires_in": 600})";
        co_return parse_access(told, now());
    };
    const std::vector<Pointer> objects = some(150);
    const Result<Moved> moved = upload(objects);
    ASSERT_TRUE(moved) << describe(moved.error());
    EXPECT_TRUE(there(objects[149]));
    EXPECT_EQ(asked, (std::vector{Operation::upload, Operation::download}));
}

TEST_F(RemoteTest, APathTakesTheObjectsItself) {
    settings_.url = (directory_.path() / "target.git").string();
    ASSERT_TRUE(make_directories(directory_.path() / "target.git/objects"));
    const std::vector<Pointer> objects = some(2);
    const Result<Moved> moved = upload(objects);
    ASSERT_TRUE(moved) << describe(moved.error());
    EXPECT_EQ(moved->objects, 2U);
    const Store theirs(directory_.path() / "target.git/lfs/objects");
    for (const Pointer& object : objects) EXPECT_TRUE(theirs.has(object));
    EXPECT_EQ(upload(objects)->objects, 0U);
    EXPECT_TRUE(move(Operation::download, objects, other_));
    EXPECT_TRUE(other_.has(objects[1]));
}

TEST_F(RemoteTest, CancellationEndsATransfer) {
    server_->fault(R"({"where": "put", "delay": 3})");
    const std::vector<Pointer> objects{put("x")};
    EXPECT_THROW(move(Operation::upload, objects, local_, Milliseconds(200)), boost::system::system_error);
}

TEST_F(RemoteTest, GatherFetchesTheOthersWhenOneIsMissing) {
    const std::vector<Pointer> objects = some(5);
    ASSERT_TRUE(upload(objects));
    fs::remove(server_->object(repository_, objects[2].oid));
    const test::TempDir directory;
    const Store fresh(directory.path() / "objects");
    auto work = [&]() -> Awaitable<Result<Gathered>> {
        async::Workers workers(2);
        const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
        async::Turnstile gate(1);
        settings_.gate = &gate;
        const std::unique_ptr<Remote> remote = make_remote(*client, workers, fresh, settings_).value();
        Result<Gathered> gathered = co_await remote->gather(objects);
        client->close_idle();
        co_return gathered;
    };
    const Result<Gathered> gathered = test::run_coroutine(work, Milliseconds(30'000));
    ASSERT_TRUE(gathered) << describe(gathered.error());
    EXPECT_EQ(gathered->moved.objects, 4U);
    ASSERT_EQ(gathered->refused.size(), 1U);
    EXPECT_EQ(gathered->refused[0].first, objects[2]);
    EXPECT_EQ(gathered->refused[0].second.code, Errc::not_found);
    for (std::size_t i = 0; i < objects.size(); ++i) EXPECT_EQ(fresh.has(objects[i]), i != 2) << i;
}

TEST_F(RemoteTest, GatherFailsWhenNobodyAnswers) {
    settings_.url = "http://127.0.0.1:1/a.git";
    settings_.attempts = 1;
    auto work = [&]() -> Awaitable<Result<Gathered>> {
        async::Workers workers(2);
        const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
        const std::unique_ptr<Remote> remote = make_remote(*client, workers, local_, settings_).value();
        const std::vector<Pointer> nobodys(1, Pointer{std::string(64, 'c'), 5});
        co_return co_await remote->gather(nobodys);
    };
    const Result<Gathered> gathered = test::run_coroutine(work, Milliseconds(30'000));
    ASSERT_FALSE(gathered);
    EXPECT_EQ(gathered.error().code, Errc::connection_refused);
}

}  // namespace
}  // namespace autobackup::lfs::remote_test
