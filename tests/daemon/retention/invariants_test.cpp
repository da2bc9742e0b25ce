// SPDX-License-Identifier: MIT
// What must hold for any copies, any rules, any clock: checked on random ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "daemon/retention/plan.hpp"

namespace autobackup::retention::invariants_test {
namespace {

constexpr int rounds = 400;
const Instant epoch = parse_rfc3339("2026-01-01T00:00:00Z").value();

struct World {
    explicit World(unsigned seed) : random(seed) {}

    int below(int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); }

    std::vector<Snapshot> snapshots(bool all_sound = false) {
        std::vector<Snapshot> made;
        std::set<int> minutes;
        const int span = 1 + below(3'000'000);  // up to six years
        for (int i = below(60); i > 0; --i) minutes.insert(below(span));
        for (const int minute : minutes) {
            const Instant time = epoch + std::chrono::minutes(minute);
            made.push_back({time, all_sound || below(4) != 0, !all_sound && below(8) == 0, ""});
        }
        std::shuffle(made.begin(), made.end(), random);
        return made;
    }

    config::Keep keep() {
        config::Keep made;
        made.last = below(3) == 0 ? below(8) : 0;
        made.daily = below(2) == 0 ? below(15) : 0;
        made.weekly = below(2) == 0 ? below(8) : 0;
        made.monthly = below(2) == 0 ? below(8) : 0;
        made.yearly = below(2) == 0 ? below(4) : 0;
        if (below(2) == 0) made.within = std::chrono::hours(below(24 * 60));
        return made;
    }

    Instant clock() { return epoch + std::chrono::minutes(below(6'000'000) - 1'000'000); }

    std::mt19937 random;
};

const Instant late = epoch + std::chrono::hours(24 * 365 * 20);

std::vector<bool> kept(const std::vector<Snapshot>& snapshots, const config::Keep& keep, Instant now) {
    std::vector<bool> result;
    for (const Decision& decision : plan(snapshots, keep, now).value()) result.push_back(decision.keep);
    return result;
}

std::vector<Snapshot> survivors(const std::vector<Snapshot>& snapshots, const std::vector<bool>& keep) {
    std::vector<Snapshot> left;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        if (keep[i]) left.push_back(snapshots[i]);
    }
    return left;
}

TEST(RetentionAlways, KeepsTheNewestVerifiedCopyAndAllThatRulesMayNotTouch) {
    for (unsigned seed = 0; seed < rounds; ++seed) {
        World world(seed);
        const auto snapshots = world.snapshots();
        const Instant now = world.clock();
        const auto keep = kept(snapshots, world.keep(), now);
        ASSERT_EQ(keep.size(), snapshots.size());
        bool any_verified = false;
        bool verified_left = false;
        for (std::size_t i = 0; i < snapshots.size(); ++i) {
            const Snapshot& snapshot = snapshots[i];
            const bool untouchable = !snapshot.verified || snapshot.held || snapshot.time > now;
            EXPECT_TRUE(keep[i] || !untouchable) << seed;
            any_verified = any_verified || snapshot.verified;
            verified_left = verified_left || (snapshot.verified && keep[i]);
        }
        EXPECT_EQ(any_verified, verified_left) << seed;
    }
}

TEST(RetentionAlways, EveryDecisionHasAReasonAndItsIndex) {
    for (unsigned seed = 0; seed < rounds; ++seed) {
        World world(seed);
        const auto snapshots = world.snapshots();
        const auto decisions = plan(snapshots, world.keep(), world.clock()).value();
        for (std::size_t i = 0; i < decisions.size(); ++i) {
            EXPECT_EQ(decisions[i].index, i);
            EXPECT_NE(decisions[i].reason, "");
            EXPECT_EQ(decisions[i].reason == "no rule keeps it", !decisions[i].keep);
        }
    }
}

TEST(RetentionAlways, PlanningAgainRemovesNothingMore) {
    for (unsigned seed = 0; seed < rounds; ++seed) {
        World world(seed);
        const auto snapshots = world.snapshots();
        const auto rules = world.keep();
        const Instant now = world.clock();
        const auto left = survivors(snapshots, kept(snapshots, rules, now));
        const auto again = kept(left, rules, now);
        EXPECT_EQ(std::count(again.begin(), again.end(), false), 0) << seed;
    }
}

TEST(RetentionAlways, TimeAloneRemovesNothingMore) {
    for (unsigned seed = 0; seed < rounds; ++seed) {
        World world(seed);
        const auto snapshots = world.snapshots();
        const auto rules = world.keep();
        EXPECT_EQ(kept(snapshots, rules, late), kept(snapshots, rules, late + std::chrono::hours(24 * 3650)))
            << seed;
    }
}

