// SPDX-License-Identifier: MIT
#include "daemon/vault/manifest.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace autobackup::vault::manifest_test {
namespace {

Manifest sample() {
    Manifest m;
    m.item = ItemId{ItemId::Kind::project, 12};
    m.name = "Traffic \"signs\" ü\n";
    m.created_at = "2026-11-21T01:30:00Z";
    m.server = "lab";
    m.server_version = "2.54.1";
    m.updated_date = "2026-11-20T10:00:00.123Z";
    m.print = "abc";
    m.verified_level = "checksum";
    m.verified_at = "2026-11-21T01:30:01Z";
    ManifestTask task;
    task.index = 3;
    task.id = 7;
    task.name = "night";
    task.print = "def";
    task.jobs = 2;
    task.shapes = 5;
    task.kept_from_earlier = true;
    m.tasks.push_back(task);
    m.members.push_back(ManifestMember{"project.json", 0xFFFFFFFFFFULL, 0xDEADBEEF, 0x5B7541C0});
    m.members.push_back(ManifestMember{"task_3/data/日本.png", 1, 2, 3});
    return m;
}

TEST(Manifest, ComesBackAsItWasWritten) {
    const Manifest written = sample();
    const Result<Manifest> read = parse_manifest(to_text(written), "manifest");
    ASSERT_TRUE(read) << describe(read.error());
    EXPECT_EQ(to_text(*read), to_text(written));
    EXPECT_EQ(read->members[0].size, 0xFFFFFFFFFFULL);
    EXPECT_EQ(read->members[0].crc32, 0xDEADBEEFU);
    EXPECT_TRUE(read->tasks[0].kept_from_earlier);
    EXPECT_EQ(read->name, written.name);
}

TEST(Manifest, IsPlainJsonOfFormatOne) {
    const boost::json::value value = boost::json::parse(to_text(sample()));
    EXPECT_EQ(value.at("format").as_int64(), 1);
    EXPECT_EQ(value.at("kind").as_string(), "project");
    EXPECT_EQ(value.at("tasks").at(0).at("id").as_int64(), 7);
}

TEST(Manifest, EveryFlippedBitIsFound) {
    const std::string text = to_text(sample());
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = text;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            EXPECT_FALSE(parse_manifest(damaged, "manifest")) << "byte " << at << " bit " << bit;
        }
    }
}

TEST(Manifest, EveryCutIsFound) {
    const std::string text = to_text(sample());
    for (std::size_t length = 0; length < text.size(); ++length) EXPECT_FALSE(parse_manifest(text.substr(0, length), "manifest"));
    EXPECT_FALSE(parse_manifest(text + "\n", "manifest"));
}

TEST(Manifest, AnotherCheckLeavesEverythingElseAsItIs) {
    const std::string text = to_text(sample());
    const std::string changed = with_check(text, "failed", "2026-12-01T00:00:00Z", "manifest").value();
    const Manifest read = parse_manifest(changed, "manifest").value();
    EXPECT_EQ(read.verified_level, "failed");
    EXPECT_EQ(read.verified_at, "2026-12-01T00:00:00Z");
    Manifest as_before = read;
    as_before.verified_level = sample().verified_level;
    as_before.verified_at = sample().verified_at;
    EXPECT_EQ(to_text(as_before), text);
    EXPECT_FALSE(with_check(text.substr(1), "failed", "", "manifest")) << "a damaged one is not mended";
}

TEST(ItemId, NamesAreThePredecessors) {
    const ItemId project{ItemId::Kind::project, 12};
    EXPECT_EQ(project.folder(), "cvat_backup_project_12");
    EXPECT_EQ(project.key(), "project-12");
    const ItemId task{ItemId::Kind::task, 7};
    EXPECT_EQ(task.manifest_name(), "cvat_backup_task_7.manifest.json");
    for (const ItemId& item : {project, task}) {
        EXPECT_EQ(item_of_entry(item.folder()), item);
        EXPECT_EQ(item_of_entry(item.manifest_name()), item);
        EXPECT_EQ(item_of_entry(item.details_name()), item);
        EXPECT_EQ(item_of_key(item.key()), item);
    }
    for (const char* other : {"README.md", "cvat_backup_project_", "cvat_backup_project_12x", "cvat_backup_project_-1", "xcvat_backup_task_1",
                              "cvat_backup_project_12.txt", ".gitattributes"}) {
        EXPECT_FALSE(item_of_entry(other)) << other;
    }
    EXPECT_EQ(commit_message(project, "20261121T013000Z.zip", *parse_rfc3339("2026-11-21T01:30:00Z")),
              "chore(backup): add cvat project 12 backup 20261121T013000Z.zip @ 2026-11-21T01:30:00Z");
}

}  // namespace
}  // namespace autobackup::vault::manifest_test
