// SPDX-License-Identifier: MIT
#include "daemon/cvat/gathering.hpp"

#include <gtest/gtest.h>

#include "daemon/cvat/parts.hpp"

namespace autobackup::cvat_job::gathering_test {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20, gib = std::uint64_t{1} << 30;

TEST(Parts, AreNeitherManyNorTooLargeForOnePush) {
    EXPECT_EQ(next_part(0), 64 * mib);
    EXPECT_EQ(next_part(gib), 64 * mib);
    EXPECT_EQ(next_part(4 * gib), 256 * mib);
    EXPECT_EQ(next_part(1000 * gib), gib);
    int parts = 0;
    for (std::uint64_t sent = 0; sent < 100 * gib; sent += next_part(sent)) ++parts;
    EXPECT_LT(parts, 150) << "of a project of 100 GiB";
}

TEST(Parts, AMemberInMemoryIsTheSameMember) {
    vault::VersionMember member = text_member("annotation_guide.md", "see ![](assets/t.png)", 1234);
    int reads = 0;
    member.produce = [&reads, inner = member.produce](const git::TakeBytes& take) {
        ++reads;
        return inner(take);
    };
    const Result<vault::VersionMember> held = in_memory(member);
    ASSERT_TRUE(held);
    EXPECT_EQ(reads, 1);
    EXPECT_EQ(held->oid, member.oid);
    EXPECT_EQ(held->entry.name, member.entry.name);
    EXPECT_EQ(held->entry.crc32, member.entry.crc32);
    EXPECT_EQ(held->entry.size, member.entry.size);
    EXPECT_EQ(held->entry.dos_time, member.entry.dos_time);
    ASSERT_TRUE(held->produce);
    EXPECT_TRUE(held->produce([](std::span<const std::byte>) -> Result<void> { return {}; }));
    EXPECT_EQ(reads, 1) << "the ZIP is not needed any more";
    member.produce = [](const git::TakeBytes&) -> Result<void> { return fail(Errc::io_error, "read", "spool", "gone"); };
    EXPECT_FALSE(in_memory(member));
}

}  // namespace
}  // namespace autobackup::cvat_job::gathering_test
