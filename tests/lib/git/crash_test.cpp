// SPDX-License-Identifier: MIT
// kill -9, a full disk and a broken disk at every system call of a backup's writing that changes something.
#include <fstream>

#include "tests/lib/git/repository_fixture.hpp"
#include "tests/support/syscall_fault.hpp"

namespace autobackup::git::crash_test {
namespace {

class Crash : public RepositoryTest {
protected:
    void SetUp() override {
        const test::FaultedRun first = helper(1, {});
        ASSERT_EQ(first.exit_code, 0) << log();
        fs::copy(path_, saved_, fs::copy_options::recursive);
        old_tip_ = tip();
    }
    test::FaultedRun helper(int round, const test::SyscallFault& fault, const std::string& way = {}) const {
        std::vector<std::string> words{GIT_CRASH_HELPER, path_.string(), std::to_string(round)};
        if (!way.empty()) words.push_back(way);
        return test::run_with_fault(words, fault, directory_.path() / "log");
    }
    std::string log() const { return read_file(directory_.path() / "log").value(); }
    std::string tip() const { return git({"rev-parse", "refs/heads/main"}); }
    void start_anew() const {
        fs::remove_all(path_);
        fs::copy(saved_, path_, fs::copy_options::recursive);
    }
    static std::size_t strange_files(const fs::path& path) {
        std::size_t count = 0;
        for (const auto& file : fs::recursive_directory_iterator(path)) {
            const std::string name = file.path().filename();
            if (name.find("tmp") != std::string::npos || name.ends_with(".lock") ||
                name.starts_with("autobackup_") || name.starts_with("autobackup-"))
                ++count;
        }
        return count;
    }
    fs::path saved_ = directory_.path() / "saved.git";
    std::string old_tip_;
};

/// By a pack that is written at once, by one that grows, and by one that the next process goes on with.
class WriteCrash : public Crash, public testing::WithParamInterface<const char*> {
protected:
    test::FaultedRun helper(int round, const test::SyscallFault& fault) const { return Crash::helper(round, fault, GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(EveryWay, WriteCrash, testing::Values("", "grow", "stay"),
                         [](const auto& one) { return *one.param == 0 ? std::string("whole") : std::string(one.param); });

TEST_P(WriteCrash, KilledAtEveryChangeTheVaultStaysWholeAndTheNextRunSucceeds) {
    const long calls = helper(2, {}).calls;
    ASSERT_GT(calls, 20);
    const std::string new_tip = tip();
    ASSERT_NE(new_tip, old_tip_);
    for (long at = 1; at <= calls; ++at) {
        start_anew();
        test::SyscallFault fault;
        fault.at = at;
        const test::FaultedRun run = helper(2, fault);
        SCOPED_TRACE("killed at call " + std::to_string(at) + " of " + std::to_string(calls) + ", " +
                     run.name);
        ASSERT_TRUE(run.killed);
        expect_strict_fsck(path_);
        const std::string after = tip();
        EXPECT_TRUE(after == old_tip_ || after == new_tip) << after;
        const test::FaultedRun next = helper(3, {});
        EXPECT_EQ(next.exit_code, 0) << log();
        EXPECT_EQ(git({"rev-parse", "refs/heads/main~1"}), after);
        EXPECT_EQ(strange_files(path_), 0U) << "what the dead process left is gone";
        if (at % 5 == 0) expect_strict_fsck(path_);
    }
}

TEST_P(WriteCrash, AFreshVaultKilledAtEveryChangeIsMadeByTheNextRun) {
    fs::remove_all(path_);
    const long calls = helper(2, {}).calls;
    for (long at = 1; at <= calls; ++at) {
        fs::remove_all(path_);
        test::SyscallFault fault;
        fault.at = at;
        const test::FaultedRun run = helper(2, fault);
        SCOPED_TRACE("killed at call " + std::to_string(at) + " of " + std::to_string(calls) + ", " +
                     run.name);
        const test::FaultedRun next = helper(3, {});
        EXPECT_EQ(next.exit_code, 0) << log();
        EXPECT_EQ(strange_files(path_), 0U);
        for (const auto& beside : fs::directory_iterator(directory_.path())) {
            EXPECT_EQ(beside.path().filename().string().find(".new-"), std::string::npos) << beside.path();
        }
    }
    expect_strict_fsck(path_);
}

class JoinCrash : public Crash {
protected:
    void SetUp() override {
        for (int round = 1; round <= 4; ++round) ASSERT_EQ(helper(round, {}).exit_code, 0) << log();
        // Two of them promised, so that both kinds are joined.
        for (std::size_t i = 0; i < 2; ++i)
            std::ofstream(fs::path(packs()[i]).replace_extension(".promisor")) << "";
        fs::copy(path_, saved_, fs::copy_options::recursive);
        everything_ = everything();
    }
    std::string everything() const {
        return git({"cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objectsize)"});
    }
    test::FaultedRun join(const test::SyscallFault& fault) const {
        return test::run_with_fault({GIT_CRASH_HELPER, path_.string(), "join"}, fault,
                                    directory_.path() / "log");
    }
    std::string everything_;
};

TEST_F(JoinCrash, KilledAtEveryChangeAllObjectsAreThereAndTheNextOneJoins) {
    const long calls = join({}).calls;
    ASSERT_GT(calls, 30);
    ASSERT_EQ(packs().size(), 2U);
    for (long at = 1; at <= calls; ++at) {
        start_anew();
        test::SyscallFault fault;
        fault.at = at;
        const test::FaultedRun run = join(fault);
        SCOPED_TRACE("killed at call " + std::to_string(at) + " of " + std::to_string(calls) + ", " +
                     run.name);
        ASSERT_TRUE(run.killed);
        expect_strict_fsck(path_);
        EXPECT_EQ(everything(), everything_);
        EXPECT_EQ(join({}).exit_code, 0) << log();
        EXPECT_EQ(strange_files(path_), 0U) << "what the dead process left is gone";
        EXPECT_EQ(everything(), everything_);
        std::size_t indexes = 0;
        for (const auto& file : fs::directory_iterator(path_ / "objects/pack"))
            indexes += file.path().extension() == ".idx" ? 1 : 0;
        EXPECT_EQ(indexes, 2U) << "one pack of each kind";
        if (at % 5 == 0) expect_strict_fsck(path_);
    }
}

TEST_F(JoinCrash, AFullOrBrokenDiskAtEveryChangeCostsNoObject) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "the sanitizer itself writes to a pipe and does not bear that to fail";
#endif
    const long calls = join({}).calls;
    for (const int error : {ENOSPC, EIO}) {
        for (long at = 1; at <= calls; ++at) {
            start_anew();
            test::SyscallFault fault;
            fault.at = at;
            fault.error = error;
            const test::FaultedRun run = join(fault);
            SCOPED_TRACE(std::string(std::strerror(error)) + " at call " + std::to_string(at) + ", " +
                         run.name);
            ASSERT_FALSE(run.killed);
            if (run.name == "unlink" || run.name == "unlinkat" || run.name == "rmdir") {
                EXPECT_EQ(run.exit_code, 0) << "what cannot be removed is only in the way: " << log();
            } else {
                EXPECT_EQ(run.exit_code, error == ENOSPC ? 3 : 4) << log();
                EXPECT_EQ(strange_files(path_), 0U);
            }
            EXPECT_EQ(everything(), everything_);
            expect_strict_fsck(path_);
        }
    }
}

TEST_P(WriteCrash, AFullOrBrokenDiskAtEveryChangeIsToldAndLeavesNothing) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "the sanitizer itself writes to a pipe and does not bear that to fail";
#endif
    const long calls = helper(2, {}).calls;
    const std::string new_tip = tip();
    for (const int error : {ENOSPC, EIO}) {
        for (long at = 1; at <= calls; ++at) {
            start_anew();
            test::SyscallFault fault;
            fault.at = at;
            fault.error = error;
            const test::FaultedRun run = helper(2, fault);
            SCOPED_TRACE(std::string(std::strerror(error)) + " at call " + std::to_string(at) + ", " +
                         run.name);
            ASSERT_FALSE(run.killed);
            if (run.name == "unlink") {
                EXPECT_EQ(run.exit_code, 0)
                    << "what cannot be removed does not spoil what was written: " << log();
                continue;
            }
            if (run.exit_code == 0 && GetParam() == std::string_view("stay")) {
                EXPECT_EQ(tip(), new_tip) << "without the file that would have stayed";
                EXPECT_EQ(strange_files(path_), 0U);
                continue;
            }
            EXPECT_EQ(run.exit_code, error == ENOSPC ? 3 : 4) << log();
            EXPECT_NE(log().find(error == ENOSPC ? "disk_full" : "io_error"), std::string::npos) << log();
            // Once the new ref has its name, a failing fsync of the directory can no longer take it back.
            const std::string after = tip();
            EXPECT_TRUE(after == old_tip_ || (after == new_tip && run.name == "fsync")) << after;
            EXPECT_EQ(strange_files(path_), 0U);
            expect_strict_fsck(path_);
        }
    }
}

}  // namespace
}  // namespace autobackup::git::crash_test