TEST(RetentionAlways, FailedRunsRemoveNothing) {
    for (unsigned seed = 0; seed < rounds; ++seed) {
        World world(seed);
        auto snapshots = world.snapshots();
        const auto rules = world.keep();
        auto before = kept(snapshots, rules, late);
        for (int i = 0; i < 20; ++i)
            snapshots.push_back({late - std::chrono::hours(20 - i), false, false, ""});
        before.insert(before.end(), 20, true);
        EXPECT_EQ(kept(snapshots, rules, late), before) << seed;
    }
}

TEST(RetentionAlways, TheOrderOfTheArgumentDoesNotMatter) {
    for (unsigned seed = 0; seed < rounds; ++seed) {
        World world(seed);
        auto snapshots = world.snapshots();
        const auto rules = world.keep();
        const Instant now = world.clock();
        const auto of_time = [&] {
            std::map<Instant, bool> result;
            const auto keep = kept(snapshots, rules, now);
            for (std::size_t i = 0; i < snapshots.size(); ++i) result[snapshots[i].time] = keep[i];
            return result;
        };
        const auto before = of_time();
        std::shuffle(snapshots.begin(), snapshots.end(), world.random);
        EXPECT_EQ(of_time(), before) << seed;
    }
}

TEST(RetentionAlways, ALargerRuleKeepsNoLess) {
    for (unsigned seed = 0; seed < rounds; ++seed) {
        World world(seed);
        const auto snapshots = world.snapshots();
        config::Keep rules = world.keep();
        const auto small = kept(snapshots, rules, late);
        if (!rules.any()) continue;
        rules.last += world.below(3);
        rules.daily += world.below(3);
        rules.weekly += world.below(3);
        rules.monthly += world.below(3);
        rules.yearly += world.below(3);
        if (rules.within) *rules.within += std::chrono::hours(world.below(100));
        const auto large = kept(snapshots, rules, late);
        for (std::size_t i = 0; i < snapshots.size(); ++i) EXPECT_TRUE(large[i] || !small[i]) << seed;
    }
}

// The same rules told the other way round: a copy is the daily one when fewer than n later days have a copy
// and no later copy lies in its own day.
std::set<std::size_t> oracle(const std::vector<Snapshot>& snapshots, int count,
                             std::int64_t (*period)(Instant)) {
    std::set<std::size_t> result;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        std::set<std::int64_t> later;
        bool newest = true;
        for (const Snapshot& other : snapshots) {
            if (other.time <= snapshots[i].time) continue;
            later.insert(period(other.time));
            newest = newest && period(other.time) != period(snapshots[i].time);
        }
        if (newest && static_cast<int>(later.size()) < count) result.insert(i);
    }
    return result;
}

std::int64_t day_of(Instant time) {
    return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

std::int64_t week_of(Instant time) {
    return (day_of(time) + 3) / 7;
}

std::int64_t month_of(Instant time) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
    return int(date.year()) * 100 + static_cast<std::int64_t>(unsigned(date.month()));
}

std::int64_t year_of(Instant time) {
    return month_of(time) / 100;
}

std::int64_t itself(Instant time) {
    return time.time_since_epoch().count();
}

TEST(RetentionAlways, AgreesWithADirectReadingOfTheRules) {
    for (unsigned seed = 0; seed < rounds; ++seed) {
        World world(seed);
        const auto snapshots = world.snapshots(/*all_sound=*/true);
        const config::Keep rules = world.keep();
        if (!(rules.last > 0 || rules.daily > 0 || rules.weekly > 0 || rules.monthly > 0 || rules.yearly > 0))
            continue;
        std::set<std::size_t> expected = oracle(snapshots, 1, itself);
        expected.merge(oracle(snapshots, rules.last, itself));
        expected.merge(oracle(snapshots, rules.daily, day_of));
        expected.merge(oracle(snapshots, rules.weekly, week_of));
        expected.merge(oracle(snapshots, rules.monthly, month_of));
        expected.merge(oracle(snapshots, rules.yearly, year_of));
        Instant newest = epoch;
        for (const Snapshot& snapshot : snapshots) newest = std::max(newest, snapshot.time);
        for (std::size_t i = 0; i < snapshots.size(); ++i) {
            if (rules.within && newest - snapshots[i].time <= *rules.within) expected.insert(i);
        }
        std::set<std::size_t> seen;
        const auto keep = kept(snapshots, rules, late);
        for (std::size_t i = 0; i < keep.size(); ++i) {
            if (keep[i]) seen.insert(i);
        }
        EXPECT_EQ(seen, expected) << seed;
    }
}

}  // namespace
}  // namespace autobackup::retention::invariants_test
