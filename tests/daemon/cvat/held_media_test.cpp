// SPDX-License-Identifier: MIT
#include "daemon/cvat/held_media.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace autobackup::cvat_job::held_media_test {
namespace {

vault::Held held_of(vault::ItemId::Kind kind, std::vector<std::pair<std::string, std::uint64_t>> members) {
    vault::Held held;
    held.as_written = true;
    held.manifest.emplace();
    held.manifest->item = vault::ItemId{kind, 12};
    for (const auto& [name, size] : members) {
        vault::ManifestMember member;
        member.name = name;
        member.size = size;
        member.crc32 = static_cast<std::uint32_t>(size) + 1;
        held.manifest->members.push_back(member);
        held.blobs[name] = git::hash_object(git::ObjectType::blob, name);
    }
    vault::ManifestTask task;
    task.index = 3;
    task.id = 70;
    held.manifest->tasks.push_back(task);
    return held;
}

vault::Held project() {
    return held_of(vault::ItemId::Kind::project,
                   {{"assets/p.png", 5}, {"project.json", 6}, {"task_0/data/x.jpg", 7}, {"task_3/data/a.jpg", 17}, {"task_3/data/b.PNG", 200},
                    {"task_3/data/manifest.jsonl", 30}, {"task_3/task.json", 40}, {"task_3/annotations.json", 50},
                    {"task_30/data/y.jpg", 8}});
}

TEST(HeldMedia, TheMediaOfATaskUnderTheNamesOfItsOwnZip) {
    const HeldMedia media = media_of(project(), 70);
    EXPECT_EQ(media.content.members.size(), 2U);
    EXPECT_EQ(media.content.members.at("data/a.jpg").size, 17U);
    EXPECT_EQ(media.content.members.at("data/a.jpg").crc32, 18U);
    EXPECT_EQ(media.content.bytes, 217U);
    EXPECT_EQ(media.content.trailing_text, 120U);
    EXPECT_EQ(media.blobs.at("data/b.PNG"), git::hash_object(git::ObjectType::blob, "task_3/data/b.PNG"));
}

TEST(HeldMedia, TheWholeProjectUnderItsOwnNames) {
    const HeldMedia media = media_of(project(), std::nullopt);
    EXPECT_EQ(media.content.members.size(), 5U);
    EXPECT_TRUE(media.content.members.contains("assets/p.png"));
    EXPECT_TRUE(media.content.members.contains("task_3/data/b.PNG"));
}

TEST(HeldMedia, ATaskItemHasNoPrefix) {
    const HeldMedia media = media_of(held_of(vault::ItemId::Kind::task, {{"data/a.jpg", 100}, {"task.json", 3}}), 12);
    EXPECT_EQ(media.content.members.size(), 1U);
}

TEST(HeldMedia, TextIsAlwaysFetched) {
    for (const char* name : {"data/a.json", "data/a.JSONL", "data/a.md", "data/a.txt", "data/a.xml", "data/a.csv", "task.json", "x.jpg",
                             "annotation_guide.md", "data/"}) {
        EXPECT_FALSE(is_media(name)) << name;
    }
    for (const char* name : {"data/a.jpg", "data/a", "task_1/data/sub/a.mp4", "assets/a.png", "task_1/assets/b.webp"}) {
        EXPECT_TRUE(is_media(name)) << name;
    }
}

TEST(HeldMedia, NothingOfWhatCannotBeTrusted) {
    vault::Held held = project();
    EXPECT_TRUE(media_of(held, 71).content.members.empty()) << "a task that it does not know";
    held.as_written = false;
    EXPECT_TRUE(media_of(held, 70).content.members.empty());
    held = project();
    held.manifest.reset();
    EXPECT_TRUE(media_of(held, 70).content.members.empty());
    held = held_of(vault::ItemId::Kind::task, {{"assets/a.png", 10}, {"data/b.jpg", 20}, {"assets/a.png", 11}});
    const HeldMedia media = media_of(held, 12);
    EXPECT_EQ(media.content.members.size(), 1U) << "git keeps one of two members of a name";
    EXPECT_EQ(media.content.bytes, 20U);
    EXPECT_EQ(media.blobs.size(), 1U);
}

TEST(HeldMedia, ALargeFileNeedNotComeWhenItsContentIsHere) {
    const test::TempDir directory;
    vault::Held held = project();
    held.large_objects = lfs::Store(directory.path() / "lfs/objects");
    const std::string content(17, 'x');
    held.large["task_3/data/a.jpg"] = lfs::Pointer{hash::sha256_hex(content), content.size()};
    EXPECT_FALSE(media_of(held, 70).content.members.contains("data/a.jpg"));
    const auto produce = [&](const lfs::TakeBytes& take) { return take(std::as_bytes(std::span(content))); };
    ASSERT_TRUE(held.large_objects.put(produce));
    const HeldMedia media = media_of(held, 70);
    EXPECT_TRUE(media.content.members.contains("data/a.jpg"));
    EXPECT_TRUE(media.large.contains("data/a.jpg")) << "its blob is a pointer, of another size";
}

TEST(HeldMedia, WhatAPartialCloneLacksIsFetched) {
    git::initialise_library();
    const test::TempDir directory;
    git::Repository vault = git::Repository::open_or_init(directory.path() / "v.git", "main").value();
    git::RawObject blob;
    blob.type = git::ObjectType::blob;
    blob.content = "task_3/data/a.jpg";
    blob.oid = git::hash_object(git::ObjectType::blob, blob.content);
    ASSERT_TRUE(vault.write_pack({}, {blob}, nullptr));
    HeldMedia media = media_of(project(), 70);
    drop_missing(media, vault);
    EXPECT_EQ(media.content.members.size(), 1U);
    EXPECT_TRUE(media.content.members.contains("data/a.jpg"));
    EXPECT_EQ(media.content.bytes, 17U);
    EXPECT_EQ(media.blobs.size(), 1U);
    vault::Held pointer = project();
    pointer.manifest->members[3].size = 1'000'000;
    media = media_of(pointer, 70);
    drop_missing(media, vault);
    EXPECT_TRUE(media.content.members.empty()) << "the blob is not the member's content";
}

}  // namespace
}  // namespace autobackup::cvat_job::held_media_test
