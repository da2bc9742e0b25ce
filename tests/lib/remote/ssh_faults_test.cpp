// SPDX-License-Identifier: MIT
// Faults between us and a real sshd.
#include "tests/lib/remote/ssh_fixture.hpp"

namespace autobackup::remote::ssh_faults_test {
namespace {

TEST_F(SshRemoteTest, StallCutAndResetInTheMiddleOfAPack) {
    const Result<PushReport> stalled = push_through({"up:stall:2000000"}, 12'000'000, 600ms);
    ASSERT_FALSE(stalled);
    EXPECT_EQ(code_of(stalled.error()), "no_progress") << describe(stalled.error());
    const Result<PushReport> cut = push_through({"up:cut:2000000"}, 12'000'000, 10s);
    ASSERT_FALSE(cut);
    EXPECT_EQ(code_of(cut.error()), "connection_closed") << describe(cut.error());
    EXPECT_TRUE(cut.error().transient);
    const Result<PushReport> reset = push_through({"up:cut:2000000:rst"}, 12'000'000, 10s);
    ASSERT_FALSE(reset);
    EXPECT_TRUE(reset.error().transient) << describe(reset.error());
    EXPECT_EQ(git(server_.repository(), "for-each-ref"), "");
    EXPECT_EQ(folders(), 0);
}

TEST_F(SshRemoteTest, SilenceBeforeTheLoginAndASlowLine) {
    const auto before = Clock::now();
    test::ChaosProxy silent(dir_.path() / "silent", server_.port(), {"down:stall:0"});
    Settings mute = settings(server_.url("a.git", silent.port()));
    mute.no_progress = 60s;
    mute.connect = 1s;
    const Failure failure = Kit(mute).ls_refs().error();
    EXPECT_EQ(code_of(failure), "connect_timeout") << describe(failure);
    EXPECT_LT(Clock::now() - before, 30s);
    // Slower than the limit as a whole, but never without a byte for so long (ssh and the kernel take some
    // megabytes ahead of the line).
    const Result<PushReport> slow = push_through({"up:drip:1500000"}, 12'000'000, 5s);
    ASSERT_TRUE(slow) << describe(slow.error());
    EXPECT_TRUE(slow->accepted());
}

TEST_F(SshRemoteTest, AHungHookIsNoProgressAndNothingIsLeft) {
    const Oid head = work_.commit("a", "a");
    test::write_hook(server_.repository(), "pre-receive", "sleep 3");
    git(server_.repository(), "config receive.keepAlive 0");
    Settings impatient = settings(server_.url());
    impatient.no_progress = 1s;
    Kit remote(impatient);
    const Result<PushReport> report =
        remote.push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()));
    ASSERT_FALSE(report);
    EXPECT_EQ(code_of(report.error()), "no_progress");
    EXPECT_EQ(shell("pgrep -P " + std::to_string(::getpid()) + " -x ssh || true"), "");
}

TEST_F(SshRemoteTest, CancellationKillsSsh) {
    const Oid head = work_.commit("a", "a");
    test::write_hook(server_.repository(), "pre-receive", "sleep 30");
    Kit remote = kit();
    const auto before = Clock::now();
    const std::vector<RefUpdate> updates = {update("refs/heads/main", Oid(), head)};
    auto source = std::make_shared<test::MemorySource>(work_.pack(head.hex()));
    EXPECT_THROW(remote.run([&] { return remote.remote().push(updates, source); }, 1500ms),
                 boost::system::system_error);
    EXPECT_LT(Clock::now() - before, 20s);
    EXPECT_EQ(shell("pgrep -P " + std::to_string(::getpid()) + " -x ssh || true"), "");
}

TEST_F(SshRemoteTest, MissingSshNamesTheCure) {
    const std::string path = ::getenv("PATH");
    ::setenv("PATH", dir_.path().c_str(), 1);
    const Result<Advertisement> refs = kit().ls_refs();
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_FALSE(refs);
    EXPECT_EQ(code_of(refs.error()), "child_failed");
    EXPECT_EQ(refs.error().hint, "install ssh");
    EXPECT_EQ(folders(), 0);
}

}  // namespace
}  // namespace autobackup::remote::ssh_faults_test
