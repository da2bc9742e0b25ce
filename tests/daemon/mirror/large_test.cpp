// SPDX-License-Identifier: MIT
// Large files of mirrors where a run was killed, or somebody else's git was at work.
#include "daemon/mirror/large.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/daemon/mirror/mirror_kit.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::mirror::large_test {
namespace {

class LargeFiles : public testing::Test {
protected:
    void SetUp() override {
        test::git(directory_.path(), {"init", "-q", work_.string()});
        commit("plain", "nothing large");
        ASSERT_EQ(mirror_once(url(), path_).outcome, model::ItemOutcome::saved);
    }
    std::string url() const { return "file://" + work_.string(); }
    void commit(const std::string& file, const std::string& text) const {
        std::ofstream(work_ / file, std::ios::binary) << text;
        test::git(work_, {"add", "-A"});
        test::git(work_, {"commit", "-q", "-m", file});
    }
    // The pointer in git, the object where the source's git-lfs would have it.
    lfs::Pointer commit_large(const std::string& file, const std::string& content, bool hold = true) const {
        const test::TempDir elsewhere;
        const lfs::Store store(hold ? work_ / ".git/lfs/objects" : elsewhere.path() / "objects");
        const lfs::Pointer pointer =
            store.put([&](const lfs::TakeBytes& take) { return take(std::as_bytes(std::span(content))); }).value();
        commit(file, lfs::pointer_text(pointer));
        return pointer;
    }
    bool held(const lfs::Pointer& pointer) const { return large_store(path_).has(pointer); }

    test::TempDir directory_;
    fs::path work_ = directory_.path() / "work";
    fs::path path_ = directory_.path() / "mirrors" / "a.git";
};

TEST_F(LargeFiles, ComeWithAnUpdateAndAreNotListedAnyMore) {
    const lfs::Pointer pointer = commit_large("x.bin", test::noise(5000, 1));
    EXPECT_EQ(mirror_once(url(), path_).outcome, model::ItemOutcome::saved);
    EXPECT_TRUE(held(pointer));
    EXPECT_EQ(read_large(path_).value(), std::vector<LargeFile>());
}

TEST_F(LargeFiles, OfObjectsThatAKilledRunHasLeftAreLookedForAgain) {
    const lfs::Pointer pointer = commit_large("x.bin", test::noise(5000, 2));
    const std::string tip = test::git(work_, {"rev-parse", "HEAD"}).substr(0, 40);
    // The objects are here, and no ref has moved.
    test::git(path_, {"fetch", "-q", "--no-write-fetch-head", url(), "HEAD"});
    ASSERT_EQ(test::try_git(path_, {"cat-file", "-e", tip}).exit_code, 0);
    EXPECT_EQ(mirror_once(url(), path_).outcome, model::ItemOutcome::saved);
    EXPECT_TRUE(held(pointer));
}

TEST_F(LargeFiles, ADamagedListIsMadeAnewFromTheHistory) {
    const lfs::Pointer pointer = commit_large("folder-x.bin", test::noise(5000, 3));
    ASSERT_EQ(mirror_once(url(), path_).outcome, model::ItemOutcome::saved);
    fs::remove(large_store(path_).path_of(pointer));
    fs::remove_all(path_.parent_path() / ".lfs");
    std::ofstream(path_ / "autobackup" / "large-files") << "garbage\n";
    EXPECT_EQ(mirror_once(url(), path_).outcome, model::ItemOutcome::saved);
    EXPECT_TRUE(held(pointer));
}

TEST_F(LargeFiles, AMissingOneIsNamedByPathAndKeepsNothingElseFromBeingSaved) {
    fs::create_directories(work_ / "deep");
    const lfs::Pointer missing = commit_large("deep/lost.bin", test::noise(5000, 4), false);
    const lfs::Pointer there = commit_large("x.bin", test::noise(5000, 5));
    const model::Item item = mirror_once(url(), path_);
    EXPECT_EQ(item.outcome, model::ItemOutcome::partial);
    EXPECT_EQ(item.repository->refs.moved, 1U);
    EXPECT_TRUE(held(there));
    ASSERT_EQ(item.warnings.size(), 1U);
    EXPECT_NE(item.warnings[0].find("deep/lost.bin"), std::string::npos) << item.warnings[0];
    EXPECT_NE(item.warnings[0].find(missing.oid), std::string::npos);
    ASSERT_EQ(read_large(path_).value()->size(), 1U);
    EXPECT_EQ(read_large(path_).value()->front().object, missing);
}

TEST_F(LargeFiles, ForceFindsWhatWasDeletedHere) {
    const lfs::Pointer pointer = commit_large("x.bin", test::noise(5000, 6));
    ASSERT_EQ(mirror_once(url(), path_).outcome, model::ItemOutcome::saved);
    fs::remove(large_store(path_).path_of(pointer));
    fs::remove_all(path_.parent_path() / ".lfs");
    EXPECT_EQ(mirror_once(url(), path_).outcome, model::ItemOutcome::unchanged);
    model::Options force;
    force.force = true;
    EXPECT_EQ(mirror_once(url(), path_, force).outcome, model::ItemOutcome::saved);
    EXPECT_TRUE(held(pointer));
}

TEST_F(LargeFiles, EmptyOnesNeedNoServer) {
    lfs::Pointer empty;
    empty.oid = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    commit("empty.bin", lfs::pointer_text(empty));
    EXPECT_EQ(mirror_once(url(), path_).outcome, model::ItemOutcome::saved);
    EXPECT_TRUE(held(empty));
}

}  // namespace
}  // namespace autobackup::mirror::large_test
