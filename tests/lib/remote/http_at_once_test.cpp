// SPDX-License-Identifier: MIT
// A server that is known to speak v2 is asked for its refs without a look at info/refs before.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/core/text.hpp"
#include "lib/http/url.hpp"
#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/git_server.hpp"

namespace autobackup::remote::http_at_once_test {
namespace {

using namespace std::chrono_literals;

class HttpAtOnce : public testing::Test {
protected:
    Kit kit(const std::string& location = "git/a.git") {
        Settings settings = at(server_.url(location));
        settings.username = "bot";
        settings.password = Secret("bot-password");
        settings.no_progress = 10s;
        settings.speak_v2 = known_;
        return Kit(settings);
    }
    // The lines of the server's log since the last call: method and path of each request.
    std::vector<std::string> asked() {
        std::vector<std::string> lines;
        const std::string log = server_.access_log();
        for (const std::string_view line : split(log, '\n')) {
            if (line.find(".git") != std::string_view::npos) lines.emplace_back(line);
        }
        std::vector<std::string> fresh(lines.begin() + static_cast<std::ptrdiff_t>(seen_), lines.end());
        seen_ = lines.size();
        return fresh;
    }
    Oid fill() {
        const Oid head = work_.commit("a", "a");
        test::git(work_.path(), "push -q '" + (server_.repositories() / "a.git").string() + "' main");
        return head;
    }

    test::TempDir dir_;
    test::GitServer server_{dir_.path(), {"--create", "a.git"}};
    test::WorkTree work_{dir_.path() / "work"};
    const std::string origin_ = http::Url::parse(server_.url("")).value().origin();
    std::shared_ptr<std::set<std::string>> known_ = std::make_shared<std::set<std::string>>();
    std::size_t seen_ = 0;
};

TEST_F(HttpAtOnce, OneRequestTellsTheRefsAndOneMoreFetches) {
    const Oid first = fill();
    ASSERT_TRUE(kit().ls_refs());
    EXPECT_EQ(asked().size(), 2U) << "a server that nobody knows is looked at first";
    EXPECT_EQ(*known_, std::set<std::string>{origin_});

    Kit source = kit();
    const Result<Advertisement> refs = source.ls_refs();
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_EQ(asked().size(), 1U);
    ASSERT_NE(refs->find("HEAD"), nullptr);
    EXPECT_EQ(refs->find("HEAD")->symref_target, "refs/heads/main");
    EXPECT_EQ(refs->find("refs/heads/main")->oid, first);

    FetchRequest request;
    request.wants = {first};
    const fs::path pack = dir_.path() / "fetched.pack";
    const Result<FetchReport> report = source.fetch(request, pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(asked().size(), 1U);
    EXPECT_EQ(test::git(adopt(dir_.path(), pack, *report), "rev-list --objects --count " + first.hex()), "3");
    request.depth = 1;
    EXPECT_TRUE(source.fetch(request, pack));
    EXPECT_EQ(asked().size(), 2U) << "a depth is asked only where it is offered";
}

// A fetch that has `useful` after many haves that the server knows nothing of.
FetchRequest with_many_haves(const Oid& want, const std::vector<Oid>& useful_first, const std::vector<Oid>& useful_last) {
    FetchRequest request;
    request.wants = {want};
    request.haves = useful_first;
    for (int i = 0; i < 600; ++i) request.haves.push_back(Oid::parse(fmt::format("{:040x}", i + 1)).value());
    request.haves.insert(request.haves.end(), useful_last.begin(), useful_last.end());
    return request;
}

TEST_F(HttpAtOnce, OfManyHavesTheFirstAreEnoughWhenTheyTellEnough) {
    const Oid first = work_.commit("big", test::shell("head -c 300000 /dev/urandom | base64"));
    const Oid second = fill();
    Kit source = kit();
    const fs::path pack = dir_.path() / "fetched.pack";
    source.ls_refs();
    asked();
    Result<FetchReport> report = source.fetch(with_many_haves(second, {first}, {}), pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_LT(report->pack_bytes, 2'000U);
    EXPECT_EQ(report->pack_bytes, fs::file_size(pack));
    EXPECT_EQ(asked().size(), 1U);
    report = source.fetch(with_many_haves(second, {}, {first}), pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_LT(report->pack_bytes, 2'000U) << "the rest was not told";
    EXPECT_EQ(asked().size(), 3U) << "64 of them, 512, all";
    report = source.fetch(with_many_haves(second, {}, {}), pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_GT(report->pack_bytes, 200'000U) << "nothing is in common";
}

TEST_F(HttpAtOnce, AnEmptyRepositoryStillTellsItsBranch) {
    known_->insert(origin_);
    const Result<Advertisement> refs = kit().ls_refs();
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_TRUE(refs->refs.empty());
    EXPECT_FALSE(refs->unborn_head.empty());
    EXPECT_EQ(asked().size(), 3U);
}

TEST_F(HttpAtOnce, ARenamedRepositoryIsFoundAndAMissingOneIsAskedForOnce) {
    known_->insert(origin_);
    const Oid head = fill();
    Kit moved = kit("moved/a.git");
    const Result<Advertisement> refs = moved.ls_refs();
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_EQ(refs->find("refs/heads/main")->oid, head);
    asked();
    EXPECT_EQ(code_of(kit("git/missing.git").ls_refs().error()), "not_found");
    EXPECT_EQ(asked().size(), 1U);
}

}  // namespace
}  // namespace autobackup::remote::http_at_once_test
