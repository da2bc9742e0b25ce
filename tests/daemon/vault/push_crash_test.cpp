// SPDX-License-Identifier: MIT
// kill -9 at the changing system calls of a push in parts; AUTOBACKUPD_NIGHTLY=1 takes each of them, otherwise every fifth.
#include <gtest/gtest.h>

#include <cstdlib>

#include "daemon/vault/push_plan.hpp"
#include "lib/core/file.hpp"
#include "lib/git/repository.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/syscall_fault.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::vault::push_crash_test {
namespace {

constexpr std::uint64_t limit = 400'000;

class PushCrash : public testing::Test {
protected:
    // A commit of its own, then one that is too large for a push and goes by its blobs, then another.
    void SetUp() override {
        git::Repository vault = git::Repository::open_or_init(vault_, "main").value();
        std::vector<test::NamedContent> files;
        std::optional<git::Oid> tip;
        for (const unsigned count : {1U, 14U, 1U}) {
            for (unsigned i = 0; i < count; ++i) {
                const auto seed = static_cast<unsigned>(files.size());
                files.push_back({"data/" + std::to_string(seed) + ".png", test::noise(100'000, seed), false});
            }
            std::vector<git::Oid> parents;
            if (tip) parents.push_back(*tip);
            const git::Oid commit = test::write_commit(vault, files, parents).value();
            ASSERT_TRUE(vault.set_ref("refs/heads/main", commit, tip, "test"));
            tip = commit;
        }
        tip_ = *tip;
        test::git(directory_.path(), {"init", "-q", "--bare", "-b", "main", "target.git"});
        fs::copy(vault_, directory_.path() / "saved-vault", fs::copy_options::recursive);
        fs::copy(target_, directory_.path() / "saved-target", fs::copy_options::recursive);
    }
    void start_anew() const {
        for (const auto& [place, saved] : {std::pair(vault_, "saved-vault"), std::pair(target_, "saved-target")}) {
            fs::remove_all(place);
            fs::copy(directory_.path() / saved, place, fs::copy_options::recursive);
        }
    }
    test::FaultedRun push(long at) const {
        test::SyscallFault fault;
        fault.at = at;
        return test::run_with_fault({PUSH_PARTS_HELPER, vault_.string(), target_.string(), std::to_string(limit)}, fault, directory_.path() / "log");
    }
    std::string log() const { return read_file(directory_.path() / "log").value(); }
    std::string refs() const { return test::git(target_, {"for-each-ref", "--format=%(refname)"}); }
    static void expect_sound(const fs::path& repository) {
        const test::CommandResult fsck = test::try_git(repository, {"fsck", "--full", "--strict", "--no-dangling"});
        EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
    }

    test::TempDir directory_;
    fs::path vault_ = directory_.path() / "vault.git", target_ = directory_.path() / "target.git";
    git::Oid tip_;
};

TEST_F(PushCrash, WhateverIsLeftTheNextPushCompletesItAndLeavesNoParts) {
    const test::FaultedRun whole = push(0);
    ASSERT_EQ(whole.exit_code, 0) << log();
    ASSERT_GT(whole.calls, 30);
    const long stride = std::getenv("AUTOBACKUPD_NIGHTLY") != nullptr ? 1 : 5;
    long with_parts = 0;
    for (long at = 1; at <= whole.calls; at += stride) {
        start_anew();
        const test::FaultedRun run = push(at);
        SCOPED_TRACE("killed at call " + std::to_string(at) + " of " + std::to_string(whole.calls) + ", " + run.name);
        if (!run.killed) continue;  // threads need not wake each other equally often each time
        expect_sound(vault_);
        expect_sound(target_);
        with_parts += refs().find(part_prefix) != std::string::npos ? 1 : 0;
        EXPECT_EQ(push(0).exit_code, 0) << log();
        EXPECT_EQ(refs(), "refs/heads/main\n");
        EXPECT_EQ(test::git(target_, {"rev-parse", "main"}), tip_.hex() + "\n");
        expect_sound(target_);
        expect_sound(vault_);
    }
    EXPECT_GT(with_parts, 0) << "some were killed between the parts";
}

}  // namespace
}  // namespace autobackup::vault::push_crash_test
