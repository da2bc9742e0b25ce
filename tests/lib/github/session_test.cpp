// SPDX-License-Identifier: MIT
#include "lib/github/session.hpp"

#include <gtest/gtest.h>

#include "lib/github/kept_pages.hpp"
#include "tests/support/fake_http.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::github::session_test {
namespace {

namespace json = boost::json;
using test::run_coroutine;

Settings settings_with(std::variant<TokenAuth, AppAuth> auth) {
    Settings settings;
    settings.name = "hub";
    settings.rest = *http::Url::parse("https://api.github.com");
    settings.auth = std::move(auth);
    settings.retry_delay = Milliseconds(1);
    settings.retry_max_delay = Milliseconds(5);
    return settings;
}

class SessionTest : public testing::Test {
protected:
    Result<json::value> get(std::string path) {
        return run_coroutine([&] { return session_.get_json(path, "a list of hub"); });
    }
    Result<json::value> query() {
        return run_coroutine([&] { return session_.query("query{viewer{login}}", json::object(), "the account of hub"); });
    }
    Instant time_{std::chrono::seconds(1'800'000'000)};
    // Every look at the clock finds it an hour later: no wait takes any time here.
    Account account_{[this] { return time_ += std::chrono::hours(1); }};
    test::FakeHttp http_;
    Session session_{http_, account_, settings_with(TokenAuth(Secret("ghp_x")))};
};

TEST(GraphqlUrl, StandsBesideTheRestRoot) {
    EXPECT_EQ(graphql_url(*http::Url::parse("https://api.github.com")).text(), "https://api.github.com/graphql");
    EXPECT_EQ(graphql_url(*http::Url::parse("https://git.example.org/api/v3")).text(), "https://git.example.org/api/graphql");
    EXPECT_EQ(graphql_url(*http::Url::parse("https://git.example.org/api/v3/")).text(), "https://git.example.org/api/graphql");
}

TEST_F(SessionTest, SendsTokenAndVersionInHeaders) {
    http_.get("/user")
        .with("X-GitHub-Api-Version", "2022-11-28")
        .with("Accept", "application/vnd.github+json")
        .answers(200, R"({"login":"alice"})");
    ASSERT_TRUE(get("/user"));
    EXPECT_EQ(http_.authorizations().back(), "Bearer ghp_x");
}

TEST_F(SessionTest, AsksAgainWithTheEtagAndTakesTheHeldPage) {
    http_.get("/gists").with("If-None-Match", "").answers(200, R"([{"id":"1"}])").header("ETag", "\"e1\"");
    http_.get("/gists").with("If-None-Match", "\"e1\"").answers(304);
    ASSERT_TRUE(get("/gists"));
    const auto again = get("/gists");
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_EQ(json::serialize(*again), R"([{"id":"1"}])");
}

TEST_F(SessionTest, A304ForAPageThatIsNotHeldIsAskedForAgainWithoutACondition) {
    http_.get("/gists").with("If-None-Match", "").answers(304);
    http_.get("/gists").with("If-None-Match", "").answers(200, R"([{"id":"1"}])").header("ETag", "\"e1\"");
    const auto got = get("/gists");
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(json::serialize(*got), R"([{"id":"1"}])");
    http_.get("/other").answers(304);
    http_.get("/other").answers(304);
    const auto never = get("/other");
    ASSERT_FALSE(never);
    EXPECT_EQ(never.error().code, Errc::bad_response);
}

TEST_F(SessionTest, PagesOfAnEarlierProcessAreAskedForWithTheirEtag) {
    http_.get("/gists").answers(200, R"([{"id":"1"}])").header("ETag", "\"e1\"");
    ASSERT_TRUE(get("/gists"));
    const std::string account = account_digest(session_.settings());
    EXPECT_EQ(account.find("ghp_x"), std::string::npos);
    const std::string text = text_of(account_.pages.pages(), account);
    EXPECT_EQ(text.find("ghp_x"), std::string::npos);

    Account next{[this] { return time_; }};
    Session later(http_, next, session_.settings());
    const std::uint64_t version = next.pages.version();
    for (auto& [url, page] : read_pages(text, account)) next.pages.restore(url, std::move(page));
    EXPECT_EQ(next.pages.version(), version) << "nothing to be written again";
    http_.get("/gists").with("If-None-Match", "\"e1\"").answers(304);
    const auto again = run_coroutine([&] { return later.get_json("/gists", "a list of hub"); });
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_EQ(json::serialize(*again), R"([{"id":"1"}])");
    http_.get("/gists").with("If-None-Match", "\"e1\"").answers(200, "[]").header("ETag", "\"e2\"");
    const auto changed = run_coroutine([&] { return later.get_json("/gists", "a list of hub"); });
    ASSERT_TRUE(changed);
    EXPECT_EQ(json::serialize(*changed), "[]") << "a change is never hidden";
    EXPECT_NE(next.pages.version(), version);
}

TEST_F(SessionTest, WaitsForLimitsHoweverTheyAreTold) {
    http_.get("/x").answers(403, R"({"message":"API rate limit exceeded"})").header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "1");
    http_.get("/x").answers(429, R"({"message":"slow down"})").header("Retry-After", "60");
    http_.get("/x").answers(403, R"({"message":"You have exceeded a secondary rate limit."})").header("x-ratelimit-remaining", "4000");
    http_.get("/x").answers(200, "{}");
    ASSERT_TRUE(get("/x"));
    EXPECT_EQ(http_.log().size(), 4U) << "more tries than attempts would allow: waits are not counted";
}

TEST_F(SessionTest, GraphqlTellsItsLimitWithStatus200) {
    http_.post("/graphql").answers(200, R"({"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]})");
    http_.post("/graphql").answers(200, R"({"data":{"viewer":{"login":"alice"}}})");
    const auto answer = query();
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->at_pointer("/data/viewer/login").as_string(), "alice");
}

