// SPDX-License-Identifier: MIT
// Mistakes that are told with what was probably meant.
#include <gtest/gtest.h>

#include "daemon/config/load.hpp"
#include "tests/support/config_file.hpp"

namespace autobackup::config::near_misses_test {
namespace {

using test::ConfigFile;

TEST(NearMisses, schedules_and_zones_have_suggestions) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"schedule: wekly", "weekly"},           {"schedule: dayly 02:30", "daily 02:30"}, {"schedule: '@dialy'", "@daily"},
        {"schedule: manul", "manual"},           {"schedule: weekdys 22:00", "weekdays 22:00"}, {"schedule: Evry 6h", "every 6h"},
        {"time_zone: Europe/Berln", "Europe/Berlin"}, {"time_zone: europe/berlin", "Europe/Berlin"},
        {"schedule: daily 25:00", ""},           {"schedule: dayly 25:00", ""},
    };
    for (const auto& [line, expected] : cases) {
        const Loaded loaded = load(ConfigFile("servers: {lab: {cvat: 'https://c.example.org', auth: {token: t}}}\njobs:\n  x:\n    cvat: {}\n    " + line + "\n").path());
        ASSERT_EQ(loaded.problems.size(), 1U) << line;
        EXPECT_EQ(loaded.problems.front().suggestion, expected) << line;
    }
}

TEST(Sources, several_are_one_mistake) {
    const Loaded loaded = load(ConfigFile("servers: {lab: {cvat: 'https://c.example.org', auth: {token: t}}}\n"
                                          "jobs: {x: {schedule: manual, cvat: {server: lab}, mirror: {repositories: [{url: 'https://g.example.org/a.git'}]}}}\n").path());
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(loaded.problems.front().message, "a job has one source: cvat, github or mirror");
}

}  // namespace
}  // namespace autobackup::config::near_misses_test
