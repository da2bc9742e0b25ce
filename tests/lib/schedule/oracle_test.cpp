// SPDX-License-Identifier: MIT
// Random cron expressions in random zones around random clock changes, against an oracle that walks minute by minute.
// AUTOBACKUPD_NIGHTLY=1 takes a million samples.
#include <gtest/gtest.h>

#include "oracle.hpp"

namespace autobackup::schedule::oracle_test {
namespace {

// A clock change of the zone at or after a random instant, or that instant itself for a zone without changes.
SysSeconds interesting_instant(Random& random, const Zone& zone) {
    const SysSeconds from = chrono::sys_days(chrono::year(between(random, 1980, 2035)) / 1 / 1) +
                            chrono::days(between(random, 0, 364));
    const SysSeconds change = zone.around(from).end;
    const bool usable = change < SysSeconds(chrono::sys_days(chrono::year(2036) / 1 / 1));
    return chrono::floor<chrono::minutes>(usable ? change : from);
}

// True when the sample was counted (an impossible date is refused by the parser and has nothing to compare).
bool compare_one(Random& random, const std::string& name) {
    const Expression expression = random_expression(random);
    const auto schedule = parse(expression.text);
    if (!schedule) {
        EXPECT_NE(schedule.error().message.find("does not come"), std::string::npos) << expression.text;
        return false;
    }
    const Zone zone = Zone::find(name).value();
    const WithZone with_zone(name);
    const SysSeconds middle = interesting_instant(random, zone);
    const SysSeconds after = middle - chrono::minutes(between(random, -180, 2 * 1440));
    const SysSeconds until = middle + chrono::days(2);
    const std::vector<time_t> expected =
        oracle(expression, after.time_since_epoch().count(), until.time_since_epoch().count());
    std::vector<time_t> got;
    for (auto at = next(*schedule, zone, after); at && *at <= until; at = next(*schedule, zone, *at)) {
        got.push_back(at->time_since_epoch().count());
    }
    EXPECT_EQ(got, expected) << expression.text << " in " << name << " after " << zone.text(after);
    return true;
}

TEST(ScheduleOracle, agrees_around_clock_changes) {
    const std::vector<std::string> names = zone_names();
    ASSERT_GT(names.size(), 500U) << "tzdata.zi of tzdata is needed";
    const bool nightly = std::getenv("AUTOBACKUPD_NIGHTLY") != nullptr;
    const int samples = nightly ? 1'000'000 : 500;
    const std::uint64_t seed = nightly ? std::random_device()() : 20261121;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    int counted = 0;
    for (int i = 0; i < samples && !testing::Test::HasFailure(); ++i) {
        counted += compare_one(
            random, names[static_cast<std::size_t>(between(random, 0, static_cast<int>(names.size()) - 1))]);
    }
    EXPECT_GT(counted, samples * 8 / 10);
}

}  // namespace
}  // namespace autobackup::schedule::oracle_test
