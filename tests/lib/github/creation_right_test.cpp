// SPDX-License-Identifier: MIT
#include "lib/github/creation_right.hpp"

#include <gtest/gtest.h>

#include "tests/support/fake_http.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::github::creation_right_test {
namespace {

class CreationRight : public testing::Test {
protected:
    Result<std::string> ask(Forge::Kind kind) {
        Forge forge;
        forge.kind = kind;
        forge.secret = Secret("s3cret");
        const NewRepository repository = new_repository(kind, "", "https://forge.example.org/backup/app.git", "").value();
        return test::run_coroutine([&] { return creation_right(http_, forge, repository); });
    }
    void refused(Forge::Kind kind, const std::string& words) {
        const Result<std::string> told = ask(kind);
        ASSERT_FALSE(told) << *told;
        EXPECT_EQ(told.error().code, Errc::forbidden);
        EXPECT_NE(told.error().message.find(words), std::string::npos) << told.error().message;
        EXPECT_NE(told.error().hint.find("for backup"), std::string::npos);
        EXPECT_EQ(describe(told.error()).find("s3cret"), std::string::npos);
    }
    test::FakeHttp http_;
};

TEST_F(CreationRight, OfTheAccountItself) {
    http_.get("/api/v3/user").answers(200, R"({"login":"Backup"})").header("X-OAuth-Scopes", "read:org, repo");
    EXPECT_EQ(ask(Forge::Kind::github).value(), "repositories are made for Backup");
    http_.get("/api/v1/user").answers(200, R"({"login":"backup"})");
    EXPECT_EQ(ask(Forge::Kind::gitea).value(), "repositories are made for backup");
}

TEST_F(CreationRight, AClassicTokenNeedsItsScope) {
    http_.get("/api/v3/user").answers(200, R"({"login":"backup"})").header("X-OAuth-Scopes", "public_repo, read:org");
    refused(Forge::Kind::github, "needs repo");
}

TEST_F(CreationRight, OfAnOwnerOfAnOrganisation) {
    http_.get("/api/v3/user").answers(200, R"({"login":"bot"})");
    http_.get("/api/v3/user/memberships/orgs/backup").answers(200, R"({"state":"active","role":"admin"})");
    EXPECT_NE(ask(Forge::Kind::github).value().find("is an owner"), std::string::npos);
}

TEST_F(CreationRight, OfAMemberIsTheOrganisationsToTell) {
    for (const char* organisation : {R"({"members_can_create_repositories":true})", "{}"}) {
        http_.get("/api/v3/user").answers(200, R"({"login":"bot"})");
        http_.get("/api/v3/user/memberships/orgs/backup").answers(200, R"({"state":"active","role":"member"})");
        http_.get("/api/v3/orgs/backup").answers(200, organisation);
        EXPECT_EQ(ask(Forge::Kind::github).value(), "repositories are made for backup");
    }
    for (const char* right : {"members_can_create_repositories", "members_can_create_private_repositories"}) {
        http_.get("/api/v3/user").answers(200, R"({"login":"bot"})");
        http_.get("/api/v3/user/memberships/orgs/backup").answers(200, R"({"state":"active","role":"member"})");
        http_.get("/api/v3/orgs/backup").answers(200, std::string("{\"") + right + "\":false}");
        refused(Forge::Kind::github, "may not make private repositories");
    }
}

TEST_F(CreationRight, WhoIsNoMemberIsRefused) {
    http_.get("/api/v3/user").answers(200, R"({"login":"bot"})");
    http_.get("/api/v3/user/memberships/orgs/backup").answers(404, R"({"message":"Not Found"})");
    refused(Forge::Kind::github, "no member");
    http_.get("/api/v3/user").answers(200, R"({"login":"bot"})");
    http_.get("/api/v3/user/memberships/orgs/backup").answers(200, R"({"state":"pending","role":"member"})");
    refused(Forge::Kind::github, "has not joined");
}

TEST_F(CreationRight, AnAppIsNotToldAndThatIsSaid) {
    http_.get("/api/v3/user").answers(403, R"({"message":"Resource not accessible by integration"})");
    http_.get("/api/v3/user/memberships/orgs/backup").answers(403, R"({"message":"Resource not accessible by integration"})");
    http_.get("/api/v3/orgs/backup").answers(200, R"({"login":"backup"})");
    EXPECT_NE(ask(Forge::Kind::github).value().find("is not told"), std::string::npos);
}

TEST_F(CreationRight, InAnOrganisationOfGitea) {
    http_.get("/api/v1/user").answers(200, R"({"login":"bot"})");
    http_.get("/api/v1/users/bot/orgs/backup/permissions").answers(200, R"({"can_create_repository":true})");
    EXPECT_EQ(ask(Forge::Kind::gitea).value(), "repositories are made for backup");
    http_.get("/api/v1/user").answers(200, R"({"login":"bot"})");
    http_.get("/api/v1/users/bot/orgs/backup/permissions").answers(200, R"({"can_create_repository":false})");
    refused(Forge::Kind::gitea, "bot may not");
    http_.get("/api/v1/user").answers(200, R"({"login":"bot"})");
    http_.get("/api/v1/users/bot/orgs/backup/permissions").answers(404, "{}");
    refused(Forge::Kind::gitea, "no organisation backup");
}

TEST_F(CreationRight, AWrongTokenIsUnauthorized) {
    http_.get("/api/v1/user").answers(401, R"({"message":"token is required"})");
    EXPECT_EQ(ask(Forge::Kind::gitea).error().code, Errc::unauthorized);
}

}  // namespace
}  // namespace autobackup::github::creation_right_test
