// SPDX-License-Identifier: MIT
// The client against tests/lfsserver, with its faults.
#include "lib/lfs/remote.hpp"

#include <gtest/gtest.h>

#include "tests/support/git_objects.hpp"
#include "tests/support/lfs_server.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::lfs {
namespace {

using test::noise;

class RemoteTest : public testing::Test {
protected:
    static void SetUpTestSuite() { server_ = std::make_unique<test::LfsServer>(); }
    static void TearDownTestSuite() { server_.reset(); }
    void SetUp() override {
        server_->order("clear");
        server_->set(R"({"elsewhere": false, "verify": false, "largest_batch": 0})");
        static int repositories = 0;
        repository_ = "r" + std::to_string(++repositories) + ".git";
        settings_.url = server_->url(repository_);
        settings_.ref = "refs/heads/main";
        settings_.username = "bot";
        settings_.password = Secret("bot-password");
        settings_.no_progress = Milliseconds(5'000);
        settings_.attempts = 3;
        settings_.retry_delay = Milliseconds(10);
        settings_.retry_max_delay = Milliseconds(1'500);
    }

    Pointer put(const std::string& content) const {
        return local_.put([&](const TakeBytes& take) { return take(std::as_bytes(std::span(content))); }).value();
    }
    std::vector<Pointer> some(std::size_t count, std::size_t size = 100) const {
        std::vector<Pointer> objects;
        for (unsigned i = 0; i < count; ++i) objects.push_back(put(noise(size, i)));
        return objects;
    }
    Result<Moved> move(Operation operation, std::vector<Pointer> objects, const Store& local, Milliseconds cancel_after = Milliseconds(0)) {
        auto work = [&]() -> Awaitable<Result<Moved>> {
            async::Workers workers(2);
            const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
            const std::unique_ptr<Remote> remote = make_remote(*client, workers, local, settings_).value();
            Result<Moved> moved = Moved();
            if (operation == Operation::upload) moved = co_await remote->upload(objects);
            if (operation == Operation::download) moved = co_await remote->download(objects);
            client->close_idle();
            co_return moved;
        };
        return test::run_coroutine(work, Milliseconds(30'000), cancel_after);
    }
    Result<Moved> upload(std::vector<Pointer> objects) { return move(Operation::upload, std::move(objects), local_); }
    bool there(const Pointer& object) const { return fs::exists(server_->object(repository_, object.oid)); }
    std::size_t count(const std::string& method, const std::string& in_path) const {
        std::size_t found = 0;
        for (const auto& request : server_->requests()) {
            const std::string path(request.at("path").get_string());
            found += request.at("method").get_string() == method && path.find(in_path) != std::string::npos ? 1 : 0;
        }
        return found;
    }
    Failure refused(std::vector<Pointer> objects) {
        const Result<Moved> moved = upload(std::move(objects));
        EXPECT_FALSE(moved);
        return moved ? Failure() : moved.error();
    }

    static inline std::unique_ptr<test::LfsServer> server_;
    test::TempDir directory_;
    Store local_{directory_.path() / "vault/lfs/objects"};
    Store other_{directory_.path() / "other/lfs/objects"};
    Settings settings_;
    std::string repository_;
};

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

struct Refusal {
    std::string name, fault;
    Errc code;
    int status;
    bool transient;
};

class Refusals : public RemoteTest, public testing::WithParamInterface<Refusal> {};

TEST_P(Refusals, AreToldInThePeersWords) {
    server_->fault(GetParam().fault);
    const Pointer object = put("content of " + GetParam().name);
    const Failure failure = refused({object});
    EXPECT_EQ(failure.code, GetParam().code) << describe(failure);
    EXPECT_EQ(failure.http_status, GetParam().status);
    EXPECT_EQ(failure.transient, GetParam().transient);
    EXPECT_EQ(failure.peer, "the quota words");
    EXPECT_EQ(failure.message.find("quota"), std::string::npos);
    EXPECT_NE(failure.object.find(settings_.url), std::string::npos);
    EXPECT_EQ(describe(failure).find("bot-password"), std::string::npos);
    EXPECT_FALSE(there(object));
}

std::string with_words(const std::string& where, int status, int times = 1) {
    return R"({"where": ")" + where + R"(", "count": )" + std::to_string(times) + R"(, "status": )" + std::to_string(status) +
           R"(, "message": "the quota words"})";
}

INSTANTIATE_TEST_SUITE_P(, Refusals,
                         testing::Values(Refusal{"batch_401", with_words("batch", 401), Errc::unauthorized, 401, false},
                                         Refusal{"batch_403", with_words("batch", 403), Errc::forbidden, 403, false},
                                         Refusal{"batch_404", with_words("batch", 404), Errc::not_found, 404, false},
                                         Refusal{"batch_422", with_words("batch", 422), Errc::bad_request, 422, false},
                                         Refusal{"batch_429", with_words("batch", 429, 9), Errc::rate_limited, 429, true},
                                         Refusal{"batch_500", with_words("batch", 500, 9), Errc::server_error, 500, true},
                                         Refusal{"batch_501", with_words("batch", 501), Errc::server_error, 501, false},
                                         Refusal{"batch_507", with_words("batch", 507), Errc::server_error, 507, false},
                                         Refusal{"object_404", with_words("object-upload", 404), Errc::not_found, 404, false},
                                         Refusal{"object_410", with_words("object-upload", 410), Errc::not_found, 410, false},
                                         Refusal{"object_422", with_words("object-upload", 422), Errc::bad_request, 422, false},
                                         Refusal{"object_507", with_words("object-upload", 507), Errc::server_error, 507, false},
                                         Refusal{"put_404", with_words("put", 404, 9), Errc::not_found, 404, true},
                                         Refusal{"put_413", with_words("put", 413), Errc::bad_request, 413, false},
                                         Refusal{"put_422", with_words("put", 422), Errc::bad_request, 422, false},
                                         Refusal{"put_507", with_words("put", 507), Errc::server_error, 507, false}),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(RemoteTest, WhatPassesIsTriedAgain) {
    for (const char* fault : {R"({"where": "put", "cut": 100000})", R"({"where": "put", "status": 503})", R"({"where": "batch", "cut": 0})",
                              R"({"where": "batch", "status": 429, "retry_after": 1})", R"({"where": "object-upload", "status": 500})",
                              R"({"where": "expired"})", R"({"where": "put", "status": 403})"}) {
        server_->fault(fault);
        const Pointer object = put(noise(3'000'000, 7) + fault);
        const Result<Moved> moved = upload({object});
        EXPECT_TRUE(moved) << fault << ": " << describe(moved.error());
        EXPECT_TRUE(there(object)) << fault;
    }
}

TEST_F(RemoteTest, AnActionThatHasAlwaysExpiredIsAskedForABoundedNumberOfTimes) {
    server_->fault(R"({"where": "expired", "count": 100})");
    EXPECT_EQ(refused({put("x")}).code, Errc::timeout);
    EXPECT_EQ(count("PUT", ""), 0U);
    EXPECT_LE(count("POST", "batch"), 4U);
}

TEST_F(RemoteTest, AWrongPasswordIsShownOnce) {
    settings_.password = Secret("wrong");
    EXPECT_EQ(refused({put("x")}).code, Errc::unauthorized);
    EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(RemoteTest, AServerThatForgetsIsFoundOut) {
    server_->fault(R"({"where": "put", "forget": true})");
    const Failure failure = refused({put("x")});
    EXPECT_EQ(failure.code, Errc::push_unverified);
    EXPECT_EQ(failure.peer, "Object does not exist");
}

TEST_F(RemoteTest, ADamagedOrMissingObjectIsNotSent) {
    const Pointer damaged = put("the content");
    ASSERT_TRUE(write_file_durably(local_.path_of(damaged), "the c0ntent"));
    EXPECT_EQ(refused({damaged}).code, Errc::content_mismatch);
    EXPECT_FALSE(there(damaged));
    EXPECT_EQ(refused({Pointer{std::string(64, 'a'), 3}}).code, Errc::not_found);
}

TEST_F(RemoteTest, APageInPlaceOfAnAnswerIsNotBelieved) {
    server_->fault(R"({"where": "batch", "html": true})");
    EXPECT_EQ(refused({put("x")}).code, Errc::bad_response);
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
}  // namespace autobackup::lfs
