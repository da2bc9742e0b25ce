// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>


#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/process_gone.hpp"

namespace autobackup::remote::child_remote_test {
namespace {

using namespace std::chrono_literals;
using test::git;
using test::oid_of;
using test::shell;
using Clock = std::chrono::steady_clock;

class ChildRemoteTest : public testing::Test {
protected:
    ChildRemoteTest() { shell("git init -q --bare -b main '" + bare().string() + "'"); }
    [[nodiscard]] fs::path bare() const { return dir_.path() / "target.git"; }
    Kit kit(Milliseconds no_progress = 10s) {
        Settings settings = at("file://" + bare().string());
        settings.no_progress = no_progress;
        settings.object = "the target";
        return Kit(settings);
    }
    Oid pushed(const std::string& name, const std::string& text) {
        const Oid before = head_;
        head_ = work_.commit(name, text);
        const std::string known = before.is_zero() ? "" : " ^" + before.hex();
        const Result<PushReport> report =
            kit().push({update("refs/heads/main", before, head_)}, work_.pack(head_.hex() + known));
        if (!report || !report->accepted()) throw std::runtime_error("push failed");
        return head_;
    }

    test::TempDir dir_;
    test::WorkTree work_{dir_.path() / "work"};
    Oid head_;
};

TEST_F(ChildRemoteTest, PushesANewBranchAndUpdatesIt) {
    const Result<Advertisement> empty = kit().list_for_push();
    ASSERT_TRUE(empty) << describe(empty.error());
    EXPECT_TRUE(empty->refs.empty());
    EXPECT_TRUE(empty->capabilities.contains("report-status"));

    const Oid first = work_.commit("a.txt", std::string(300'000, 'a'));
    const Result<PushReport> report =
        kit().push({update("refs/heads/main", Oid(), first)}, work_.pack(first.hex()));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->accepted());
    EXPECT_EQ(git(bare(), "rev-parse refs/heads/main"), first.hex());
    const Oid second = work_.commit("b.txt", "b");
    ASSERT_TRUE(
        kit()
            .push({update("refs/heads/main", first, second)}, work_.pack(second.hex() + " ^" + first.hex()))
            ->accepted());
    git(bare(), "fsck --strict");

    const Result<Advertisement> listed = kit().list_for_push();
    ASSERT_NE(listed->find("refs/heads/main"), nullptr);
    EXPECT_EQ(listed->find("refs/heads/main")->oid, second);
    EXPECT_TRUE(kit().verify("refs/heads/main", second, 1));
    EXPECT_EQ(code_of(kit().verify("refs/heads/main", first, 2).error()), "push_unverified");
    EXPECT_EQ(code_of(kit().verify("refs/heads/other", first, 1).error()), "push_unverified");
}

TEST_F(ChildRemoteTest, NewRefToAKnownObjectAndDeletionNeedNoPack) {
    const Oid head = pushed("a", "a");
    const Result<PushReport> two =
        kit().push({update("refs/heads/x", Oid(), head), update("refs/heads/y", Oid(), head)}, std::string());
    ASSERT_TRUE(two) << describe(two.error());
    EXPECT_TRUE(two->accepted());
    EXPECT_EQ(two->verdicts.size(), 2U);
    const Result<PushReport> gone = kit().push({update("refs/heads/x", head, Oid())}, std::string());
    ASSERT_TRUE(gone) << describe(gone.error());
    EXPECT_TRUE(gone->accepted());
    EXPECT_EQ(git(bare(), "for-each-ref --format='%(refname)'"), "refs/heads/main\nrefs/heads/y");
}

TEST_F(ChildRemoteTest, HooksRefuseWithTheirWords) {
    const Oid head = work_.commit("a", "a");
    test::write_hook(bare(), "pre-receive", "echo 'quota: 12 of 10 MB used' >&2; exit 1");
    Result<PushReport> report = kit().push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->unpack, "ok");
    ASSERT_EQ(report->verdicts.size(), 1U);
    EXPECT_FALSE(report->verdicts[0].ok);
    EXPECT_EQ(report->verdicts[0].reason, "pre-receive hook declined");
    EXPECT_EQ(report->peer_words, "quota: 12 of 10 MB used");
    fs::remove(bare() / "hooks" / "pre-receive");

    test::write_hook(bare(), "update", "case $1 in */bad) echo never >&2; exit 1;; esac");
    const std::vector<RefUpdate> both = {update("refs/heads/good", Oid(), head),
                                         update("refs/heads/bad", Oid(), head)};
    report = kit().push(both, work_.pack(head.hex()));
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->accepted());
    EXPECT_FALSE(report->verdicts[0].ok);  // atomic: all or none
    EXPECT_EQ(git(bare(), "for-each-ref"), "");
}

TEST_F(ChildRemoteTest, NonFastForwardAndMovedBranchAreRefused) {
    const Oid first = pushed("a", "a");
    const Oid second = pushed("b", "b");
    git(bare(), "config receive.denyNonFastForwards true");
    const Result<PushReport> back = kit().push({update("refs/heads/main", second, first)}, std::string());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->verdicts[0].reason, "non-fast-forward");
    const Oid third = work_.commit("c", "c");
    const Result<PushReport> stale =
        kit().push({update("refs/heads/main", first, third)}, work_.pack(third.hex() + " ^" + second.hex()));
    ASSERT_TRUE(stale) << describe(stale.error());
    EXPECT_FALSE(stale->accepted());
    EXPECT_EQ(git(bare(), "rev-parse refs/heads/main"), second.hex());
}

