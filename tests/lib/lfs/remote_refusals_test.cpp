// SPDX-License-Identifier: MIT
// What a server refuses, and what passes.
#include "tests/lib/lfs/remote_fixture.hpp"

namespace autobackup::lfs::remote_refusals_test {
namespace {

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

}  // namespace
}  // namespace autobackup::lfs::remote_refusals_test
