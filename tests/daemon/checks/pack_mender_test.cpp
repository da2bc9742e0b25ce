// SPDX-License-Identifier: MIT
// A damaged pack is mended only where there is room for it, and no longer than it is wanted.
#include "daemon/checks/pack_mender.hpp"

#include <gtest/gtest.h>

#include "daemon/checks/room.hpp"
#include "lib/core/file.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::checks::pack_mender_test {
namespace {

constexpr std::uint64_t everything = std::uint64_t{1} << 60;

class Mending : public testing::Test {
protected:
    void SetUp() override {
        test::git(directory_.path(), {"init", "-q", "--bare", "a.git"});
        const std::string tree = test::git(path_, {"mktree"});
        const std::string commit = test::git(path_, {"commit-tree", "-m", "one", tree.substr(0, 40)});
        test::git(path_, {"update-ref", "refs/heads/main", commit.substr(0, 40)});
        test::git(path_, {"repack", "-q", "-a", "-d"});
        for (const auto& entry : fs::directory_iterator(path_ / "objects/pack")) {
            if (entry.path().extension() == ".pack") pack_ = entry.path();
        }
        ASSERT_FALSE(pack_.empty());
        fs::permissions(fs::path(pack_).replace_extension(".idx"), fs::perms::owner_all);
        fs::resize_file(fs::path(pack_).replace_extension(".idx"), 900);
    }
    test::TempDir directory_;
    fs::path path_ = directory_.path() / "a.git", pack_;
};

TEST_F(Mending, AnIndexIsMadeAnew) {
    PackMender one(pack_, directory_.path() / "work", Bounds{});
    const Result<bool> whole = one.whole();
    EXPECT_FALSE(whole && *whole);
    const Result<void> indexed = one.index_anew();
    EXPECT_TRUE(indexed) << describe(indexed.error());
    EXPECT_FALSE(fs::exists(directory_.path() / "work/again.pack"));
}

TEST_F(Mending, WithoutRoomNothingIsCopied) {
    PackMender one(pack_, directory_.path() / "work", Bounds{{}, everything});
    (void)one.whole();
    const Result<void> indexed = one.index_anew();
    ASSERT_FALSE(indexed);
    EXPECT_EQ(indexed.error().code, Errc::reserve);
    EXPECT_NE(describe(indexed.error()).find("there is no room"), std::string::npos);
    EXPECT_NE(describe(indexed.error()).find(pack_.string()), std::string::npos);
    EXPECT_FALSE(fs::exists(directory_.path() / "work/again.pack"));
    const Result<git::Repository> from = git::Repository::open(path_);
    Result<git::Repository> into = git::Repository::open_or_init(directory_.path() / "into.git", "main");
    ASSERT_TRUE(into);
    test::git(path_, {"index-pack", pack_.string()});
    const git::Oid main = git::Oid::parse(test::git(path_, {"rev-parse", "main"}).substr(0, 40)).value();
    const Result<void> taken = take_objects(path_, {main}, *into, directory_.path() / "via.pack", Bounds{{}, everything});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Errc::reserve);
    EXPECT_FALSE(fs::exists(directory_.path() / "via.pack"));
    EXPECT_TRUE(take_objects(path_, {main}, *into, directory_.path() / "via.pack", Bounds{}));
}

TEST_F(Mending, AStopEndsItBeforeTheNextCopy) {
    std::stop_source stop;
    PackMender one(pack_, directory_.path() / "work", Bounds{stop.get_token(), 0});
    (void)one.whole();
    stop.request_stop();
    const Result<void> indexed = one.index_anew();
    ASSERT_FALSE(indexed);
    EXPECT_EQ(indexed.error().code, Errc::cancelled);
    EXPECT_FALSE(fs::exists(one.mended()));
}

TEST(Room, IsCountedWithoutTheReserve) {
    test::TempDir directory;
    const std::uint64_t free = free_bytes(directory.path()).value();
    EXPECT_TRUE(need_room(directory.path() / "not/yet/there", 1, 0, "mend", "x"));
    EXPECT_EQ(need_room(directory.path(), 2 * free, 0, "mend", "x").error().code, Errc::reserve);
    EXPECT_EQ(need_room(directory.path(), 1, 2 * free, "mend", "x").error().code, Errc::reserve);
    EXPECT_EQ(need_room(directory.path(), everything, everything, "mend", "x").error().code, Errc::reserve);
}

TEST(CopyFile, IsWholeOrStopped) {
    test::TempDir directory;
    const fs::path from = directory.path() / "from", to = directory.path() / "to";
    const std::string text(9'000'000, 'x');
    ASSERT_TRUE(write_file_durably(from, text + "end"));
    ASSERT_TRUE(copy_file(from, to, {}));
    EXPECT_EQ(read_file(to).value(), text + "end");
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(copy_file(from, to, stop.get_token()).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace autobackup::checks::pack_mender_test
