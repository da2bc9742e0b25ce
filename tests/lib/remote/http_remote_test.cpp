// SPDX-License-Identifier: MIT
// Against the real git http-backend behind nginx.
#include <gtest/gtest.h>

#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/git_server.hpp"

namespace autobackup::remote::http_remote_test {
namespace {

using namespace std::chrono_literals;
using test::git;
using test::shell;

class HttpRemoteTest : public testing::Test {
protected:
    [[nodiscard]] fs::path repository(const std::string& name = "a.git") const {
        return server_.repositories() / name;
    }
    [[nodiscard]] Settings settings(const std::string& location,
                                    const std::string& password = "bot-password") const {
        Settings settings = at(server_.url(location));
        settings.username = "bot";
        settings.password = Secret(password);
        settings.object = "the target";
        settings.no_progress = 10s;
        return settings;
    }
    Kit kit(const std::string& location = "git/a.git") { return Kit(settings(location)); }
    std::string code_at(const std::string& location) {
        const Result<Advertisement> listed = kit(location).list_for_push();
        return listed ? "fine" : code_of(listed.error());
    }

    test::TempDir dir_;
    test::GitServer server_{
        dir_.path(),
        {"--create", "a.git", "--refuse", "no.git=quota of 10 MB used up", "--filter", "--limit", "100k"}};
    test::WorkTree work_{dir_.path() / "work"};
};

TEST_F(HttpRemoteTest, PushesUpdatesDeletesAndLists) {
    Kit target = kit();
    const Result<Advertisement> empty = target.list_for_push();
    ASSERT_TRUE(empty) << describe(empty.error());
    EXPECT_TRUE(empty->refs.empty());
    const Oid first = work_.commit("a", shell("head -c 3000000 /dev/urandom | base64"));
    const Result<PushReport> report =
        target.push({update("refs/heads/main", Oid(), first)}, work_.pack(first.hex()));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->accepted());
    const Oid second = work_.commit("b", "b");
    const std::vector<RefUpdate> two = {update("refs/heads/main", first, second),
                                        update("refs/heads/x", Oid(), first)};
    ASSERT_TRUE(target.push(two, work_.pack(second.hex() + " ^" + first.hex()))->accepted());
    ASSERT_TRUE(target.push({update("refs/heads/x", first, Oid())}, std::string())->accepted());
    git(repository(), "fsck --strict");
    EXPECT_EQ(git(repository(), "for-each-ref --format='%(objectname) %(refname)'"),
              second.hex() + " refs/heads/main");
    EXPECT_TRUE(target.verify("refs/heads/main", second, 1));
    const Result<Advertisement> refs = target.ls_refs({"refs/heads/"});
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_EQ(refs->refs.size(), 1U);
    EXPECT_TRUE(refs->capabilities.contains("fetch")) << "not protocol v2";
}

TEST_F(HttpRemoteTest, HooksRefuseWithTheirWords) {
    const Oid head = work_.commit("a", "a");
    const Result<PushReport> report =
        kit("git/no.git").push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_FALSE(report->accepted());
    EXPECT_EQ(report->verdicts[0].reason, "pre-receive hook declined");
    EXPECT_EQ(report->peer_words, "quota of 10 MB used up");
}

TEST_F(HttpRemoteTest, WrongPasswordIsTriedOnce) {
    Kit wrong(settings("git/a.git", "wrong-secret-word"));
    const Failure failure = wrong.list_for_push().error();
    EXPECT_EQ(code_of(failure), "unauthorized");
    EXPECT_FALSE(failure.transient);
    EXPECT_EQ(failure.http_status, 401);
    EXPECT_EQ(describe(failure).find("wrong-secret-word"), std::string::npos);
    EXPECT_EQ(code_of(wrong.ls_refs().error()), "unauthorized");
    const std::string log = server_.access_log();
    std::size_t requests = 0;
    for (std::size_t at = log.find("a.git"); at != std::string::npos; at = log.find("a.git", at + 1))
        ++requests;
    EXPECT_EQ(requests, 1U) << log;
    Kit none(at(server_.url("git/a.git")));
    EXPECT_NE(none.ls_refs().error().message.find("none are configured"), std::string::npos);
    EXPECT_TRUE(Kit(at(server_.url("noauth/a.git"))).ls_refs());
}

TEST_F(HttpRemoteTest, AnswersThatAreNoRepository) {
    EXPECT_EQ(code_at("git/missing.git"), "not_found");
    EXPECT_EQ(code_at("readonly/a.git"), "forbidden");
    EXPECT_EQ(code_at("down/a.git"), "server_error");
    EXPECT_EQ(code_at("login/a.git"), "bad_response");
    EXPECT_EQ(code_at("elsewhere/a.git"), "connection_refused");
    Kit read_only = kit("readonly/a.git");
    EXPECT_TRUE(read_only.ls_refs());
}

TEST_F(HttpRemoteTest, RenamedRepositoryIsFollowedToItsNewPlace) {
    const Oid head = work_.commit("a", "a");
    Kit moved = kit("moved/a.git");
    const Result<PushReport> report =
        moved.push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->accepted());
    EXPECT_TRUE(moved.verify("refs/heads/main", head, 1));
    EXPECT_EQ(git(repository(), "rev-parse main"), head.hex());
}

TEST_F(HttpRemoteTest, TooBigForTheProxyIsSaidSo) {
    const Oid head = work_.commit("a", shell("head -c 2000000 /dev/urandom | base64"));
    const Result<PushReport> report =
        kit("limit/a.git").push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().http_status, 413) << describe(report.error());
    EXPECT_EQ(code_of(report.error()), "bad_request");
    EXPECT_NE(report.error().hint.find("limits the size"), std::string::npos);
}

TEST_F(HttpRemoteTest, FetchWholeShallowAndFiltered) {
    std::vector<Oid> commits = {work_.commit("a", "a"),
                                work_.commit("big", shell("head -c 3000000 /dev/urandom | base64")),
                                work_.commit("b", "b")};
    git(work_.path(), "push -q '" + repository().string() + "' HEAD:refs/heads/main");
    const fs::path pack = dir_.path() / "fetched.pack";
    Kit source = kit();
    FetchRequest request;
    request.wants = {commits.back()};
    Result<FetchReport> report = source.fetch(request, pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->pack_bytes, fs::file_size(pack));
    EXPECT_EQ(git(adopt(dir_.path(), pack, *report), "rev-list --objects --count " + commits.back().hex()),
              "9");

    request.haves = {commits[1]};
    report = source.fetch(request, pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_LT(report->pack_bytes, 2'000U);

    request.haves.clear();
    request.depth = 1;
    request.filter = "blob:none";
    report = source.fetch(request, pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->filtered);
    EXPECT_EQ(report->shallow, std::vector<Oid>{commits.back()});
    EXPECT_LT(report->pack_bytes, 1'000U);

    request.wants = {test::oid_of(std::string(40, '3'))};
    report = source.fetch(request, pack);
    ASSERT_FALSE(report);
    EXPECT_EQ(code_of(report.error()), "remote_moved") << describe(report.error());
    EXPECT_FALSE(fs::exists(pack));
}

}  // namespace
}  // namespace autobackup::remote::http_remote_test
