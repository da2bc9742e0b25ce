// SPDX-License-Identifier: MIT
// kill -9 and a full disk at the system calls of a mirror's run that change something: what was saved stays, the next run converges.
#include <gtest/gtest.h>

#include <fstream>

#include "lib/core/file.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/syscall_fault.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::mirror::crash_test {
namespace {

class MirrorCrash : public testing::Test {
protected:
    void SetUp() override {
        test::git(directory_.path(), {"init", "-q", work_.string()});
        for (int i = 0; i < 3; ++i) commit("main " + std::to_string(i));
        test::git(work_, {"branch", "gone"});
        test::git(work_, {"tag", "-m", "annotated", "v1"});
        ASSERT_EQ(run({}).exit_code, 0) << log();
        fs::copy(path_, saved_, fs::copy_options::recursive);
        old_tip_ = test::git(work_, {"rev-parse", "main"}).substr(0, 40);
        // Everything at once: a rewritten branch, a deleted one, a new one, a moved tag.
        test::git(work_, {"reset", "-q", "--hard", "HEAD~1"});
        commit("rewritten");
        test::git(work_, {"branch", "-q", "-D", "gone"});
        test::git(work_, {"branch", "new"});
        test::git(work_, {"tag", "-f", "-m", "again", "v1"});
    }
    void commit(const std::string& text) const {
        std::ofstream(work_ / "file") << text << std::string(20'000, 'x') << text;
        test::git(work_, {"add", "-A"});
        test::git(work_, {"commit", "-q", "-m", text});
    }
    test::FaultedRun run(const test::SyscallFault& fault) const {
        return test::run_with_fault({MIRROR_CRASH_HELPER, "file://" + work_.string(), path_.string()}, fault, directory_.path() / "log");
    }
    std::string log() const { return read_file(directory_.path() / "log").value(); }
    void start_anew(bool with_mirror) const {
        fs::remove_all(path_.parent_path());
        fs::create_directories(path_.parent_path());
        if (with_mirror) fs::copy(saved_, path_, fs::copy_options::recursive);
    }
    void expect_sound() const {
        const test::CommandResult fsck = test::try_git(path_, {"fsck", "--full", "--strict", "--no-dangling"});
        EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
        for (const char* word : {"error", "missing", "broken"}) EXPECT_EQ(fsck.output.find(word), std::string::npos) << fsck.output;
    }
    // Everything that was ever seen is still named by some ref.
    void expect_nothing_lost() const {
        const std::string refs = test::git(path_, {"for-each-ref", "--format=%(objectname)"});
        EXPECT_NE(refs.find(old_tip_), std::string::npos) << "the old tip has no name any more";
    }
    void expect_converged() const {
        const std::string format = "--format=%(refname) %(objectname)";
        EXPECT_EQ(test::git(path_, {"for-each-ref", format, "refs/heads", "refs/tags"}), test::git(work_, {"for-each-ref", format, "refs/heads", "refs/tags"}));
        expect_sound();
        expect_nothing_lost();
        // A run that finds nothing moved writes nothing, and removes nothing either: the next one that writes does.
        if (left_over().empty()) return;
        test::git(work_, {"branch", "one-more"});
        EXPECT_EQ(run({}).exit_code, 0) << log();
        test::git(work_, {"branch", "-q", "-D", "one-more"});
        EXPECT_EQ(left_over(), "");
    }
    std::string left_over() const {
        std::string names;
        for (const auto& file : fs::recursive_directory_iterator(path_.parent_path())) {
            const std::string name = file.path().filename();
            const bool left = name.starts_with("tmp") || name.ends_with(".lock") || name.ends_with(".clone") || name.starts_with("autobackup_") ||
                              name.starts_with("fetched");
            if (left) names += file.path().string() + "\n";
        }
        return names;
    }
    // Every third call: each run of the program takes a second under the tracer.
    static long stride(long calls) { return calls > 60 ? 3 : 1; }

    test::TempDir directory_;
    fs::path work_ = directory_.path() / "work";
    fs::path path_ = directory_.path() / "mirrors" / "a.git";
    fs::path saved_ = directory_.path() / "saved.git";
    std::string old_tip_;
};

TEST_F(MirrorCrash, KilledInAnUpdateNothingIsLostAndTheNextRunConverges) {
    const long calls = run({}).calls;
    ASSERT_GT(calls, 10);
    expect_converged();
    for (long at = 1; at <= calls; at += stride(calls)) {
        start_anew(true);
        test::SyscallFault fault;
        fault.at = at;
        const test::FaultedRun killed = run(fault);
        SCOPED_TRACE("killed at call " + std::to_string(at) + " of " + std::to_string(calls) + ", " + killed.name);
        expect_sound();
        expect_nothing_lost();
        EXPECT_EQ(run({}).exit_code, 0) << log();
        expect_converged();
    }
}

TEST_F(MirrorCrash, KilledInAFirstCloneNothingHasTheNameAndTheNextRunClones) {
    start_anew(false);
    const long calls = run({}).calls;
    old_tip_ = test::git(work_, {"rev-parse", "main"}).substr(0, 40);
    for (long at = 1; at <= calls; at += stride(calls)) {
        start_anew(false);
        test::SyscallFault fault;
        fault.at = at;
        const test::FaultedRun killed = run(fault);
        SCOPED_TRACE("killed at call " + std::to_string(at) + " of " + std::to_string(calls) + ", " + killed.name);
        if (fs::exists(path_)) expect_sound();
        EXPECT_EQ(run({}).exit_code, 0) << log();
        expect_converged();
    }
}

TEST_F(MirrorCrash, AFullDiskAnywhereIsToldAndCostsNothing) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "the sanitizer itself writes to a pipe and does not bear that to fail";
#endif
    const long calls = run({}).calls;
    for (long at = 1; at <= calls; at += stride(calls)) {
        start_anew(true);
        test::SyscallFault fault;
        fault.at = at;
        fault.error = ENOSPC;
        const test::FaultedRun failed = run(fault);
        SCOPED_TRACE("no space at call " + std::to_string(at) + " of " + std::to_string(calls) + ", " + failed.name);
        ASSERT_FALSE(failed.killed);
        if (failed.exit_code == 0) {
            expect_converged();  // it was a call that nothing depends on
        } else {
            // The pipe to git and libgit2's own file do not say why a write failed: it is a failure of another name then.
            const bool ours = failed.name != "write" && failed.name != "pwrite64";
            EXPECT_TRUE(failed.exit_code == 3 || (!ours && failed.exit_code == 4)) << log();
        }
        expect_sound();
        expect_nothing_lost();
        EXPECT_EQ(run({}).exit_code, 0) << log();
        expect_converged();
    }
}

}  // namespace
}  // namespace autobackup::mirror::crash_test
