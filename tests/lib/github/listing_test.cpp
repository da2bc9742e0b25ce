// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "lib/github/client.hpp"
#include "tests/support/fake_http.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::github::listing_test {
namespace {

using test::run_coroutine;

std::string node(const std::string& name) {
    return R"({"id":"R_)" + name + R"(","databaseId":7,"name":")" + name + R"(","owner":{"login":"acme"},"url":"https://h/acme/)" + name +
           R"(","sshUrl":"git@h:acme/)" + name + R"(.git","pushedAt":"2026-11-20T10:00:00Z","diskUsage":12,"isPrivate":true,"isFork":false,)" +
           R"("isArchived":true,"hasWikiEnabled":true,"primaryLanguage":{"name":"C++"},"repositoryTopics":{"nodes":[{"topic":{"name":"t"}}]},)" +
           R"("parent":null,"defaultBranchRef":{"name":"main"}})";
}

std::string page(int total, const std::string& nodes, const std::string& cursor = "", const std::string& errors = "") {
    const std::string info = cursor.empty() ? R"({"hasNextPage":false,"endCursor":null})" : R"({"hasNextPage":true,"endCursor":")" + cursor + "\"}";
    return R"({"data":{"rateLimit":null,"owner":{"login":"Acme","repositories":{"totalCount":)" + std::to_string(total) + R"(,"pageInfo":)" + info +
           R"(,"nodes":[)" + nodes + "]}}}" + errors + "}";
}

class ListingTest : public testing::Test {
protected:
    static Settings settings() {
        Settings settings;
        settings.name = "hub";
        settings.rest = *http::Url::parse("https://api.github.com");
        settings.auth = TokenAuth(Secret("ghp_x"));
        settings.attempts = 1;
        return settings;
    }
    Result<Listing> list(Owner::Kind kind = Owner::Kind::organization) {
        Owner owner;
        owner.kind = kind;
        owner.login = kind == Owner::Kind::self ? "" : "acme";
        return run_coroutine([&] { return client_.repositories(owner); });
    }
    test::FakeHttp http_;
    Account account_;
    Session session_{http_, account_, settings()};
    Client client_{session_};
};

TEST_F(ListingTest, ReadsEveryPage) {
    http_.post("/graphql").answers(200, page(2, node("app"), "c1"));
    http_.post("/graphql").answers(200, page(2, node("lib")));
    const auto listing = list();
    ASSERT_TRUE(listing) << describe(listing.error());
    EXPECT_EQ(listing->login, "Acme");
    ASSERT_EQ(listing->repositories.size(), 2U);
    const Repository& app = listing->repositories.front();
    EXPECT_EQ(app.full_name(), "acme/app");
    EXPECT_EQ(app.clone_url, "https://h/acme/app.git");
    EXPECT_EQ(app.default_branch, "main");
    EXPECT_EQ(app.topics, std::vector<std::string>{"t"});
    EXPECT_TRUE(app.archived && app.is_private && app.has_wiki && !app.fork);
}

TEST_F(ListingTest, HalvesThePageWhenTheServerIsOverwhelmed) {
    http_.post("/graphql").answers(502, "<html>");
    http_.post("/graphql").answers(200, R"({"data":null,"errors":[{"message":"Something went wrong: timeout"}]})");
    http_.post("/graphql").answers(200, page(1, node("app")));
    const auto listing = list();
    ASSERT_TRUE(listing) << describe(listing.error());
    EXPECT_EQ(listing->repositories.size(), 1U);
}

TEST_F(ListingTest, NamesWhatTheTokenMayNotRead) {
    http_.post("/graphql").answers(200, page(2, node("app") + ",null", "",
        R"(,"errors":[{"type":"FORBIDDEN","path":["owner","repositories","nodes",1],"message":"`acme/secret` forbids access"}])"));
    const auto listing = list();
    ASSERT_TRUE(listing) << describe(listing.error());
    ASSERT_EQ(listing->unreadable.size(), 1U);
    EXPECT_NE(listing->unreadable.front().find("acme/secret"), std::string::npos);
}

