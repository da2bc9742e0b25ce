// SPDX-License-Identifier: MIT
// Which bytes of a ZIP come when most of it is held.
#include "lib/cvat/parts_plan.hpp"

#include <gtest/gtest.h>

namespace autobackup::cvat::parts_plan_test {
namespace {

constexpr std::uint64_t big = std::uint64_t{1} << 20;

// Members one behind the other, all of the same CRC-32; the directory begins where the last one ends.
struct Layout {
    std::vector<zip::Member> members;
    std::uint64_t directory = 0;

    Layout& add(std::string name, std::uint64_t size) {
        zip::Member member;
        member.name = std::move(name);
        member.size = member.compressed_size = size;
        member.crc32 = 7;
        member.header_offset = directory;
        directory += 30 + member.name.size() + size;
        members.push_back(std::move(member));
        return *this;
    }
    [[nodiscard]] std::uint64_t begin(std::size_t i) const { return members[i].header_offset; }
};

HeldContent holding(const Layout& layout, const std::vector<std::size_t>& which) {
    HeldContent held;
    for (const std::size_t i : which) {
        const zip::Member& member = layout.members[i];
        held.members[member.name] = HeldContent::Member{member.size, member.crc32};
        held.bytes += member.size;
    }
    return held;
}

Layout task() {
    Layout layout;
    layout.add("data/a", big).add("data/b", big).add("data/c", big).add("task.json", 100).add("annotations.json", 2'000);
    return layout;
}

TEST(PartsPlan, OnlyWhatIsNotHeldComes) {
    const Layout layout = task();
    const auto plan = plan_parts(layout.members, layout.directory, layout.directory, holding(layout, {0, 1, 2}));
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->ranges.size(), 1U);
    EXPECT_EQ(plan->ranges[0].begin, layout.begin(3));
    EXPECT_EQ(plan->ranges[0].end, layout.directory);
    EXPECT_EQ(plan->bytes, layout.directory - layout.begin(3));
    EXPECT_EQ(plan->absent, (std::vector<bool>{true, true, true, false, false}));
}

TEST(PartsPlan, WhatCameWithTheEndIsNotAskedForAgain) {
    const Layout layout = task();
    const auto all = plan_parts(layout.members, layout.directory, layout.begin(3) - 10, holding(layout, {0, 1, 2}));
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->ranges.empty());
    EXPECT_EQ(all->absent, (std::vector<bool>{true, true, true, false, false}));
    const auto half = plan_parts(layout.members, layout.directory, layout.begin(4) + 50, holding(layout, {0, 1, 2}));
    ASSERT_TRUE(half);
    ASSERT_EQ(half->ranges.size(), 1U);
    EXPECT_EQ(half->ranges[0].begin, layout.begin(3));
    EXPECT_EQ(half->ranges[0].end, layout.begin(4) + 50);
}

TEST(PartsPlan, AnotherSizeOrCrcOrNameComes) {
    const Layout layout = task();
    HeldContent held = holding(layout, {0, 1, 2});
    held.members["data/b"].crc32 = 8;
    auto plan = plan_parts(layout.members, layout.directory, layout.directory, held);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->absent, (std::vector<bool>{true, false, true, false, false}));
    ASSERT_EQ(plan->ranges.size(), 2U);
    EXPECT_EQ(plan->ranges[0].begin, layout.begin(1));
    EXPECT_EQ(plan->ranges[0].end, layout.begin(2));
    held = holding(layout, {0, 1, 2});
    held.members["data/b"].size += 1;
    plan = plan_parts(layout.members, layout.directory, layout.directory, held);
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->absent[1]);
    held = holding(layout, {0, 2});
    plan = plan_parts(layout.members, layout.directory, layout.directory, held);
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->absent[1]);
}

TEST(PartsPlan, ASmallGapIsFetchedToo) {
    Layout layout;
    layout.add("data/a", big).add("data/new", 10).add("data/small", 60'000).add("data/newer", 10).add("data/z", big).add("task.json", 10);
    const auto plan = plan_parts(layout.members, layout.directory, layout.directory, holding(layout, {0, 2, 4}));
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->ranges.size(), 2U);
    EXPECT_EQ(plan->ranges[0].begin, layout.begin(1));
    EXPECT_EQ(plan->ranges[0].end, layout.begin(4));
    EXPECT_EQ(plan->absent, (std::vector<bool>{true, false, false, false, true, false}))
        << "what came with the gap is checked like everything that came";
}

TEST(PartsPlan, ANameThatIsThereTwiceComes) {
    Layout layout;
    layout.add("assets/a.png", big).add("data/b", 3 * big).add("assets/a.png", big);
    const auto plan = plan_parts(layout.members, layout.directory, layout.directory, holding(layout, {0, 1}));
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->absent, (std::vector<bool>{false, true, false}));
}

TEST(PartsPlan, OrderInTheDirectoryIsNotThatInTheFile) {
    Layout layout = task();
    std::swap(layout.members[0], layout.members[4]);
    const auto plan = plan_parts(layout.members, layout.directory, layout.directory, holding(layout, {4, 1, 2}));
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->absent, (std::vector<bool>{false, true, true, false, true}));
    EXPECT_EQ(plan->ranges.size(), 1U);
}

TEST(PartsPlan, TheWholeWhereItIsAsGood) {
    const Layout layout = task();
    EXPECT_FALSE(plan_parts(layout.members, layout.directory, layout.directory, holding(layout, {0}))) << "most of it comes";
    Layout small;
    small.add("data/a", 100'000).add("task.json", 10);
    EXPECT_FALSE(plan_parts(small.members, small.directory, small.directory, holding(small, {0}))) << "little is spared";
    Layout many;
    std::vector<std::size_t> held;
    for (std::size_t i = 0; i < 200; i += 2) {
        many.add("data/kept" + std::to_string(i), 100'000).add("data/new" + std::to_string(i), 10);
        held.push_back(i);
    }
    EXPECT_FALSE(plan_parts(many.members, many.directory, many.directory, holding(many, held))) << "a hundred requests for 10 MB";
}

TEST(PartsPlan, ADirectoryThatMakesNoSense) {
    Layout layout = task();
    const HeldContent held = holding(layout, {0, 1, 2});
    EXPECT_FALSE(plan_parts(layout.members, layout.directory, layout.directory + 1, held));
    layout.members[4].header_offset = layout.directory + 5;
    EXPECT_FALSE(plan_parts(layout.members, layout.directory, layout.directory, held));
}

TEST(PartsPlan, TheFirstQuestionCoversTheTextsAtTheEnd) {
    HeldContent held;
    held.trailing_text = 1'000'000;
    EXPECT_GT(tail_guess(held), 1'000'000U);
    EXPECT_GE(tail_guess(HeldContent()), 65'557U) << "the longest end record";
    held.trailing_text = std::uint64_t{1} << 30;
    EXPECT_LT(tail_guess(held), std::uint64_t{1} << 20) << "a gigabyte is not asked for before it is known to be there";
}

}  // namespace
}  // namespace autobackup::cvat::parts_plan_test