TEST_F(ChildRemoteTest, DamagedPackIsReportedNotLost) {
    const Oid head = work_.commit("a", std::string(5'000, 'q'));
    std::string pack = work_.pack(head.hex());
    pack[pack.size() / 2] ^= 0x55;
    const Result<PushReport> report = kit().push({update("refs/heads/main", Oid(), head)}, pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_NE(report->unpack, "ok");
    EXPECT_FALSE(report->accepted());
    const Result<PushReport> half =
        kit().push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()).substr(0, 100));
    EXPECT_FALSE(half && half->accepted());
}

TEST_F(ChildRemoteTest, PathsThatAreNoRepository) {
    Kit missing(at((dir_.path() / "nowhere.git").string()));
    EXPECT_EQ(code_of(missing.list_for_push().error()), "not_found");
    EXPECT_EQ(code_of(missing.ls_refs().error()), "not_found");
    fs::create_directories(dir_.path() / "-empty dir%41");
    Kit empty(at((dir_.path() / "-empty dir%41").string()));  // a plain path is not percent-decoded
    const Failure failure = empty.ls_refs().error();
    EXPECT_EQ(code_of(failure), "repository_invalid");
    EXPECT_NE(failure.peer.find("does not appear to be a git repository"), std::string::npos);
    EXPECT_EQ(failure.operation, "list refs of");
    shell("git init -q --bare '" + (dir_.path() / "sp ace.git").string() + "'");
    EXPECT_TRUE(Kit(at("file://" + dir_.path().string() + "/sp%20ace.git")).ls_refs());
    EXPECT_TRUE(Kit(at("file://localhost" + dir_.path().string() + "/sp%20ace.git")).ls_refs());
}

TEST_F(ChildRemoteTest, ForeignOwnerIsNoHindrance) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a repository away";
    const Oid head = pushed("a", "a");
    shell("chown -R 65534:65534 '" + bare().string() + "'");
    const Result<Advertisement> refs = kit().ls_refs();
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_EQ(refs->find("refs/heads/main")->oid, head);
    EXPECT_TRUE(kit().list_for_push());
}

TEST_F(ChildRemoteTest, LsRefsWithPrefixesSymrefAndPeeledTags) {
    const Oid head = pushed("a", "a");
    git(work_.path(), "tag -a -m t v1");
    git(work_.path(), "push -q '" + bare().string() + "' v1 HEAD:refs/heads/other");
    const Result<Advertisement> all = kit().ls_refs();
    ASSERT_TRUE(all);
    EXPECT_EQ(all->refs.size(), 4U);
    EXPECT_EQ(all->find("HEAD")->symref_target, "refs/heads/main");
    EXPECT_EQ(all->find("refs/tags/v1")->peeled, head);
    EXPECT_NE(all->capabilities.at("fetch").find("shallow"), std::string::npos);
    const Result<Advertisement> some = kit().ls_refs({"refs/heads/m", "refs/tags/"});
    ASSERT_EQ(some->refs.size(), 2U);
    EXPECT_EQ(some->refs[0].name, "refs/heads/main");
}

TEST_F(ChildRemoteTest, HungHookIsNoProgressAndNothingIsLeft) {
    const Oid head = work_.commit("a", "a");
    test::write_hook(bare(), "pre-receive", "echo $$ > '" + (dir_.path() / "pid").string() + "'; sleep 100");
    const auto before = Clock::now();
    const Result<PushReport> report =
        kit(400ms).push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()));
    ASSERT_FALSE(report);
    EXPECT_EQ(code_of(report.error()), "no_progress");
    EXPECT_EQ(report.error().object, "the target");
    EXPECT_LT(Clock::now() - before, 20s);
    const pid_t hook = test::pid_in(dir_.path() / "pid");
    ASSERT_GT(hook, 1);
    EXPECT_TRUE(test::gone_soon(hook)) << "the hook still runs";
}

TEST_F(ChildRemoteTest, CancellationStopsAPush) {
    const Oid head = work_.commit("a", "a");
    test::write_hook(bare(), "pre-receive", "sleep 100");
    Kit target = kit();
    const auto before = Clock::now();
    const std::vector<RefUpdate> updates = {update("refs/heads/main", Oid(), head)};
    auto source = std::make_shared<test::MemorySource>(work_.pack(head.hex()));
    EXPECT_THROW(target.run([&] { return target.remote().push(updates, source); }, 300ms),
                 boost::system::system_error);
    EXPECT_LT(Clock::now() - before, 20s);
    EXPECT_EQ(git(bare(), "for-each-ref"), "");
}

TEST(ChildRemote, MissingGitNamesTheCure) {
    test::TempDir dir;
    const std::string path = ::getenv("PATH");
    ::setenv("PATH", dir.path().c_str(), 1);
    const Result<Advertisement> refs = Kit(at(dir.path().string())).ls_refs();
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_FALSE(refs);
    EXPECT_EQ(code_of(refs.error()), "child_failed");
    EXPECT_EQ(refs.error().hint, "install git");
}

TEST(MakeRemote, RefusesOtherUrls) {
    async::Workers workers(1);
    const auto client = http::make_client(http::ClientSettings()).value();
    for (const char* url : {"", "ssh://u:p@h/x", "u:p@host:x.git", "-o@host:x.git", "file://other/x",
                            "ftp://h/x", "http://u:p@h/x", "relative.git", "file:///x%00y"}) {
        const auto remote = make_remote(*client, workers, at(url));
        ASSERT_FALSE(remote) << url;
        EXPECT_EQ(code_of(remote.error()), "config_invalid") << url;
    }
}

}  // namespace
}  // namespace autobackup::remote::child_remote_test