TEST_F(ListingTest, ReadsAnewWhatMovedAndGivesUpInTheEnd) {
    http_.post("/graphql").answers(200, page(3, node("app")));
    http_.post("/graphql").answers(200, page(2, node("app") + "," + node("lib")));
    ASSERT_TRUE(list());
    for (int i = 0; i < 3; ++i) http_.post("/graphql").answers(200, page(3, node("app")));
    const auto listing = list();
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, Errc::too_busy);
}

TEST_F(ListingTest, AnOwnerThatIsNotThereIsAnError) {
    http_.post("/graphql").answers(200, R"({"data":{"owner":null},"errors":[{"type":"NOT_FOUND","path":["owner"],"message":"Could not resolve"}]})");
    auto listing = list();
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, Errc::not_found);
    http_.post("/graphql").answers(200, R"({"data":{"owner":null}})");
    listing = list();
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, Errc::not_found);
    EXPECT_NE(describe(listing.error()).find("organisation acme of hub"), std::string::npos);
}

TEST_F(ListingTest, FallsBackToRestWhereGraphqlIsRefused) {
    http_.post("/graphql").answers(403, R"({"message":"Resource not accessible by integration"})");
    http_.get("/orgs/acme/repos?type=all&sort=full_name&direction=asc&per_page=100")
        .answers(200, R"([{"id":7,"node_id":"R_7","name":"app","owner":{"login":"acme"},"clone_url":"https://h/acme/app.git","size":3,
                          "pushed_at":"2026-11-20T10:00:00Z","default_branch":"main","topics":["t"],"private":true,"has_wiki":true}])");
    const auto listing = list();
    ASSERT_TRUE(listing) << describe(listing.error());
    ASSERT_EQ(listing->repositories.size(), 1U);
    EXPECT_EQ(listing->repositories.front().node_id, "R_7");
}

TEST_F(ListingTest, AnyOwnerMayBeAUserByRest) {
    http_.post("/graphql").answers(404, "{}");
    http_.get("/orgs/acme/repos?type=all&sort=full_name&direction=asc&per_page=100").answers(404, R"({"message":"Not Found"})");
    http_.get("/users/acme/repos?type=owner&sort=full_name&direction=asc&per_page=100").answers(200, "[]");
    const auto listing = list(Owner::Kind::any);
    ASSERT_TRUE(listing) << describe(listing.error());
}

TEST_F(ListingTest, GistsHaveTheirOwnLists) {
    http_.get("/gists?per_page=100")
        .answers(200, R"([{"id":"abc","git_pull_url":"https://gist/abc.git","updated_at":"2026-01-01T00:00:00Z","public":false,"owner":{"login":"alice"}}])");
    Owner self;
    self.kind = Owner::Kind::self;
    const auto gists = run_coroutine([&] { return client_.gists(self); });
    ASSERT_TRUE(gists) << describe(gists.error());
    EXPECT_EQ(gists->front().clone_url, "https://gist/abc.git");
    EXPECT_EQ(gists->front().owner, "alice");
}

TEST_F(ListingTest, AnAnswerWithoutItsPartsIsRefused) {
    for (const char* body : {R"({"data":{"owner":{"repositories":{"totalCount":1}}}})", R"({"data":{}})", "[]",
                             R"({"data":{"owner":{"repositories":{"totalCount":1,"pageInfo":{"hasNextPage":true},"nodes":[]}}}})",
                             R"({"data":{"owner":{"repositories":{"totalCount":1,"nodes":[{"name":"x"}]}}}})"}) {
        http_.post("/graphql").answers(200, body);
        const auto listing = list();
        ASSERT_FALSE(listing) << body;
        EXPECT_EQ(listing.error().code, Errc::bad_response) << body;
    }
}

}  // namespace
}  // namespace autobackup::github::listing_test
