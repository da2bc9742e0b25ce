// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::open_test {
namespace {

class Open : public RepositoryTest {
protected:
    void SetUp() override {}
};

TEST_F(Open, MakesABareRepositoryThatGitLikes) {
    for (const mode_t mask : {0000U, 0077U}) {
        const fs::path path = directory_.path() / std::to_string(mask) / "deep" / "vault.git";
        const mode_t before = ::umask(mask);
        const Result<Repository> opened = Repository::open_or_init(path, "trunk");
        ::umask(before);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->path(), path);
        EXPECT_FALSE(opened->partial());
        EXPECT_EQ(test::git(path, {"symbolic-ref", "HEAD"}), "refs/heads/trunk\n");
        EXPECT_EQ(test::git(path, {"rev-parse", "--is-bare-repository"}), "true\n");
        EXPECT_EQ(test::git(path, {"config", "gc.auto"}), "0\n");
        EXPECT_EQ(test::try_git(path, {"fsck", "--strict"}).exit_code, 0);
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0750U);
        for (const auto& file : fs::recursive_directory_iterator(path)) {
            ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
            EXPECT_EQ(status.st_mode & 07777, S_ISDIR(status.st_mode) ? 0750U : 0640U) << file.path();
        }
        const fs::directory_iterator beside(path.parent_path());
        EXPECT_EQ(std::distance(begin(beside), end(beside)), 1) << "nothing is left beside it";
    }
}

TEST_F(Open, ACloneWithAWorkTreeIsOpenedForReading) {
    const fs::path tree = directory_.path() / "tree";
    test::git(directory_.path(), {"init", "-q", "-b", "trunk", tree.string()});
    test::git(tree, {"commit", "-q", "--allow-empty", "-m", "m"});
    const std::string head = test::git(tree, {"rev-parse", "HEAD"});
    for (const fs::path& path : {tree, tree / ".git"}) {
        const Result<Repository> opened = Repository::open_any(path);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->head_branch().value(), "refs/heads/trunk");
        EXPECT_EQ(opened->resolve("HEAD").value()->hex() + "\n", head);
    }
    EXPECT_EQ(Repository::open(tree / ".git").error().code, Errc::repository_invalid);
    EXPECT_EQ(Repository::open_any(directory_.path()).error().code, Errc::repository_invalid);
    test::git(tree, {"checkout", "-q", "--detach"});
    EXPECT_EQ(Repository::open_any(tree)->head_branch().value(), std::nullopt);
}

TEST_F(Open, AnEmptyDirectoryIsFilled) {
    fs::create_directories(path_);
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    ASSERT_TRUE(Repository::open_or_init(path_ / "", "main")) << "a slash at the end changes nothing";
}

TEST_F(Open, AnExistingOneKeepsItsBranch) {
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    ASSERT_TRUE(Repository::open_or_init(path_, "other"));
    EXPECT_EQ(git({"symbolic-ref", "HEAD"}), "refs/heads/main\n");
}

TEST_F(Open, WhatIsNotABareRepositoryIsRefusedAndNotTouched) {
    const fs::path work = directory_.path() / "work";
    test::git(directory_.path(), {"init", "-q", work.string()});
    EXPECT_EQ(Repository::open_or_init(work, "main").error().code, Errc::repository_invalid);
    EXPECT_EQ(Repository::open(work / ".git").error().code, Errc::repository_invalid);
    const fs::path folder = directory_.path() / "folder";
    fs::create_directories(folder);
    std::ofstream(folder / "letter") << "mine";
    EXPECT_EQ(Repository::open_or_init(folder, "main").error().code, Errc::repository_invalid);
    EXPECT_TRUE(fs::exists(folder / "letter"));
    EXPECT_EQ(Repository::open(directory_.path() / "nowhere").error().code, Errc::repository_invalid);
    std::ofstream(directory_.path() / "file") << "";
    EXPECT_EQ(Repository::open_or_init(directory_.path() / "file", "main").error().code,
              Errc::repository_invalid);
}

