// SPDX-License-Identifier: MIT
// A history that is larger than a server takes at once, pushed to a new place.
#include "daemon/restore/history_out.hpp"

#include <gtest/gtest.h>

#include "daemon/restore/remote_vault.hpp"
#include "lib/core/file.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::restore::history_out_test {
namespace {

class HistoryOut : public testing::Test {
protected:
    void SetUp() override {
        git::Repository repository = git::Repository::open_or_init(vault_, "main").value();
        std::vector<test::NamedContent> files;
        for (unsigned i = 0; i < 10; ++i) files.push_back({"cvat_backup_project_1/" + std::to_string(i), test::noise(20'000, i), false});
        tip_ = test::write_commit(repository, files, {}, 1'700'000'000).value();
        ASSERT_TRUE(repository.set_ref("refs/heads/main", tip_, std::nullopt, "test"));
        test::git(directory_.path(), {"init", "-q", "--bare", target_.string()});
    }
    Result<HistoryGiven> push() {
        auto work = [&]() -> Awaitable<Result<HistoryGiven>> {
            async::Workers workers(2);
            Access access;
            access.url = target_.string();
            Reached reached = reach(access, lfs::Store(vault_ / "lfs" / "objects"), "refs/heads/main", workers).value();
            Place place;
            place.vault = vault_;
            Result<HistoryGiven> given =
                co_await push_history(place, tip_, "refs/heads/main", access.url, *reached.git, *reached.large, workers, 70'000);
            co_return given;
        };
        return test::run_coroutine(work, Milliseconds(60'000));
    }
    std::string refs() const { return test::git(target_, {"for-each-ref", "--format=%(refname)"}); }
    void refuse(const std::string& pattern) const {
        ASSERT_TRUE(make_directories(target_ / "hooks"));
        ASSERT_TRUE(write_file_durably(target_ / "hooks/update", "#!/bin/sh\ncase \"$1\" in " + pattern + ") exit 1;; esac\n", 0755));
    }
    void expect_whole() const {
        EXPECT_EQ(refs(), "refs/heads/main\n");
        EXPECT_EQ(test::git(target_, {"rev-parse", "main"}), tip_.hex() + "\n");
        const test::CommandResult fsck = test::try_git(target_, {"fsck", "--full", "--strict", "--no-dangling"});
        EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
    }

    test::TempDir directory_;
    std::filesystem::path vault_ = directory_.path() / "vault.git";
    std::filesystem::path target_ = directory_.path() / "new.git";
    git::Oid tip_;
};

TEST_F(HistoryOut, ASingleLargeCommitGoesInParts) {
    const Result<HistoryGiven> given = push();
    ASSERT_TRUE(given) << describe(given.error());
    EXPECT_EQ(given->warning, "");
    EXPECT_GT(given->bytes, 200'000U);
    expect_whole();
}

TEST_F(HistoryOut, GoesOnWhereItWasInterrupted) {
    refuse("refs/heads/main");
    ASSERT_FALSE(push());
    EXPECT_NE(refs().find("refs/autobackup/part/"), std::string::npos);
    refuse("nothing");
    const Result<HistoryGiven> given = push();
    ASSERT_TRUE(given) << describe(given.error());
    EXPECT_LT(given->bytes, 100'000U) << "the parts that were there were sent again";
    expect_whole();
}

}  // namespace
}  // namespace autobackup::restore::history_out_test
