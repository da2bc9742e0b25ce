// SPDX-License-Identifier: MIT
#include "daemon/cvat/gathering.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "daemon/cvat/task_note.hpp"

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

TaskCopy some_task() {
    TaskCopy copy;
    copy.id = 7;
    copy.name = "Straße \"7\"\n";
    copy.print = "a print";
    copy.updated_date = "2026-11-21T01:30:00Z";
    copy.members.push_back(text_member("task.json", "{}", 1234));
    copy.members.push_back(text_member("annotation_guide.md", "see ![](assets/t.png)\n", 1234));
    copy.members.push_back(text_member("data/a.png", "pixels", 1235));
    copy.jobs = 1, copy.frames = 2, copy.shapes = 3, copy.tags = 4, copy.tracks = 5;
    copy.label_names = {"car", "bus"};
    copy.fetched = true;
    return copy;
}
bool among_blobs(const vault::VersionMember& member) { return member.entry.name != guide_name; }
bool always(const git::Oid&) { return true; }

TEST(Notes, ATaskComesBackAsItWas) {
    const TaskCopy copy = some_task();
    const std::optional<TaskCopy> back = copy_of_note(note_of(copy, among_blobs), always);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->id, copy.id);
    EXPECT_EQ(back->name, copy.name);
    EXPECT_EQ(back->print, copy.print);
    EXPECT_EQ(back->updated_date, copy.updated_date);
    EXPECT_EQ(std::tie(back->jobs, back->frames, back->shapes, back->tags, back->tracks), std::tie(copy.jobs, copy.frames, copy.shapes, copy.tags, copy.tracks));
    EXPECT_EQ(back->label_names, copy.label_names);
    EXPECT_TRUE(back->fetched);
    EXPECT_FALSE(back->guide_index);
    ASSERT_EQ(back->members.size(), copy.members.size());
    for (std::size_t i = 0; i < copy.members.size(); ++i) {
        const vault::VersionMember &is = back->members[i], &was = copy.members[i];
        EXPECT_EQ(is.oid, was.oid);
        EXPECT_EQ(std::tie(is.entry.name, is.entry.size, is.entry.crc32, is.entry.dos_time), std::tie(was.entry.name, was.entry.size, was.entry.crc32, was.entry.dos_time));
        EXPECT_EQ(static_cast<bool>(is.produce), was.entry.name == guide_name) << is.entry.name;
    }
    EXPECT_EQ(content_of(back->members[1]).value(), "see ![](assets/t.png)\n");
}

TEST(Notes, ATaskOfWhichAContentIsNotThereIsFetchedAnew) {
    const TaskCopy copy = some_task();
    EXPECT_EQ(note_of(copy, [](const vault::VersionMember& member) { return member.entry.name == "task.json"; }), "") << "a large file is no blob";
    const std::string note = note_of(copy, among_blobs);
    EXPECT_FALSE(copy_of_note(note, [&](const git::Oid& oid) { return oid != copy.members[2].oid; }));
    EXPECT_TRUE(copy_of_note(note, [&](const git::Oid& oid) { return oid != copy.members[1].oid; })) << "a guide is in the note";
}

TEST(Notes, ADamagedOneIsNone) {
    const TaskCopy copy = some_task();
    const std::string note = note_of(copy, among_blobs);
    ASSERT_TRUE(copy_of_note(note, always));
    EXPECT_FALSE(copy_of_note("", always));
    EXPECT_FALSE(copy_of_note("{}\n", always));
    for (std::size_t at = 0; at < note.size(); ++at) {
        EXPECT_FALSE(copy_of_note(note.substr(0, at), always)) << at;
        std::string bad = note;
        bad[at] = static_cast<char>(bad[at] ^ 2);
        EXPECT_FALSE(copy_of_note(bad, always)) << at;
    }
}

}  // namespace
}  // namespace autobackup::cvat_job::gathering_test
