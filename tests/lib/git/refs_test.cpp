// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::refs_test {
namespace {

class Refs : public RepositoryTest {
protected:
    void SetUp() override {
        RepositoryTest::SetUp();
        first_ = commit_of("1");
        second_ = commit_of("2", {first_});
    }
    std::string main() const { return git({"rev-parse", "refs/heads/main"}); }
    std::size_t leftovers() const {
        std::size_t count = 0;
        for (const auto& file : fs::recursive_directory_iterator(path_)) {
            const std::string name = file.path().filename();
            if (name.ends_with(".lock") || name.starts_with("autobackup_ref_")) ++count;
        }
        return count;
    }
    Oid first_, second_;
};

TEST_F(Refs, MovesOnlyFromWhereItIsExpected) {
    EXPECT_FALSE(repository_->resolve("refs/heads/main")->has_value());
    EXPECT_FALSE(repository_->resolve("HEAD")->has_value());
    set_main(first_);
    EXPECT_EQ(repository_->resolve("refs/heads/main").value(), first_);
    EXPECT_EQ(repository_->resolve("HEAD").value(), first_);
    for (const std::optional<Oid>& wrong : {std::optional<Oid>(), std::optional<Oid>(second_)}) {
        const Result<void> moved = repository_->set_ref("refs/heads/main", second_, wrong, "test");
        ASSERT_FALSE(moved);
        EXPECT_EQ(moved.error().code, Errc::remote_moved);
        EXPECT_EQ(main(), first_.hex() + "\n");
    }
    set_main(second_, first_);
    EXPECT_EQ(main(), second_.hex() + "\n");
    const Result<void> gone = repository_->set_ref("refs/heads/other", second_, first_, "test");
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::remote_moved);
    expect_strict_fsck(path_);
    EXPECT_EQ(leftovers(), 0U);
}

TEST_F(Refs, LogSaysWhatHappened) {
    set_main(first_);
    ASSERT_TRUE(repository_->set_ref("refs/heads/main", second_, first_, "backup of\nproject 12"));
    EXPECT_EQ(git({"reflog", "show", "--format=%H %gs", "main"}),
              second_.hex() + " backup of\\nproject 12\n" + first_.hex() + " test\n");
}

TEST_F(Refs, ATargetThatIsNotThereIsRefused) {
    const Result<void> set =
        repository_->set_ref("refs/heads/main", hash_object(ObjectType::blob, "no"), std::nullopt, "test");
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, Errc::not_found);
}

TEST_F(Refs, BadNamesAreRefused) {
    for (const char* name : {"HEAD", "main", "refs/heads/../../config", "refs/heads/a..b",
                             "refs/heads/a.lock", "refs/heads/", ""}) {
        EXPECT_FALSE(repository_->set_ref(name, first_, std::nullopt, "test")) << name;
        EXPECT_FALSE(repository_->delete_ref(name)) << name;
    }
    EXPECT_FALSE(repository_->set_head("a b"));
}

