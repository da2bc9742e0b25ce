// SPDX-License-Identifier: MIT
#include "daemon/mirror/spoken.hpp"

#include <gtest/gtest.h>

namespace autobackup::mirror::spoken_test {
namespace {

TEST(Spoken, IsReadAsItWasWritten) {
    const Spoken spoken{{"https://a.example", true}, {"https://b.example:8443", false}};
    EXPECT_EQ(parse_spoken(text_of(spoken)), spoken);
    EXPECT_TRUE(parse_spoken("").empty());
}

TEST(Spoken, LinesThatAreNoneAreLeftOut) {
    EXPECT_EQ(parse_spoken("2\n2 \n7 https://a.example\n\nnonsense\n2 https://b.example\n"), (Spoken{{"https://b.example", true}}));
}

TEST(Spoken, ARunCorrectsWhatItBeganWith) {
    const Spoken before{{"https://was.new", true}, {"https://was.old", false}, {"https://not.asked", true}};
    const Spoken after = learnt(before, {"https://was.new", "https://was.old", "https://first"}, {"https://was.old", "https://first"});
    EXPECT_EQ(after, (Spoken{{"https://first", true}, {"https://not.asked", true}, {"https://was.new", false}, {"https://was.old", true}}));
}

}  // namespace
}  // namespace autobackup::mirror::spoken_test
