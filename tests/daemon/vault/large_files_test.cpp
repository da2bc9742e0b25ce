// SPDX-License-Identifier: MIT
#include "daemon/vault/large_files.hpp"

#include <gtest/gtest.h>

#include "daemon/vault/version.hpp"
#include "lib/core/file.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::vault::large_files_test {
namespace {

const ItemId item{ItemId::Kind::project, 12};

class LargeFilesTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { git::initialise_library(); }
    void SetUp() override { vault_.emplace(git::Repository::open_or_init(path_, "main").value()); }

    static VersionMember member(const std::string& name, const std::string& content) {
        VersionMember one;
        one.entry.name = name;
        one.entry.size = content.size();
        one.oid = git::hash_object(git::ObjectType::blob, content);
        one.produce = [content](const git::TakeBytes& take) { return take(std::as_bytes(std::span(content.data(), content.size()))); };
        return one;
    }
    Result<Committed> try_commit(std::vector<VersionMember> members, LargeFilePolicy::Mode mode = LargeFilePolicy::Mode::lfs,
                                 std::uint64_t limit = 1000) {
        Version one;
        one.manifest.item = item;
        one.members = std::move(members);
        one.time = *parse_rfc3339("2026-11-21T01:30:00Z");
        one.author = git::Signature{"autobackupd", "autobackupd@localhost", 1'795'224'600};
        one.large_files = LargeFilePolicy{mode, limit};
        return commit_version(*vault_, "main", one);
    }
    Committed commit(std::vector<VersionMember> members, LargeFilePolicy::Mode mode = LargeFilePolicy::Mode::lfs, std::uint64_t limit = 1000) {
        Result<Committed> done = try_commit(std::move(members), mode, limit);
        EXPECT_TRUE(done) << describe(done.error());
        return *done;
    }
    Held held() const { return *read_held(*vault_, "main", item).value(); }
    static std::string content_of(const VersionMember& kept) {
        std::string text;
        const git::TakeBytes take = [&](std::span<const std::byte> bytes) -> Result<void> {
            text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        };
        const Result<void> done = kept.produce(take);
        EXPECT_TRUE(done) << describe(done.error());
        return text;
    }
    std::string blob(const std::string& path) const { return test::git(path_, {"cat-file", "blob", "main:cvat_backup_project_12/" + path}); }
    std::size_t objects() const {
        std::size_t count = 0;
        std::error_code ignored;
        for (const auto& entry : fs::recursive_directory_iterator(path_ / "lfs", ignored)) count += entry.is_regular_file() ? 1 : 0;
        return count;
    }

    test::TempDir directory_;
    fs::path path_ = directory_.path() / "vault.git";
    std::optional<git::Repository> vault_;
    std::string big_ = test::noise(5000, 1);
};

TEST_F(LargeFilesTest, APointerStandsInTheTreeAndTheContentOnceInTheStore) {
    commit({member("project.json", "{}"), member("task_0/data/a b.mp4", big_), member("task_1/data/[b]*.mp4", big_)});
    const lfs::Pointer object{hash::sha256_hex(big_), big_.size()};
    EXPECT_EQ(blob("task_0/data/a b.mp4"), lfs::pointer_text(object));
    EXPECT_EQ(blob("project.json"), "{}");
    EXPECT_EQ(blob(".gitattributes"), "\"/task_0/data/a b.mp4\" filter=lfs diff=lfs merge=lfs -text\n"
                                      "/task_1/data/\\[b]\\*.mp4 filter=lfs diff=lfs merge=lfs -text\n");
    EXPECT_EQ(read_file(large_store(path_).path_of(object)).value(), big_);
    EXPECT_EQ(objects(), 1U);
    const Held now = held();
    ASSERT_EQ(now.manifest->members.size(), 3U);
    EXPECT_EQ(now.manifest->members[1].size, 5000U);
    EXPECT_FALSE(now.blobs.contains(".gitattributes"));
    EXPECT_EQ(now.large.size(), 2U);
    const std::optional<VersionMember> kept = kept_member(now, now.manifest->members[1]);
    ASSERT_TRUE(kept);
    EXPECT_EQ(content_of(*kept), big_);
    EXPECT_TRUE(vault_->check().value().problems.empty());
}

TEST_F(LargeFilesTest, KeptMembersMakeTheSameTreeAgain) {
    const Committed first = commit({member("project.json", "{}"), member("task_0/data/a.mp4", big_)});
    const Held now = held();
    std::vector<VersionMember> kept;
    for (const ManifestMember& entry : now.manifest->members) kept.push_back(kept_member(now, entry).value());
    EXPECT_EQ(commit(kept).commit, first.commit);
    // The name may be another one now: a task that has another number.
    kept[1].entry.name = "task_7/data/a.mp4";
    EXPECT_TRUE(commit(kept).changed);
    EXPECT_NE(blob(".gitattributes").find("/task_7/data/a.mp4 filter=lfs"), std::string::npos);
    EXPECT_EQ(objects(), 1U);
    // Without its content a member is none that could be kept.
    remove_quietly(large_store(path_).path_of(*kept[1].large));
    const Held without = held();
    EXPECT_TRUE(kept_member(without, without.manifest->members[0]));
    EXPECT_FALSE(kept_member(without, without.manifest->members[1]));
}

// Media that did not come because the vault has it: the member knows its blob in the tree alone.
TEST_F(LargeFilesTest, AMemberThatWasSparedStaysALargeFile) {
    commit({member("task_0/data/a.mp4", big_), member("task_0/annotations.json", "[]")});
    const Held now = held();
    VersionMember spared = member("task_1/data/a.mp4", big_);
    spared.oid = now.blobs.at("task_0/data/a.mp4");
    spared.produce = nullptr;
    Version next;
    next.manifest.item = item;
    next.members = {spared, member("task_1/annotations.json", "[1]")};
    next.time = *parse_rfc3339("2026-11-22T01:30:00Z");
    next.author = git::Signature{"autobackupd", "autobackupd@localhost", 1'795'224'600};
    const Result<Committed> done = commit_version(*vault_, "main", next);
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(content_of(next.members[0]), big_);  // for the dated ZIP
    EXPECT_NE(blob(".gitattributes").find("/task_1/data/a.mp4 filter=lfs"), std::string::npos);
    EXPECT_TRUE(held().large.contains("task_1/data/a.mp4"));
}

TEST_F(LargeFilesTest, AnotherSettingRewritesNothingThatDidNotChange) {
    const std::string other = test::noise(6000, 2);
    const Committed plain = commit({member("a.mp4", big_), member("b.mp4", other)}, LargeFilePolicy::Mode::plain);
    EXPECT_EQ(commit({member("a.mp4", big_), member("b.mp4", other)}).commit, plain.commit);
    EXPECT_EQ(commit({member("a.mp4", big_), member("b.mp4", other)}, LargeFilePolicy::Mode::refuse).commit, plain.commit);
    EXPECT_EQ(objects(), 0U);
    // What changes follows the setting of the day.
    const std::string newer = test::noise(7000, 3);
    commit({member("a.mp4", big_), member("b.mp4", newer)});
    EXPECT_EQ(blob("a.mp4"), big_);
    EXPECT_TRUE(lfs::parse_pointer(blob("b.mp4")));
    const git::Oid before = held().commit;
    for (const auto mode : {LargeFilePolicy::Mode::lfs, LargeFilePolicy::Mode::plain, LargeFilePolicy::Mode::refuse}) {
        EXPECT_EQ(commit({member("a.mp4", big_), member("b.mp4", newer)}, mode, 1'000'000).commit, before);
    }
    commit({member("a.mp4", big_), member("b.mp4", other)}, LargeFilePolicy::Mode::lfs, 1'000'000);
    EXPECT_EQ(blob("b.mp4"), other);
    EXPECT_EQ(test::git(path_, {"ls-tree", "--name-only", "main:cvat_backup_project_12"}), "a.mp4\nb.mp4\n");
}

TEST_F(LargeFilesTest, RefusingNamesTheFileAndWritesNothing) {
    const Result<Committed> refused = try_commit({member("project.json", "{}"), member("task_0/data/a.mp4", big_)}, LargeFilePolicy::Mode::refuse);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().message.find("task_0/data/a.mp4"), std::string::npos);
    EXPECT_FALSE(vault_->resolve("refs/heads/main").value());
    EXPECT_EQ(objects(), 0U);
}

TEST_F(LargeFilesTest, AMemberThatLiesIsNotStored) {
    VersionMember lying = member("a.mp4", big_);
    lying.oid = git::hash_object(git::ObjectType::blob, "something else");
    EXPECT_EQ(try_commit({lying}).error().code, Errc::content_mismatch);
    EXPECT_EQ(objects(), 0U);
    EXPECT_EQ(try_commit({member("a.mp4", big_), member(".gitattributes", "x")}).error().code, Errc::unsupported);
    EXPECT_EQ(try_commit({member(std::string(2100, 'x') + ".mp4", big_)}).error().code, Errc::unsupported);
}

TEST_F(LargeFilesTest, AGitattributesOfTheSourceStaysAMember) {
    commit({member("project.json", "{}"), member(".gitattributes", "*.png -diff\n")});
    EXPECT_TRUE(held().blobs.contains(".gitattributes"));
}

TEST_F(LargeFilesTest, TheObjectsOfNewCommitsAreFound) {
    const auto object = [](const std::string& content) { return lfs::Pointer{hash::sha256_hex(content), content.size()}; };
    const std::string second = test::noise(6000, 2);
    const git::Oid one = commit({member("a.mp4", big_)}).commit;
    const git::Oid two = commit({member("a.mp4", big_), member("b.mp4", second)}).commit;
    const git::Oid three = commit({member("a.mp4", big_), member("c.txt", "small")}).commit;
    EXPECT_EQ(large_files_between(*vault_, one, std::nullopt).value(), std::vector{object(big_)});
    EXPECT_EQ(large_files_between(*vault_, three, std::nullopt).value().size(), 2U);
    EXPECT_EQ(large_files_between(*vault_, three, one).value().size(), 2U);
    EXPECT_TRUE(large_files_between(*vault_, three, three).value().empty());
    EXPECT_EQ(large_files_between(*vault_, three, two).value(), std::vector{object(big_)});
}

}  // namespace
}  // namespace autobackup::vault::large_files_test