TEST_F(Refs, ModesDoNotDependOnTheUmask) {
    const mode_t before = ::umask(0);
    const Result<void> set = repository_->set_ref("refs/heads/deep/er/branch", first_, std::nullopt, "test");
    ::umask(before);
    ASSERT_TRUE(set);
    for (const auto& file : fs::recursive_directory_iterator(path_)) {
        struct stat status {};
        ASSERT_EQ(::lstat(file.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0027, 0U) << file.path();
        if (S_ISDIR(status.st_mode)) {
            EXPECT_EQ(status.st_mode & 07777, 0750U) << file.path();
        }
    }
}

TEST_F(Refs, ListsLooseAndPackedOnesByName) {
    git({"update-ref", "refs/heads/b", first_.hex()});
    git({"tag", "-m", "annotated", "v1", first_.hex()});
    git({"pack-refs", "--all"});
    git({"update-ref", "refs/heads/b", second_.hex()});
    git({"update-ref", "refs/heads/a/x", first_.hex()});
    git({"symbolic-ref", "refs/heads/link", "refs/heads/b"});
    git({"symbolic-ref", "refs/heads/dangling", "refs/heads/nowhere"});
    const auto refs = repository_->refs("refs/heads/");
    ASSERT_TRUE(refs) << describe(refs.error());
    using Row = std::pair<std::string, Oid>;
    EXPECT_EQ(*refs,
              (std::vector<Row>{
                  {"refs/heads/a/x", first_}, {"refs/heads/b", second_}, {"refs/heads/link", second_}}));
    EXPECT_EQ(repository_->refs("refs/heads/b")->size(), 1U);
    EXPECT_EQ(repository_->refs("refs/")->size(), 4U);
    EXPECT_EQ(repository_->refs("")->size(), 4U);
    EXPECT_EQ(repository_->refs("refs/tags/")->front().second.hex() + "\n", git({"rev-parse", "v1"}));
    EXPECT_TRUE(repository_->refs("refs/none/")->empty());
}

TEST_F(Refs, ALooseRefCountsBeforeThePackedOneOfItsName) {
    const Oid old = commit_of("old"), now = commit_of("now");
    for (const char* name : {"b", "d", "f"})
        ASSERT_TRUE(repository_->set_ref(std::string("refs/heads/") + name, old, std::nullopt, "x"));
    git({"pack-refs", "--all"});
    ASSERT_TRUE(repository_->set_ref("refs/heads/d", now, old, "moved"));
    for (const char* name : {"a", "c", "g"})
        ASSERT_TRUE(repository_->set_ref(std::string("refs/heads/") + name, now, std::nullopt, "x"));
    std::ofstream(path_ / "refs/heads/f") << "ref: refs/heads/none\n";  // stands for nothing, and hides the packed one
    const auto refs = repository_->refs("refs/heads/");
    ASSERT_TRUE(refs);
    std::string found;
    for (const auto& [name, oid] : *refs)
        found += name.substr(std::string_view("refs/heads/").size()) + (oid == now ? "! " : " ");
    EXPECT_EQ(found, "a! b c! d! g! ");
}

TEST_F(Refs, ADamagedRefIsAnErrorNotAnAbsentRef) {
    set_main(first_);
    std::ofstream(path_ / "refs/heads/main", std::ios::trunc) << "";
    EXPECT_EQ(repository_->resolve("refs/heads/main").error().code, Errc::repository_invalid);
    EXPECT_EQ(repository_->refs("refs/").error().code, Errc::repository_invalid);
}

TEST_F(Refs, DeletionTakesLooseAndPackedAndLog) {
    set_main(first_);
    ASSERT_TRUE(repository_->set_ref("refs/heads/a/b/c", first_, std::nullopt, "test"));
    git({"pack-refs", "--all"});
    ASSERT_TRUE(repository_->set_ref("refs/heads/a/b/c", second_, first_, "test"));
    ASSERT_TRUE(repository_->delete_ref("refs/heads/a/b/c"));
    EXPECT_FALSE(repository_->resolve("refs/heads/a/b/c")->has_value());
    EXPECT_EQ(git({"for-each-ref", "--format=%(refname)"}), "refs/heads/main\n");
    EXPECT_FALSE(fs::exists(path_ / "refs/heads/a"));
    EXPECT_FALSE(fs::exists(path_ / "logs/refs/heads/a"));
    EXPECT_TRUE(fs::exists(path_ / "refs/heads"));
    EXPECT_TRUE(repository_->delete_ref("refs/heads/a/b/c")) << "a ref that is not there is no error";
    ASSERT_TRUE(repository_->set_ref("refs/heads/a", first_, std::nullopt, "test"))
        << "the directory is out of the way";
    EXPECT_EQ(leftovers(), 0U);
    expect_strict_fsck(path_);
}

TEST_F(Refs, ARefCannotLieBelowAnother) {
    ASSERT_TRUE(repository_->set_ref("refs/heads/a", first_, std::nullopt, "test"));
    ASSERT_TRUE(repository_->set_ref("refs/heads/d/e", first_, std::nullopt, "test"));
    for (int round = 0; round < 2; ++round) {
        EXPECT_FALSE(repository_->set_ref("refs/heads/a/b", first_, std::nullopt, "test"));
        EXPECT_FALSE(repository_->set_ref("refs/heads/d", first_, std::nullopt, "test"));
        git({"pack-refs", "--all"});
    }
    EXPECT_EQ(leftovers(), 0U);
    expect_strict_fsck(path_);
}

TEST_F(Refs, EmptyDirectoriesAreNotInTheWay) {
    fs::create_directories(path_ / "refs/heads/x/y/z");
    fs::create_directories(path_ / "logs/refs/heads/x/y");
    ASSERT_TRUE(repository_->set_ref("refs/heads/x", first_, std::nullopt, "test"));
    EXPECT_EQ(git({"rev-parse", "x"}), first_.hex() + "\n");
}

TEST_F(Refs, HeadFollowsTheBranch) {
    set_main(first_);
    ASSERT_TRUE(repository_->set_ref("refs/heads/trunk", second_, std::nullopt, "test"));
    ASSERT_TRUE(repository_->set_head("trunk"));
    EXPECT_EQ(git({"symbolic-ref", "HEAD"}), "refs/heads/trunk\n");
    EXPECT_EQ(repository_->resolve("HEAD").value(), second_);
}

TEST_F(Refs, ALiveLockIsRespectedAndADeadOneTakenAway) {
    const fs::path temporary = path_ / "autobackup_ref_abcdef";
    const fs::path lock = path_ / "refs/heads/main.lock";
    std::ofstream(temporary) << "";
    fs::create_hard_link(temporary, lock);
    const int holder = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::flock(holder, LOCK_EX), 0);
    const Result<void> busy = repository_->set_ref("refs/heads/main", first_, std::nullopt, "test");
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().code, Errc::busy);
    EXPECT_TRUE(fs::exists(lock));
    ::close(holder);
    set_main(first_);
    EXPECT_EQ(leftovers(), 0U);
}

TEST_F(Refs, AnotherProgramsLockIsRespectedForAnHour) {
    const fs::path lock = path_ / "refs/heads/main.lock";
    std::ofstream(lock) << "";
    EXPECT_EQ(repository_->set_ref("refs/heads/main", first_, std::nullopt, "test").error().code, Errc::busy);
    fs::last_write_time(lock, fs::file_time_type::clock::now() - std::chrono::minutes(61));
    set_main(first_);
    EXPECT_EQ(leftovers(), 0U);
}

}  // namespace
}  // namespace autobackup::git::refs_test
