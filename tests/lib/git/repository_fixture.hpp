// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "lib/core/file.hpp"
#include "lib/git/repository.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::git {

/// A fresh vault in a directory of its own.
class RepositoryTest : public testing::Test {
protected:
    void SetUp() override { repository_.emplace(open(path_)); }

    static Repository open(const fs::path& path) {
        Result<Repository> opened = Repository::open_or_init(path, "main");
        if (!opened) throw std::runtime_error(describe(opened.error()));
        return std::move(*opened);
    }
    /// A commit whose only file says `text`, on top of `parents`; written, but no ref moved.
    Oid commit_of(const std::string& text, const std::vector<Oid>& parents = {},
                  std::int64_t time = 1'700'000'000) {
        const Result<Oid> commit = test::write_commit(*repository_, {{"file", text, true}}, parents, time);
        if (!commit) throw std::runtime_error(describe(commit.error()));
        return *commit;
    }
    void set_main(const Oid& commit, const std::optional<Oid>& expected = std::nullopt) {
        const Result<void> set = repository_->set_ref("refs/heads/main", commit, expected, "test");
        ASSERT_TRUE(set) << describe(set.error());
    }
    std::string git(const std::vector<std::string>& arguments, const std::string& input = "/dev/null") const {
        return test::git(path_, arguments, input);
    }
    static void expect_strict_fsck(const fs::path& path) {
        const test::CommandResult fsck = test::try_git(path, {"fsck", "--full", "--strict"});
        EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
        for (const char* word : {"error", "missing", "broken", "warning"}) {
            EXPECT_EQ(fsck.output.find(word), std::string::npos) << fsck.output;
        }
    }
    std::vector<fs::path> packs() const {
        std::vector<fs::path> found;
        for (const auto& file : fs::directory_iterator(path_ / "objects" / "pack")) {
            if (file.path().extension() == ".pack") found.push_back(file.path());
        }
        return found;
    }

    test::TempDir directory_;
    fs::path path_ = directory_.path() / "vault.git";
    std::optional<Repository> repository_;
};

}  // namespace autobackup::git
