// SPDX-License-Identifier: MIT
#include "daemon/retention/plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

namespace autobackup::retention::plan_test {
namespace {

using std::chrono::hours;

Instant utc(const char* text) {
    return parse_rfc3339(text).value();
}

Snapshot verified(const char* text) {
    return {utc(text), true, false, ""};
}

std::vector<std::string> reasons(const std::vector<Snapshot>& snapshots, const config::Keep& keep,
                                 const char* now, std::string_view zone = "UTC") {
    std::vector<std::string> told;
    const auto decisions = plan(snapshots, keep, utc(now), zone);
    for (const Decision& decision : decisions.value())
        told.push_back((decision.keep ? "+" : "-") + decision.reason);
    return told;
}

using Reasons = std::vector<std::string>;
const char* const no = "-no rule keeps it";

TEST(Retention, LastCountsFromTheNewest) {
    config::Keep keep;
    keep.last = 2;
    const std::vector<Snapshot> snapshots = {
        verified("2026-11-20T00:00:00Z"), verified("2026-11-21T00:00:00Z"), verified("2026-11-19T00:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-22T00:00:00Z"), (Reasons{"+last", "+last", no}));
}

TEST(Retention, OfOneTimeTheLaterOneIsNewer) {
    config::Keep keep;
    keep.last = 1;
    const std::vector<Snapshot> snapshots = {verified("2026-11-20T00:00:00Z"),
                                             verified("2026-11-20T00:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-22T00:00:00Z"), (Reasons{no, "+last"}));
}

TEST(Retention, NewestOfEachPeriodThatHasOne) {
    config::Keep keep;
    keep.daily = 2;
    const std::vector<Snapshot> snapshots = {
        verified("2026-11-10T01:00:00Z"), verified("2026-11-10T23:00:00Z"), verified("2026-11-15T05:00:00Z"),
        verified("2026-11-15T04:00:00Z"), verified("2026-11-09T00:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-22T00:00:00Z"),
              (Reasons{no, "+daily 2026-11-10", "+daily 2026-11-15", no, no}));
}

TEST(Retention, WeeksAreIsoWeeks) {
    config::Keep keep;
    keep.weekly = 9;
    // 2021-01-03 is a Sunday of 2020-W53, 2021-01-04 the Monday of 2021-W01; 2026-11-22 a Sunday, 2026-11-23
    // a Monday.
    const std::vector<Snapshot> snapshots = {
        verified("2020-12-28T00:00:00Z"), verified("2021-01-03T23:59:59Z"), verified("2021-01-04T00:00:00Z"),
        verified("2026-11-22T12:00:00Z"), verified("2026-11-23T00:00:00Z"), verified("1969-12-29T00:00:00Z"),
        verified("1969-12-28T00:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-12-22T00:00:00Z"),
              (Reasons{no, "+weekly 2020-W53", "+weekly 2021-W01", "+weekly 2026-W47", "+weekly 2026-W48",
                       "+weekly 1970-W01", "+weekly 1969-W52"}));
}

TEST(Retention, MonthsAndYears) {
    config::Keep keep;
    keep.monthly = 2;
    keep.yearly = 2;
    const std::vector<Snapshot> snapshots = {
        verified("2024-02-29T00:00:00Z"), verified("2025-11-30T23:59:59Z"), verified("2025-12-01T00:00:00Z"),
        verified("2026-01-31T00:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-12-22T00:00:00Z"),
              (Reasons{no, no, "+monthly 2025-12, yearly 2025", "+monthly 2026-01, yearly 2026"}));
}

TEST(Retention, PeriodsFollowTheZone) {
    config::Keep keep;
    keep.daily = 9;
    // In Tokyo both are the 22nd; in Los Angeles both the 21st; in UTC two days.
    const std::vector<Snapshot> snapshots = {verified("2026-11-21T23:00:00Z"),
                                             verified("2026-11-22T01:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-12-22T00:00:00Z"),
              (Reasons{"+daily 2026-11-21", "+daily 2026-11-22"}));
    EXPECT_EQ(reasons(snapshots, keep, "2026-12-22T00:00:00Z", "Asia/Tokyo"),
              (Reasons{no, "+daily 2026-11-22"}));
    EXPECT_EQ(reasons(snapshots, keep, "2026-12-22T00:00:00Z", "America/Los_Angeles"),
              (Reasons{no, "+daily 2026-11-21"}));
}

TEST(Retention, ADayWithAClockChangeIsOneDay) {
    config::Keep keep;
    keep.daily = 9;
    // 2026-10-25 in Berlin has 25 hours: 02:30 comes twice.
    const std::vector<Snapshot> snapshots = {
        verified("2026-10-24T22:00:00Z"), verified("2026-10-25T00:30:00Z"), verified("2026-10-25T01:30:00Z"),
        verified("2026-10-25T22:59:59Z"), verified("2026-10-25T23:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-12-22T00:00:00Z", "Europe/Berlin"),
              (Reasons{no, no, no, "+daily 2026-10-25", "+daily 2026-10-26"}));
}

TEST(Retention, WithinIsMeasuredFromTheNewestCopy) {
    config::Keep keep;
    keep.within = hours(24 * 14);
    const std::vector<Snapshot> snapshots = {
        verified("2026-11-01T00:00:00Z"), verified("2026-11-15T00:00:00Z"), verified("2026-10-31T23:59:59Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z"), (Reasons{"+within", "+within", no}));
    EXPECT_EQ(reasons(snapshots, keep, "2036-11-15T01:00:00Z"), (Reasons{"+within", "+within", no}))
        << "backups that fail for years, or a clock that jumped ahead, take nothing away";
}

TEST(Retention, AWithinOfAgesDoesNotOverflow) {
    config::Keep keep;
    keep.within = std::chrono::milliseconds::max();
    const std::vector<Snapshot> snapshots = {verified("1970-01-01T00:00:00Z"),
                                             verified("2026-11-15T00:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z"), (Reasons{"+within", "+within"}));
}

TEST(Retention, UnverifiedCopiesAreNeitherCountedNorRemoved) {
    config::Keep keep;
    keep.last = 1;
    std::vector<Snapshot> snapshots = {verified("2026-11-01T00:00:00Z"), verified("2026-11-02T00:00:00Z"),
                                       verified("2026-11-03T00:00:00Z")};
    snapshots[2].verified = false;
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z"), (Reasons{no, "+last", "+unverified"}));
}

TEST(Retention, FutureCopiesAreNeitherCountedNorRemoved) {
    config::Keep keep;
    keep.last = 1;
    const std::vector<Snapshot> snapshots = {
        verified("2026-11-01T00:00:00Z"), verified("2026-11-02T00:00:00Z"), verified("2036-11-03T00:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z"), (Reasons{no, "+last", "+future"}));
    EXPECT_EQ(reasons(snapshots, keep, "2006-11-15T01:00:00Z"), (Reasons{"+future", "+future", "+future"}));
}

TEST(Retention, HeldCopiesStay) {
    config::Keep keep;
    keep.last = 1;
    std::vector<Snapshot> snapshots = {verified("2026-11-01T00:00:00Z"), verified("2026-11-02T00:00:00Z")};
    snapshots[0].held = true;
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z"), (Reasons{"+held", "+last"}));
    snapshots[1].held = true;
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z"), (Reasons{"+held", "+held, last"}));
}

TEST(Retention, TheFloorHoldsAgainstARuleThatKeepsNothing) {
    config::Keep keep;
    keep.within = std::chrono::milliseconds(-1);
    const std::vector<Snapshot> snapshots = {verified("2026-11-01T00:00:00Z"),
                                             verified("2026-11-02T00:00:00Z")};
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z"), (Reasons{no, "+newest verified"}));
}

TEST(Retention, WithoutRulesEverythingIsKept) {
    const std::vector<Snapshot> snapshots = {verified("2026-11-01T00:00:00Z"),
                                             verified("2026-11-02T00:00:00Z")};
    config::Keep keep;
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z").front(), "+no rules: everything is kept");
    keep.daily = -3;
    EXPECT_EQ(reasons(snapshots, keep, "2026-11-15T01:00:00Z").front(), "+no rules: everything is kept");
}

TEST(Retention, NothingIsNothing) {
    config::Keep keep;
    keep.last = 1;
    EXPECT_TRUE(plan({}, keep, utc("2026-11-15T01:00:00Z")).value().empty());
}

TEST(Retention, AnUnknownZoneIsRefused) {
    config::Keep keep;
    keep.last = 1;
    const auto planned = plan({}, keep, utc("2026-11-15T01:00:00Z"), "Mars/Olympus");
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().code, Errc::config_invalid);
    EXPECT_EQ(planned.error().object, "time zone Mars/Olympus");
}

TEST(Retention, AHundredThousandCopiesTakeLessThanASecond) {
    std::vector<Snapshot> snapshots;
    const Instant start = utc("2015-01-01T00:00:00Z");
    for (int i = 0; i < 100'000; ++i) snapshots.push_back({start + std::chrono::hours(i), true, false, ""});
    config::Keep keep;
    keep.last = 100'000;
    keep.daily = 100'000;
    keep.weekly = 100'000;
    keep.monthly = 100'000;
    keep.yearly = 100'000;
    keep.within = hours(24 * 365);
    const auto before = std::chrono::steady_clock::now();
    const auto decisions = plan(snapshots, keep, utc("2050-01-01T00:00:00Z"), "Europe/Berlin");
    const auto spent = std::chrono::steady_clock::now() - before;
    ASSERT_EQ(decisions->size(), snapshots.size());
    std::cout << "100,000 copies: " << std::chrono::duration<double, std::milli>(spent).count() << " ms\n";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(spent, std::chrono::seconds(1));
#endif
}

}  // namespace
}  // namespace autobackup::retention::plan_test
