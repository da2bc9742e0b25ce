// SPDX-License-Identifier: MIT
#include "lib/lfs/authenticate.hpp"

#include <gtest/gtest.h>

namespace autobackup::lfs::authenticate_test {
namespace {

constexpr const char* url = "ssh://git.example.org/a.git";

Failure refused(int exit_code, std::string words, std::string output = std::string()) {
    AuthenticateAnswer answer;
    answer.exit_code = exit_code;
    answer.words = std::move(words);
    answer.output = std::move(output);
    const Result<Access> access = access_of(answer, url, Instant());
    EXPECT_FALSE(access) << answer.words;
    return access ? Failure() : access.error();
}

TEST(Authenticate, AnAnswerIsTheWayIn) {
    AuthenticateAnswer answer;
    answer.output = R"({"href": "https://lfs.example.org/a", "header": {"Authorization": "RemoteAuth x", "X-Y": "z"}, "expires_in": 60})";
    answer.words = "a banner of the server";
    const Instant begin = parse_rfc3339("2026-11-21T01:00:00Z").value();
    const Result<Access> access = access_of(answer, url, begin);
    ASSERT_TRUE(access) << describe(access.error());
    EXPECT_EQ(access->href.text(), "https://lfs.example.org/a");
    EXPECT_EQ(access->authorization.reveal(), "RemoteAuth x");
    EXPECT_EQ(access->headers.value_or("X-Y", ""), "z");
    EXPECT_EQ(access->expires, begin + std::chrono::seconds(60));
}

TEST(Authenticate, AServerWithoutTheProgramIsToldWithTheWayOut) {
    const std::string words[] = {"sh: 1: git-lfs-authenticate: not found", "bash: line 1: git-lfs-authenticate: command not found",
                                 "fatal: unrecognized command 'git-lfs-authenticate 'a.git' upload'", "Gitea: LFS Server is not configured",
                                 "Unknown git command"};
    for (const std::string& one : words) {
        const Failure failure = refused(one.starts_with("sh:") ? 127 : 128, one);
        EXPECT_EQ(failure.code, Errc::unsupported) << one;
        EXPECT_EQ(failure.peer, one);
        EXPECT_FALSE(failure.transient);
        EXPECT_NE(failure.hint.find("large_file_limit"), std::string::npos);
        EXPECT_EQ(failure.object, url);
    }
}

TEST(Authenticate, ARefusalKeepsTheServersWords) {
    EXPECT_EQ(refused(1, "ERROR: Permission to acme/a.git denied to bot.").code, Errc::forbidden);
    EXPECT_EQ(refused(1, "This repository is read-only.").code, Errc::forbidden);
    const Failure missing = refused(1, "ERROR: The project you were looking for could not be found");
    EXPECT_EQ(missing.code, Errc::not_found);
    EXPECT_EQ(missing.peer, "ERROR: The project you were looking for could not be found");
    const Failure trouble = refused(1, "Internal API unreachable");
    EXPECT_EQ(trouble.code, Errc::server_error);
    EXPECT_TRUE(trouble.transient);
}

TEST(Authenticate, WhatIsNoAnswerIsNotRepeated) {
    const Failure failure = refused(0, "", R"({"header": {"Authorization": "RemoteAuth secret"}})");
    EXPECT_EQ(failure.code, Errc::bad_response);
    EXPECT_EQ(describe(failure).find("secret"), std::string::npos);
    EXPECT_EQ(refused(0, "", "Welcome!\n{}").code, Errc::bad_response);
}

}  // namespace
}  // namespace autobackup::lfs::authenticate_test