TEST_F(Open, DamageIsRefused) {
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    const auto spoil = [this](const char* file, const char* text) {
        const fs::path saved = directory_.path() / "saved";
        fs::copy_file(path_ / file, saved, fs::copy_options::overwrite_existing);
        std::ofstream(path_ / file, std::ios::trunc) << text;
        const Result<Repository> opened = Repository::open_or_init(path_, "main");
        fs::copy_file(saved, path_ / file, fs::copy_options::overwrite_existing);
        return opened ? Errc::internal : opened.error().code;
    };
    EXPECT_EQ(spoil("config", "[core\nbare = perhaps"), Errc::repository_invalid);
    EXPECT_EQ(
        spoil(
            "config",
            "[core]\n\tbare = true\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n"),
        Errc::repository_invalid);
    EXPECT_EQ(spoil("HEAD", ""), Errc::repository_invalid);
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    fs::remove(path_ / "HEAD");
    EXPECT_EQ(Repository::open_or_init(path_, "main").error().code, Errc::repository_invalid);
}

TEST_F(Open, BorrowedObjectsAreRefused) {
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    std::ofstream(path_ / "objects/info/alternates") << "/somewhere/else\n";
    const Result<Repository> opened = Repository::open(path_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::repository_invalid);
    EXPECT_NE(opened.error().message.find("alternates"), std::string::npos);
}

TEST_F(Open, BadBranchNamesMakeNothing) {
    for (const char* branch : {"", "a b", "../x", "a..b", "x.lock"}) {
        const Result<Repository> opened = Repository::open_or_init(path_, branch);
        ASSERT_FALSE(opened) << branch;
        EXPECT_EQ(opened.error().code, Errc::config_invalid);
        EXPECT_FALSE(fs::exists(path_));
    }
}

TEST_F(Open, TidiesUpAfterTheDeadButNotAfterTheLiving) {
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    const fs::path packs = path_ / "objects/pack";
    const fs::path living = packs / "tmp_pack_autobackup_living";
    const fs::path gits = packs / "tmp_pack_XyZ123";
    const fs::path orphan = packs / ("pack-" + std::string(40, 'a') + ".pack");
    const fs::path young_orphan = packs / ("pack-" + std::string(40, 'b') + ".pack");
    const std::vector<fs::path> dead{packs / "tmp_pack_autobackup_dead00",
                                     packs / "tmp_idx_autobackup_dead00",
                                     packs / "tmp_pack_oldold",
                                     path_ / "autobackup_ref_dead00",
                                     orphan,
                                     path_ / "objects/tmp_objdir-autobackup-dead00"};
    fs::create_directories(dead.back() / "pack");
    for (const fs::path& file : {living, gits, young_orphan, dead[0], dead[1], dead[2], dead[3], dead[4]})
        std::ofstream(file) << "x";
    for (const fs::path& file : {dead[2], orphan})
        fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(25));
    const int holder = ::open(living.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::flock(holder, LOCK_EX), 0);
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    for (const fs::path& file : dead) EXPECT_FALSE(fs::exists(file)) << file;
    for (const fs::path& file : {living, gits, young_orphan}) EXPECT_TRUE(fs::exists(file)) << file;
    ::close(holder);
    ASSERT_TRUE(Repository::open(path_));
    EXPECT_TRUE(fs::exists(living)) << "open() only reads";
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    EXPECT_FALSE(fs::exists(living));
}

TEST_F(Open, AHalfMadeRepositoryOfADeadProcessIsNoObstacle) {
    fs::create_directories(directory_.path() / ".vault.git.new-dead00" / "objects");
    ASSERT_TRUE(Repository::open_or_init(path_, "main"));
    EXPECT_FALSE(fs::exists(directory_.path() / ".vault.git.new-dead00"));
}

TEST(Library, TellsItsVersion) {
    initialise_library();
    initialise_library();
    EXPECT_TRUE(library_version().starts_with("libgit2 1.")) << library_version();
}

}  // namespace
}  // namespace autobackup::git::open_test
