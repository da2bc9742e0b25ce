// SPDX-License-Identifier: MIT
#include "daemon/ctl/when.hpp"

#include <gtest/gtest.h>

namespace autobackup::ctl::when_test {
namespace {

using namespace std::chrono_literals;

// Saturday, 21 November 2026, 12:30 in Berlin.
Clock clock_in(const char* zone = "Europe/Berlin") {
    return Clock{*parse_rfc3339("2026-11-21T11:30:00Z"), *schedule::Zone::find(zone)};
}

TEST(When, SaysHowFar) {
    const Clock clock = clock_in();
    const auto in = [&](auto apart) { return relative(clock.now + apart, clock); };
    EXPECT_EQ(in(0s), "now");
    EXPECT_EQ(in(45s), "in 45 s");
    EXPECT_EQ(in(59s), "in 59 s");
    EXPECT_EQ(in(60s), "in 1 min");
    EXPECT_EQ(in(3h - 2s), "in 3 h");
    EXPECT_EQ(in(59min + 40s), "in 1 h");
    EXPECT_EQ(in(-26h), "26 h ago");
    EXPECT_EQ(in(-48h), "2 d ago");
    EXPECT_EQ(in(-24h * 400), "400 d ago");
}

TEST(When, ShowsTheClockOfThePlace) {
    const Clock clock = clock_in();
    EXPECT_EQ(when(clock.now + 3h, clock), "in 3 h (15:30)");
    EXPECT_EQ(when(clock.now + 14h, clock), "in 14 h (Sun 02:30)");
    EXPECT_EQ(when(clock.now - 48h, clock), "2 d ago (Thu 12:30)");
    EXPECT_EQ(when(clock.now - 24h * 12, clock), "12 d ago (2026-11-09)");
    EXPECT_EQ(face(clock.now, clock_in("Asia/Tokyo")), "20:30");
    EXPECT_EQ(exact(clock.now, clock), "2026-11-21 12:30:00+01:00");
}

struct Until {
    const char* text;
    const char* expected;  // UTC
};

class ParseUntil : public testing::TestWithParam<Until> {};

TEST_P(ParseUntil, ReadsWhatPeopleWrite) {
    const Result<Instant> time = parse_until(GetParam().text, clock_in());
    ASSERT_TRUE(time) << describe(time.error());
    EXPECT_EQ(rfc3339_seconds(*time), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Forms, ParseUntil,
                         testing::Values(Until{"3h", "2026-11-21T14:30:00Z"}, Until{"1h30m", "2026-11-21T13:00:00Z"},
                                         Until{"18:30", "2026-11-21T17:30:00Z"}, Until{"12:30", "2026-11-22T11:30:00Z"},
                                         Until{"02:30", "2026-11-22T01:30:00Z"}, Until{"2026-12-01", "2026-11-30T23:00:00Z"},
                                         Until{"2026-12-01 18:30", "2026-12-01T17:30:00Z"}, Until{"2027-03-28 02:30", "2027-03-28T01:00:00Z"},
                                         Until{"2026-11-22T01:00:00+09:00", "2026-11-21T16:00:00Z"}));

TEST(ParseUntil, RefusesWhatIsOverOrMeansNothing) {
    for (const char* text : {"2026-11-20", "2026-11-21", "2026-11-21T11:30:00Z", "0s"}) {
        const Result<Instant> time = parse_until(text, clock_in());
        ASSERT_FALSE(time) << text;
        EXPECT_NE(time.error().message.find("that is over"), std::string::npos) << text;
    }
    for (const char* text :
         {"", "tomorrow", "3", "-3h", "25:00", "12:60", "1:30", "2026-02-30", "2026-12-01T18:30", "2026-12-01 25:00", "2026-1-1"}) {
        const Result<Instant> time = parse_until(text, clock_in());
        ASSERT_FALSE(time) << text;
        EXPECT_NE(time.error().message.find("allowed are"), std::string::npos) << text;
    }
}

TEST(ParseAt, ReadsWhatPeopleWrite) {
    for (const auto& [text, expected] : std::vector<std::pair<const char*, const char*>>{{"3h", "2026-11-21T08:30:00Z"},
                                                                                     {"12:00", "2026-11-21T11:00:00Z"},
                                                                                     {"18:30", "2026-11-20T17:30:00Z"},
                                                                                     {"2026-11-01", "2026-11-01T22:59:59Z"},
                                                                                     {"2026-11-01 18:30", "2026-11-01T17:30:00Z"},
                                                                                     {"2026-11-01T18:30:00Z", "2026-11-01T18:30:00Z"}}) {
        const Result<Instant> time = parse_at(text, clock_in());
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(rfc3339_seconds(*time), expected) << text;
    }
    EXPECT_NE(parse_at("yesterday", clock_in()).error().message.find("allowed are"), std::string::npos);
}

}  // namespace
}  // namespace autobackup::ctl::when_test
