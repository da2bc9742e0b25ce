// SPDX-License-Identifier: MIT
#include "daemon/model/drill_name.hpp"

#include <gtest/gtest.h>

namespace autobackup::model::drill_name_test {
namespace {

const std::string run = "01KAJ7Z8R2M3N4P5Q6R7S8T9VW";

TEST(DrillName, SaysWhatItIsAndWhose) {
    EXPECT_EQ(drill_name(run, "traffic-signs", "project 12"), "autobackupd drill 01KAJ7Z8R2M3N4P5Q6R7S8T9VW of traffic-signs: project 12");
    EXPECT_TRUE(is_drill_name(drill_name(run, "traffic-signs", "project 12")));
    EXPECT_TRUE(is_drill_name(drill_name(run, std::string(400, 'j'), "task 7")));
    EXPECT_LT(drill_name(run, std::string(400, 'j'), "task 7").size(), 256U) << "the server keeps no more of it, and it is compared";
}

TEST(DrillName, NobodysWorkIsTakenForOne) {
    for (const char* name : {"", "autobackupd drill", "autobackupd drill 12 of signs: project 1", "drill 01KAJ7Z8R2M3N4P5Q6R7S8T9VW of signs: project 1",
                             "autobackupd drill 01KAJ7Z8R2M3N4P5Q6R7S8T9VW", "autobackupd drill 01kaj7z8r2m3n4p5q6r7s8t9vw of signs: project 1",
                             "autobackupd drill 01KAJ7Z8R2M3N4P5Q6R7S8T9VWX of signs: project 1", "Copy of autobackupd drill 01KAJ7Z8R2M3N4P5Q6R7S8T9VW of signs"}) {
        EXPECT_FALSE(is_drill_name(name)) << name;
    }
}

}  // namespace
}  // namespace autobackup::model::drill_name_test
