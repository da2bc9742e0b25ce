// SPDX-License-Identifier: MIT
#include "lib/github/create_repository.hpp"

#include <gtest/gtest.h>

#include "tests/support/fake_http.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::github::create_repository_test {
namespace {

struct Derived {
    Forge::Kind kind;
    std::string url, api, owner;
};
class NewRepositoryOf : public testing::TestWithParam<Derived> {};

TEST_P(NewRepositoryOf, Url) {
    const Result<NewRepository> made = new_repository(GetParam().kind, "", GetParam().url, "main");
    ASSERT_TRUE(made) << describe(made.error());
    EXPECT_EQ(made->api.text(), GetParam().api);
    EXPECT_EQ(made->owner, GetParam().owner);
    EXPECT_EQ(made->name, "app");
}

INSTANTIATE_TEST_SUITE_P(
    Each, NewRepositoryOf,
    testing::Values(Derived{Forge::Kind::github, "https://github.com/acme/app.git", "https://api.github.com/", "acme"},
                    Derived{Forge::Kind::github, "git@github.com:acme/app.git", "https://api.github.com/", "acme"},
                    Derived{Forge::Kind::github, "https://git.example.org:8443/acme/app", "https://git.example.org:8443/api/v3", "acme"},
                    Derived{Forge::Kind::gitea, "https://forge.example.org/backup/app.git", "https://forge.example.org/api/v1", "backup"},
                    Derived{Forge::Kind::gitea, "https://example.org/gitea/backup/app.git", "https://example.org/gitea/api/v1", "backup"},
                    Derived{Forge::Kind::gitea, "ssh://git@forge.example.org:2222/backup/app.git", "https://forge.example.org/api/v1", "backup"}));

TEST(NewRepositoryUrl, WithoutOwnerIsRefused) {
    EXPECT_FALSE(new_repository(Forge::Kind::gitea, "", "https://forge.example.org/app.git", ""));
    EXPECT_FALSE(new_repository(Forge::Kind::gitea, "", "nothing", ""));
}

class Creating : public testing::Test {
protected:
    Result<void> create(Forge::Kind kind, const std::string& username = "") {
        Forge forge;
        forge.kind = kind;
        forge.username = username;
        forge.secret = Secret("s3cret");
        const NewRepository repository = new_repository(kind, "", "https://forge.example.org/backup/app.git", "main").value();
        return test::run_coroutine([&] { return create_repository(http_, forge, repository); });
    }
    test::FakeHttp http_;
};

constexpr const char* gitea_body =
    R"({"name":"app","private":true,"auto_init":false,"description":"Copy, kept up to date by autobackupd","default_branch":"main"})";

TEST_F(Creating, ForTheAccountItself) {
    http_.get("/api/v1/user").answers(200, R"({"login":"Backup"})");
    http_.post("/api/v1/user/repos").with_body(gitea_body).answers(201, "{}");
    const Result<void> made = create(Forge::Kind::gitea);
    ASSERT_TRUE(made) << describe(made.error());
    EXPECT_EQ(http_.authorizations().back(), "token s3cret");
}

TEST_F(Creating, ForAnOrganisationWithAPassword) {
    http_.get("/api/v1/user").answers(200, R"({"login":"bot"})");
    http_.post("/api/v1/orgs/backup/repos").with_body(gitea_body).answers(201, "{}");
    ASSERT_TRUE(create(Forge::Kind::gitea, "bot"));
    EXPECT_EQ(http_.authorizations().back(), "Basic Ym90OnMzY3JldA==");
}

TEST_F(Creating, OnGithubWithItsHeaders) {
    http_.get("/api/v3/user").answers(403, R"({"message":"Resource not accessible by integration"})");
    http_.post("/api/v3/orgs/backup/repos").with("X-GitHub-Api-Version", "2022-11-28").with("Content-Type", "application/json").answers(201, "{}");
    ASSERT_TRUE(create(Forge::Kind::github));
    EXPECT_EQ(http_.authorizations().back(), "Bearer s3cret");
}

TEST_F(Creating, TellsTheServersWords) {
    http_.get("/api/v3/user").answers(200, R"({"login":"bot"})");
    http_.post("/api/v3/orgs/backup/repos").answers(422, R"({"message":"Repository creation failed.","errors":[{"message":"name already exists on this account"}]})");
    const Result<void> made = create(Forge::Kind::github);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::bad_request);
    EXPECT_NE(made.error().peer.find("name already exists"), std::string::npos);
    EXPECT_NE(made.error().hint, "");
    EXPECT_EQ(describe(made.error()).find("s3cret"), std::string::npos);
}

TEST_F(Creating, AWrongTokenIsUnauthorized) {
    http_.get("/api/v1/user").answers(401, R"({"message":"token is required"})");
    EXPECT_EQ(create(Forge::Kind::gitea).error().code, Errc::unauthorized);
}

TEST_F(Creating, APageForJsonIsABadAnswer) {
    http_.get("/api/v1/user").answers(200, "<html>log in</html>");
    EXPECT_EQ(create(Forge::Kind::gitea).error().code, Errc::bad_response);
}

}  // namespace
}  // namespace autobackup::github::create_repository_test
