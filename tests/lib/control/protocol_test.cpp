// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "lib/control/protocol.hpp"

namespace autobackup::control::protocol_test {
namespace {

TEST(Protocol, ARequestIsRead) {
    const Result<Request> request = parse_request(R"({"v":1,"verb":"skip-next","args":{"job":"a"},"later":[]})");
    ASSERT_TRUE(request) << describe(request.error());
    EXPECT_EQ(request->verb, "skip-next");
    EXPECT_EQ(request->args.at("job"), "a");
    EXPECT_TRUE(parse_request(R"({"v":1,"verb":"list"})")->args.empty());
}

TEST(Protocol, WhatIsWrittenCanBeRead) {
    std::string line = request_line("run", {{"job", "a\nb"}, {"wait", true}});
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    line.pop_back();
    const Result<Request> request = parse_request(line);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->args.at("job"), "a\nb");
}

struct Mistake {
    const char* line;
    const char* words;
};

class BadRequest : public testing::TestWithParam<Mistake> {};

TEST_P(BadRequest, IsRefusedWithItsReason) {
    const Result<Request> request = parse_request(GetParam().line);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().code, Errc::bad_request);
    EXPECT_NE(request.error().message.find(GetParam().words), std::string::npos) << request.error().message;
}

INSTANTIATE_TEST_SUITE_P(Table, BadRequest,
                         testing::Values(Mistake{"", "not JSON"}, Mistake{"GET / HTTP/1.1\r", "not JSON"}, Mistake{"{\"v\":1", "not JSON"},
                                         Mistake{"{\"v\":1,\"verb\":\"a\"} x", "not JSON"}, Mistake{"[1]", "not a JSON object"},
                                         Mistake{"{\"v\":1,\"verb\":\"\xff\"}", "not JSON"}, Mistake{"{}", "no \"v\""},
                                         Mistake{"{\"v\":1}", "\"verb\""}, Mistake{"{\"v\":1,\"verb\":7}", "\"verb\""},
                                         Mistake{"{\"v\":1,\"verb\":\"Run\"}", "\"verb\""}, Mistake{"{\"v\":1,\"verb\":\"a b\"}", "\"verb\""},
                                         Mistake{"{\"v\":1,\"verb\":\"a\",\"args\":[]}", "\"args\""}));

TEST(Protocol, AnotherVersionIsRefusedByName) {
    for (const char* line : {R"({"v":2,"verb":"list"})", R"({"v":"1","verb":"list"})", R"({"v":1.0,"verb":"list"})"}) {
        const Result<Request> request = parse_request(line);
        ASSERT_FALSE(request) << line;
        EXPECT_EQ(request.error().code, Errc::unsupported) << line;
        EXPECT_NE(request.error().message.find("version 1"), std::string::npos);
    }
}

TEST(Protocol, DeepNestingIsRefusedBeforeItCosts) {
    const auto nested = [](std::size_t depth) {
        return R"({"v":1,"verb":"a","args":{"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}}";
    };
    EXPECT_TRUE(parse_request(nested(10)));
    EXPECT_FALSE(parse_request(nested(17)));
    EXPECT_FALSE(parse_request(nested(1'000'000)));
}

TEST(Protocol, RandomBytesAndCutRequestsAreNeverTaken) {
    const std::string whole = R"({"v":1,"verb":"run","args":{"job":"traffic-signs","only":["project:12"]}})";
    for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(parse_request(whole.substr(0, cut))) << cut;
    std::mt19937 random(7);
    for (int round = 0; round < 20'000; ++round) {
        std::string changed = whole;
        for (int change = 0; change < 3; ++change) changed[random() % changed.size()] = static_cast<char>(random());
        const Result<Request> request = parse_request(changed);  // must come back, whatever it says
        if (request) {
            EXPECT_FALSE(request->verb.empty());
        }
    }
}

TEST(Protocol, AnswersHaveTheirForm) {
    EXPECT_EQ(answer_line(good(7)), "{\"v\":1,\"ok\":true,\"data\":7}\n");
    EXPECT_EQ(answer_line(refuse("busy", "not \"now\"", 4)),
              "{\"v\":1,\"ok\":false,\"error\":{\"code\":\"busy\",\"message\":\"not \\\"now\\\"\",\"exit\":4}}\n");
    EXPECT_EQ(event_line("alive", nullptr), "{\"v\":1,\"event\":\"alive\"}\n");
    EXPECT_EQ(refuse(fail(Errc::busy, "run", "job a", "it runs"), 4).code, "busy");
}

}  // namespace
}  // namespace autobackup::control::protocol_test
