// SPDX-License-Identifier: MIT
#include "lib/core/text.hpp"

#include <gtest/gtest.h>

#include "lib/core/failure.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::text_test {
namespace {

TEST(OneLine, EscapesWhatBreaksALineOrSteersATerminal) {
    EXPECT_EQ(one_line("a\nb\tc"), "a\\nb\\tc");
    EXPECT_EQ(one_line("\x1b[31mred"), "\\u001b[31mred");
    EXPECT_EQ(one_line("ünï 日本"), "ünï 日本");
    EXPECT_EQ(one_line("bad \xff byte"), "bad \\xff byte");
    EXPECT_EQ(one_line("\xe2\x80\xae right-to-left"), "\\u202e right-to-left");
    EXPECT_EQ(one_line("cut \xe6\x97"), "cut \\xe6\\x97");
}

TEST(CutUtf8, KeepsWholeCharacters) {
    EXPECT_EQ(cut_utf8("abc", 3), "abc");
    EXPECT_EQ(cut_utf8("abcd", 3), "abc…");
    EXPECT_EQ(cut_utf8("aü", 2), "a…");
}

TEST(Glob, MatchesLikeAShell) {
    EXPECT_TRUE(glob_match("*", ""));
    EXPECT_TRUE(glob_match("a*c", "abbc"));
    EXPECT_TRUE(glob_match("*-scratch", "x-scratch"));
    EXPECT_FALSE(glob_match("*-scratch", "x-scratch2"));
    EXPECT_TRUE(glob_match("v[0-9]?", "v1x"));
    EXPECT_FALSE(glob_match("v[!0-9]", "v1"));
    EXPECT_FALSE(glob_match("abc", "ab"));
    EXPECT_TRUE(glob_match("*a*b*c*", "xxaxxbxxcxx"));
}

TEST(Nearest, SuggestsANearMissOnly) {
    const std::vector<std::string> keys{"schedule", "storage", "servers"};
    EXPECT_EQ(nearest("shedule", keys), "schedule");
    EXPECT_EQ(nearest("banana", keys), std::nullopt);
}

TEST(Human, NumbersReadWell) {
    EXPECT_EQ(human_bytes(512), "512 B");
    EXPECT_EQ(human_bytes(1'101'004'800), "1.03 GiB");
    EXPECT_EQ(human_bytes(52'464), "51.2 KiB");
    EXPECT_EQ(human_duration(std::chrono::milliseconds(12'300)), "12.3 s");
    EXPECT_EQ(human_duration(std::chrono::milliseconds(250'000)), "4 min 10 s");
}

TEST(Encode, PercentAndBase64) {
    EXPECT_EQ(percent_encode("action=export&id=1~2/"), "action%3Dexport%26id%3D1~2%2F");
    EXPECT_EQ(percent_decode("a%20b%zz"), "a b%zz");
    EXPECT_EQ(base64_encode("bot:pw"), "Ym90OnB3");
    EXPECT_EQ(base64_encode("a"), "YQ==");
    EXPECT_EQ(base64_encode(""), "");
}

TEST(Instants, RoundTrip) {
    const auto time = parse_rfc3339("2026-11-21T05:11:51.123456Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(rfc3339(*time), "2026-11-21T05:11:51.123Z");
    EXPECT_EQ(compact_utc(*time), "20261121T051151Z");
    EXPECT_EQ(parse_rfc3339("2026-11-21T06:11:51.123456+01:00"), time);
    EXPECT_EQ(parse_compact_utc("20261121T051151Z"), parse_rfc3339("2026-11-21T05:11:51Z"));
    for (const char* bad : {"", "2026-13-01T00:00:00Z", "2026-11-21T05:11:51", "2026-11-21T05:11:51Zx", "-026-11-21T05:11:51Z"}) {
        EXPECT_FALSE(parse_rfc3339(bad)) << bad;
    }
}

TEST(Failures, KeepThePeersWordsApartAndShort) {
    const Failure failure = fail(Errc::connection_reset, "GET", "project 12 of lab", "the server closed", std::string(9000, 'x'));
    EXPECT_TRUE(failure.transient);
    EXPECT_EQ(failure.peer.size(), 2048U);
    EXPECT_EQ(cut_peer_words(failure.peer), failure.peer);
    EXPECT_EQ(cut_peer_words(std::string(2048, 'x')), std::string(2048, 'x'));
    EXPECT_EQ(failure.message.find('x'), std::string::npos);
    EXPECT_EQ(name(Errc::connection_reset), "connection_reset");
    EXPECT_NE(describe(failure).find("GET project 12 of lab: the server closed (the peer said: xxx"), std::string::npos);
}

TEST(Columns, AreCountedByCharacters) {
    EXPECT_EQ(columns("größe"), 5U);
    EXPECT_EQ(cut_columns("größe", 5), "größe");
    EXPECT_EQ(cut_columns("größer", 5), "größ…");
    EXPECT_EQ(cut_columns("größer", 1), "…");
    EXPECT_EQ(cut_columns("größer", 0), "");
    EXPECT_EQ(cut_columns("", 0), "");
}

}  // namespace
}  // namespace autobackup::text_test
