// SPDX-License-Identifier: MIT
#include "daemon/vault/version.hpp"

#include <gtest/gtest.h>

#include "daemon/vault/history.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::vault::version_test {
namespace {

class VersionTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { git::initialise_library(); }

    git::Repository open() {
        Result<git::Repository> repository = git::Repository::open_or_init(directory_.path() / "vault.git", "main");
        EXPECT_TRUE(repository) << describe(repository.error());
        return std::move(*repository);
    }

    static VersionMember member(const std::string& name, const std::string& content) {
        VersionMember one;
        one.entry.name = name;
        one.entry.size = content.size();
        one.oid = git::hash_object(git::ObjectType::blob, content);
        one.produce = [content](const git::TakeBytes& take) { return take(std::as_bytes(std::span(content.data(), content.size()))); };
        return one;
    }

    static Version version(std::int64_t id, std::vector<VersionMember> members) {
        Version one;
        one.manifest.item = ItemId{ItemId::Kind::project, id};
        one.manifest.name = "p";
        one.members = std::move(members);
        one.time = *parse_rfc3339("2026-11-21T01:30:00Z");
        one.author = git::Signature{"autobackupd", "autobackupd@localhost", 1'795'224'600};
        return one;
    }

    static Committed commit(git::Repository& vault, Version one) {
        Result<Committed> done = commit_version(vault, "main", one);
        EXPECT_TRUE(done) << describe(done.error());
        return *done;
    }

    test::TempDir directory_;
};

TEST_F(VersionTest, EqualContentIsNoCommit) {
    git::Repository vault = open();
    const Committed first = commit(vault, version(12, {member("project.json", "{}"), member("task_0/data/a.png", "image")}));
    EXPECT_TRUE(first.changed);
    const Committed second = commit(vault, version(12, {member("project.json", "{}"), member("task_0/data/a.png", "image")}));
    EXPECT_FALSE(second.changed);
    EXPECT_EQ(second.commit, first.commit);
}

TEST_F(VersionTest, TheFolderIsReplacedAndOtherFilesStay) {
    git::Repository vault = open();
    commit(vault, version(12, {member("old.txt", "old"), member("keep/a", "a")}));
    commit(vault, version(13, {member("project.json", "{}")}));
    const Committed last = commit(vault, version(12, {member("keep/a", "a"), member("new.txt", "new")}));
    const git::Commit read = vault.read_commit(last.commit).value();
    EXPECT_FALSE(vault.entry_at(read.tree, "cvat_backup_project_12/old.txt").value());
    EXPECT_TRUE(vault.entry_at(read.tree, "cvat_backup_project_12/new.txt").value());
    EXPECT_TRUE(vault.entry_at(read.tree, "cvat_backup_project_13/project.json").value());
    EXPECT_EQ(held_items(vault, "main").value().size(), 2U);
}

TEST_F(VersionTest, AFolderThatSomebodyElseHasEditedIsNotAsWritten) {
    git::Repository vault = open();
    const ItemId item{ItemId::Kind::project, 12};
    const Committed done = commit(vault, version(12, {member("project.json", "{}"), member("task_0/data/a.png", "image")}));
    EXPECT_TRUE(read_held(vault, "main", item).value()->as_written);
    const git::Commit written = vault.read_commit(done.commit).value();
    const git::TreeEntry manifest = vault.entry_at(written.tree, item.manifest_name()).value().value();
    git::RawObject content;
    content.type = git::ObjectType::blob;
    content.content = "other";
    content.oid = git::hash_object(git::ObjectType::blob, content.content);
    git::RawObject folder = git::make_tree({git::TreeEntry{"project.json", git::mode_file, content.oid}});
    git::RawObject root = git::make_tree({git::TreeEntry{item.folder(), git::mode_tree, folder.oid}, manifest});
    git::RawObject edited = git::make_commit(root.oid, {done.commit}, version(12, {}).author, "by hand");
    const auto packed = vault.write_pack({}, {content, folder, root, edited}, nullptr);
    ASSERT_TRUE(packed) << describe(packed.error());
    ASSERT_TRUE(vault.set_ref("refs/heads/main", edited.oid, done.commit, "by hand"));
    const auto held = read_held(vault, "main", item).value();
    ASSERT_TRUE(held->manifest);
    EXPECT_FALSE(held->as_written);
}

TEST_F(VersionTest, DetailsAloneLeaveTheManifestAsItIs) {
    git::Repository vault = open();
    Version first = version(12, {member("project.json", "{}")});
    first.details = "one";
    commit(vault, first);
    const std::optional<Held> before = read_held(vault, "main", ItemId{ItemId::Kind::project, 12}).value();
    Version second = version(12, {member("project.json", "{}")});
    second.details = "two";
    second.manifest.name = "another name";
    const Committed done = commit(vault, second);
    EXPECT_TRUE(done.changed);
    EXPECT_FALSE(done.members_changed);
    const std::optional<Held> after = read_held(vault, "main", ItemId{ItemId::Kind::project, 12}).value();
    EXPECT_EQ(to_text(*after->manifest), to_text(*before->manifest));
    EXPECT_EQ(after->details, git::hash_object(git::ObjectType::blob, "two"));
}

TEST_F(VersionTest, AMemberThatLiesLeavesTheVaultAsItWas) {
    git::Repository vault = open();
    const Committed first = commit(vault, version(12, {member("project.json", "{}")}));
    Version lying = version(12, {member("project.json", "other")});
    lying.members[0].oid = git::hash_object(git::ObjectType::blob, "something else");
    const Result<Committed> refused = commit_version(vault, "main", lying);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::content_mismatch);
    EXPECT_EQ(vault.resolve("refs/heads/main").value(), first.commit);
    EXPECT_TRUE(vault.check().value().problems.empty());
}

