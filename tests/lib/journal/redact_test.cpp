// SPDX-License-Identifier: MIT
#include "lib/journal/redact.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "lib/journal/line.hpp"

namespace autobackup::journal::redact_test {
namespace {

void know(std::string value) {
    std::vector<Secret> secrets;
    secrets.emplace_back(std::move(value));
    redact(std::move(secrets));
}

TEST(Redact, ReplacesEveryOccurrence) {
    know("ghp_secret-value");
    EXPECT_EQ(redacted("a ghp_secret-value b ghp_secret-value"), "a *** b ***");
    EXPECT_EQ(redacted("xghp_secret-valuex"), "x***x");
    EXPECT_EQ(redacted("nothing here"), "nothing here");
}

TEST(Redact, FindsThePercentEncodedForm) {
    know("pass/word+1");
    EXPECT_EQ(redacted("https://bot:pass%2Fword%2B1@host"), "https://bot:***@host");
}

TEST(Redact, ReplacesTheLongerValueFirst) {
    know("inner-token");
    know("outer-inner-token-outer");
    EXPECT_EQ(redacted("<outer-inner-token-outer>"), "<***>");
}

TEST(Redact, LeavesWordsThatHoldAShortValueAlone) {
    know("qzx");
    EXPECT_EQ(redacted("aqzxb qzx password=qzx, qzx_1"), "aqzxb *** password=***, qzx_1");
}

TEST(Redact, IgnoresAnEmptyValue) {
    know("");
    EXPECT_EQ(redacted("text"), "text");
}

TEST(Redact, MayBeCalledFromManyThreads) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([i] {
            for (int k = 0; k < 50; ++k) know("thread-secret-" + std::to_string(i) + "-" + std::to_string(k));
            EXPECT_EQ(redacted("thread-secret-" + std::to_string(i) + "-49"), "***");
        });
    }
    for (std::thread& thread : threads) thread.join();
}

TEST(UserInfo, IsTakenOutOfUrls) {
    EXPECT_EQ(without_user_info("https://bot:pw@host/x.git"), "https://host/x.git");
    EXPECT_EQ(without_user_info("https://token@host"), "https://host");
    EXPECT_EQ(without_user_info("fatal: 'https://a:b@h/p' and http://c@d:80/e@f."),
              "fatal: 'https://h/p' and http://d:80/e@f.");
    EXPECT_EQ(without_user_info("https://a@b@host/"), "https://host/");
    EXPECT_EQ(without_user_info("ssh://git@host/p"), "ssh://host/p");
    EXPECT_EQ(without_user_info("http:/bot:pw@host/x"), "http:/host/x");
    EXPECT_EQ(without_user_info("no: https://bot:p/w@host/x, really"), "no: https://host/x, really");
}

TEST(UserInfo, OtherTextStays) {
    for (const char* text : {"", "bot@example.org", "git@host:path", "https://host/a@b", "https://host?q=a@b",
                             "https://host#a@b", "https://host:80/a@b", "git@host:/a@b", "http://[::1]:80/a@b", "see https:// and a@b", "://"}) {
        EXPECT_EQ(without_user_info(text), text);
    }
}

TEST(SafeLine, IsOneLineWithoutSecrets) {
    know("line-secret-1");
    EXPECT_EQ(safe_line("a\nb line-secret-1 https://u:p@h/\x1b[2J\n"), "a\\nb *** https://h/\\u001b[2J");
    EXPECT_EQ(safe_line("bad \xff byte\r\n"), "bad \\xff byte");
}

}  // namespace
}  // namespace autobackup::journal::redact_test
