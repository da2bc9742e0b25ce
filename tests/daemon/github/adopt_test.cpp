// SPDX-License-Identifier: MIT
#include "daemon/github/adopt.hpp"

#include <gtest/gtest.h>

#include "lib/core/file.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::github_job::adopt_test {
namespace {

namespace fs = std::filesystem;

constexpr const char* url = "https://h/acme/app.git";

class Adoption : public testing::Test {
protected:
    void SetUp() override { test::git(directory_.path(), {"init", "-q", "--bare", other_.string()}); }
    void point(const fs::path& repository) const { test::git(repository, {"config", "remote.origin.url", url}); }

    test::TempDir directory_;
    fs::path other_ = directory_.path() / "app.git", place_ = directory_.path() / "repositories/app/repository";
};

TEST_F(Adoption, TakesTheMirrorOfAnotherTool) {
    point(other_);
    const Result<std::optional<std::string>> taken = adopt(place_, {other_}, url);
    ASSERT_TRUE(taken) << describe(taken.error());
    EXPECT_TRUE(*taken);
    EXPECT_TRUE(fs::exists(place_ / "HEAD"));
    EXPECT_FALSE(fs::exists(other_));
}

TEST_F(Adoption, LeavesAMirrorOfOursWhereItIs) {
    point(other_);
    ASSERT_TRUE(make_directories(other_ / "autobackup"));
    const Result<std::optional<std::string>> taken = adopt(place_, {other_}, url);
    ASSERT_TRUE(taken) << describe(taken.error());
    EXPECT_FALSE(*taken);
    EXPECT_TRUE(fs::exists(other_ / "HEAD"));
    EXPECT_FALSE(fs::exists(place_));
}

}  // namespace
}  // namespace autobackup::github_job::adopt_test