TEST_F(VersionTest, TwoMembersOfOneNameGiveAWarningAndTheLastCounts) {
    git::Repository vault = open();
    const Committed done = commit(vault, version(12, {member("assets/a.png", "first"), member("assets/a.png", "second")}));
    ASSERT_EQ(done.warnings.size(), 1U);
    const std::optional<Held> held = read_held(vault, "main", ItemId{ItemId::Kind::project, 12}).value();
    EXPECT_EQ(held->blobs.at("assets/a.png"), git::hash_object(git::ObjectType::blob, "second"));
    EXPECT_EQ(held->manifest->members.size(), 2U);
}

TEST_F(VersionTest, ReplayPutsOurEntriesOnSomebodyElsesTree) {
    git::Repository vault = open();
    const git::Oid base = commit(vault, version(12, {member("project.json", "1")})).commit;
    commit(vault, version(13, {member("project.json", "x")}));
    const git::Oid ours = commit(vault, version(12, {member("project.json", "2")})).commit;
    // Somebody's commit on top of the base: a file of theirs.
    const git::Commit base_commit = vault.read_commit(base).value();
    std::vector<git::TreeEntry> root = vault.read_tree(base_commit.tree).value();
    git::RawObject blob{git::ObjectType::blob, git::hash_object(git::ObjectType::blob, "theirs"), "theirs"};
    root.push_back(git::TreeEntry{"README.md", git::mode_file, blob.oid});
    git::RawObject tree = git::make_tree(root);
    git::RawObject theirs = git::make_commit(tree.oid, {base}, git::Signature{"t", "t@t", 1}, "theirs\n");
    ASSERT_TRUE(vault.write_pack({}, {blob, tree, theirs}, nullptr));

    const git::Oid rebuilt = replay(vault, ours, base, theirs.oid)->value();
    EXPECT_TRUE(is_ancestor(vault, theirs.oid, rebuilt).value());
    EXPECT_EQ(commits_since(vault, rebuilt, theirs.oid).value().size(), 2U);
    const git::Commit top = vault.read_commit(rebuilt).value();
    EXPECT_TRUE(vault.entry_at(top.tree, "README.md").value());
    EXPECT_EQ(vault.entry_at(top.tree, "cvat_backup_project_12/project.json").value()->oid, git::hash_object(git::ObjectType::blob, "2"));
    EXPECT_TRUE(vault.entry_at(top.tree, "cvat_backup_project_13/project.json").value());
    EXPECT_EQ(top.message, vault.read_commit(ours).value().message);
    EXPECT_EQ(items_since(vault, rebuilt, theirs.oid).value().size(), 2U);
    EXPECT_EQ(last_change(vault, rebuilt, ItemId{ItemId::Kind::project, 12}).value(), rebuilt);
    EXPECT_EQ(last_change(vault, rebuilt, ItemId{ItemId::Kind::project, 13}).value(), top.parents.front()) << "the tip is another item's";
    EXPECT_FALSE(last_change(vault, rebuilt, ItemId{ItemId::Kind::task, 12}).value());
    // What theirs already holds is not committed again.
    EXPECT_EQ(replay(vault, base, std::nullopt, theirs.oid)->value(), theirs.oid);
}

TEST(WorthCompressing, KnowsTextFromMedia) {
    for (const char* text : {"task.json", "a/manifest.jsonl", "annotation_guide.md", "A.JSON", "x.pcd"}) EXPECT_TRUE(worth_compressing(text)) << text;
    for (const char* media : {"a.png", "b.jpg", "video.mp4", "noextension", "", ".zip"}) EXPECT_FALSE(worth_compressing(media)) << media;
}

}  // namespace
}  // namespace autobackup::vault::version_test