TEST_F(SessionTest, RefusalsSayWhatHelps) {
    http_.get("/a").answers(401, R"({"message":"Bad credentials"})");
    auto refused = get("/a");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unauthorized);
    EXPECT_EQ(refused.error().peer, "Bad credentials");
    http_.get("/b").answers(403, R"({"message":"Resource protected by organization SAML enforcement."})")
        .header("X-GitHub-SSO", "required; url=https://github.com/orgs/acme/sso?x=1");
    refused = get("/b");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    EXPECT_NE(refused.error().hint.find("https://github.com/orgs/acme/sso"), std::string::npos);
    http_.get("/c").answers(403, R"({"message":"Resource not accessible by personal access token"})")
        .header("X-Accepted-GitHub-Permissions", "metadata=read");
    refused = get("/c");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().hint.find("metadata=read"), std::string::npos);
    http_.get("/d").answers(451, R"({"message":"Repository access blocked"})");
    refused = get("/d");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().http_status, 451);
    EXPECT_EQ(http_.log().size(), 4U) << "none of them is tried again";
}

TEST_F(SessionTest, FollowsLinksToTheSameServerOnly) {
    http_.get("/orgs/acme/repos?page=1").answers(200, "[1,2]")
        .header("Link", R"(<https://api.github.com/x?page=9>; rel="last", <https://api.github.com/orgs/acme/repos?page=2>; rel="next")");
    http_.get("/orgs/acme/repos?page=2").answers(200, "[3]");
    auto all = run_coroutine([&] { return session_.get_all("/orgs/acme/repos?page=1", "acme"); });
    ASSERT_TRUE(all) << describe(all.error());
    EXPECT_EQ(json::serialize(*all), "[1,2,3]");
    http_.get("/y").answers(200, "[1]").header("Link", R"(<https://evil.example/orgs>; rel="next")");
    all = run_coroutine([&] { return session_.get_all("/y", "acme"); });
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().code, Errc::bad_response);
}

TEST_F(SessionTest, TriesAgainWhatPassesAndNoMore) {
    for (int i = 0; i < 4; ++i) http_.get("/z").answers(502, "<html><title>Unicorn!</title>");
    const auto answer = get("/z");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().http_status, 502);
    EXPECT_EQ(answer.error().peer, "Unicorn!");
}

}  // namespace
}  // namespace autobackup::github::session_test
