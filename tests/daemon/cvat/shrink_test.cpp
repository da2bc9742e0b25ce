// SPDX-License-Identifier: MIT
#include "daemon/cvat/shrink.hpp"

#include <gtest/gtest.h>

#include "daemon/cvat/identity.hpp"

namespace autobackup::cvat_job::shrink_test {
namespace {

Extent extent(std::int64_t tasks, std::int64_t frames, std::optional<std::int64_t> annotations) {
    Extent one;
    one.tasks = tasks;
    one.frames = frames;
    one.annotations = annotations;
    return one;
}

bool fails(const Extent& before, const Extent& now, int limit) { return shrunken(before, now, limit, "project 1 of lab").has_value(); }

TEST(Shrink, MoreThanTheLimitAndNotTheLimitItself) {
    const Extent before = extent(10, 100, 1000);
    EXPECT_FALSE(fails(before, before, 0));
    EXPECT_FALSE(fails(before, extent(7, 70, 700), 30));
    EXPECT_TRUE(fails(before, extent(6, 100, 1000), 30));
    EXPECT_TRUE(fails(before, extent(10, 69, 1000), 30));
    EXPECT_TRUE(fails(before, extent(10, 100, 699), 30));
    EXPECT_TRUE(fails(before, extent(10, 100, 999), 0));
    EXPECT_FALSE(fails(before, extent(0, 0, 0), 100)) << "100% switches it off";
    EXPECT_FALSE(fails(before, extent(20, 200, 2000), 0)) << "growing is no shrinking";
}

TEST(Shrink, OneOfTwoAndNothingOfNothing) {
    EXPECT_TRUE(fails(extent(2, 20, 0), extent(1, 10, 0), 30));
    EXPECT_TRUE(fails(extent(1, 5, 0), extent(0, 0, 0), 30));
    EXPECT_FALSE(fails(extent(0, 0, 0), extent(0, 0, 0), 0));
    EXPECT_FALSE(fails(extent(1, 5, 100), extent(1, 5, std::nullopt), 0)) << "annotations are not known yet";
    constexpr std::int64_t huge = std::int64_t{1} << 62;
    EXPECT_TRUE(fails(extent(1, huge, 0), extent(1, 1, 0), 99));
}

TEST(Shrink, TheMessageHasBothNumbersOfEach) {
    const auto failure = shrunken(extent(2, 20, 5), extent(1, 10, 5), 30, "project 1 of lab");
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, Errc::shrunken);
    EXPECT_EQ(failure->object, "project 1 of lab");
    EXPECT_NE(failure->message.find("tasks 2 -> 1 (50% fewer), frames 20 -> 10 (50% fewer); shrink_limit is 30%"), std::string::npos)
        << failure->message;
    EXPECT_NE(failure->hint.find("--accept-shrink"), std::string::npos);
    EXPECT_FALSE(failure->transient);
}

TEST(Shrink, AManifestAddsUpItsTasks) {
    vault::Manifest manifest;
    for (int i = 0; i < 2; ++i) {
        vault::ManifestTask task;
        task.frames = 4;
        task.shapes = 3;
        task.tags = 2;
        task.tracks = 1;
        manifest.tasks.push_back(task);
    }
    const Extent sum = extent_of(manifest);
    EXPECT_EQ(sum.tasks, 2);
    EXPECT_EQ(sum.frames, 8);
    EXPECT_EQ(sum.annotations, 12);
}

TEST(Identity, OneThatIsTheSameProvesTheServer) {
    const Identities held{{"project-1", "a"}, {"project-2", "b"}, {"task-1", "c"}};
    EXPECT_FALSE(replaced(held, held));
    EXPECT_FALSE(replaced(held, {{"project-1", "x"}, {"project-2", "b"}}));
    EXPECT_EQ(replaced(held, {{"project-1", "x"}, {"project-2", "y"}}), "project-1");
    EXPECT_EQ(replaced(held, {{"project-2", "y"}, {"project-9", "z"}}), "project-2");
    EXPECT_FALSE(replaced(held, {{"project-9", "z"}})) << "they are gone: another question";
    EXPECT_FALSE(replaced({}, {{"project-1", "x"}}));
    EXPECT_FALSE(replaced(held, {}));
}

TEST(Identity, GoesThroughTextAndDoubtsNothingDamaged) {
    const Identities held{{"project-1", "2026-11-21T05:16:29.000Z"}};
    EXPECT_EQ(parse_identities(to_text(held)), held);
    for (const char* text : {"", "[]", "{", R"({"project-1":3})"}) EXPECT_TRUE(parse_identities(text).empty()) << text;
}

}  // namespace
}  // namespace autobackup::cvat_job::shrink_test
