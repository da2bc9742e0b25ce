// SPDX-License-Identifier: MIT
#include "daemon/restore/branches.hpp"

#include "tests/daemon/restore/restore_kit.hpp"

namespace autobackup::restore::branches_test {
namespace {

class Branches : public Storage {
protected:
    void run(const std::vector<std::string>& arguments) { test::git(places().vault(), arguments); }
    Place brought() const {
        Place one;
        one.vault = places().vault();
        return one;
    }
};

TEST_F(Branches, HeadsOwnBranchIsTaken) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    Place one = brought();
    ASSERT_TRUE(choose_branch(one, {}));
    EXPECT_EQ(one.branch, "");
    ASSERT_TRUE(choose_branch(one, "main"));
    EXPECT_EQ(one.ref, "refs/heads/main");
}

TEST_F(Branches, TheOnlyOtherOneIsTakenAndSeveralAreNamed) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    git::Repository repository = vault();
    const git::Oid tip = **repository.resolve("refs/heads/main");
    ASSERT_TRUE(repository.set_ref("refs/heads/backup", tip, std::nullopt, "test"));
    EXPECT_EQ(*branches_with_items(repository), (std::vector<std::string>{"refs/heads/backup", "refs/heads/main"}));
    run({"symbolic-ref", "HEAD", "refs/heads/gone"});
    Place one = brought();
    const Result<void> several = choose_branch(one, {});
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error().code, Errc::bad_request);
    EXPECT_NE(several.error().message.find("backup, main"), std::string::npos) << several.error().message;
    ASSERT_TRUE(choose_branch(one, "backup"));
    EXPECT_EQ(one.branch, "backup");
    const Result<void> missing = choose_branch(one, "nothing");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::not_found);
}

TEST_F(Branches, WhatACloneTracksIsTakenWhenItHasNoBranchOfItsOwn) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    run({"update-ref", "refs/remotes/origin/main", "refs/heads/main"});
    run({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"});
    run({"symbolic-ref", "HEAD", "refs/heads/gone"});
    run({"update-ref", "-d", "refs/heads/main"});
    Place one = brought();
    ASSERT_TRUE(choose_branch(one, {}));
    EXPECT_EQ(one.ref, "refs/remotes/origin/main");
    EXPECT_EQ(one.branch, "main");
    EXPECT_EQ(snapshots_of(one)->size(), 1U);
    ASSERT_TRUE(choose_branch(one, "main"));
    EXPECT_EQ(one.ref, "refs/remotes/origin/main");
}

TEST_F(Branches, ABranchOfSomebodyElseIsNotOurs) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    run({"branch", "-m", "main", "backup"});
    const std::string tree = test::git(places().vault(), {"mktree"});
    const std::string commit = test::git(places().vault(), {"commit-tree", "-m", "readme", tree.substr(0, 40)});
    run({"update-ref", "refs/heads/main", commit.substr(0, 40)});
    run({"symbolic-ref", "HEAD", "refs/heads/main"});
    Place one = brought();
    ASSERT_TRUE(choose_branch(one, {}));
    EXPECT_EQ(one.branch, "backup");
    EXPECT_EQ(snapshots_of(one)->size(), 1U);
}

}  // namespace
}  // namespace autobackup::restore::branches_test
