// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <fstream>

#include "lib/github/app_token.hpp"
#include "lib/github/session.hpp"
#include "tests/support/command.hpp"
#include "tests/support/fake_http.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::github::app_test {
namespace {

using test::run_coroutine;

// A key of the openssl program's; the same program judges the signature.
class AppTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        directory_ = new test::TempDir();
        ran("openssl genrsa -out " + path("key.pem") + " 2048");
        ran("openssl rsa -in " + path("key.pem") + " -pubout -out " + path("public.pem") + "");
    }
    static void TearDownTestSuite() { delete directory_; }
    static std::string path(const std::string& name) { return (directory_->path() / name).string(); }
    static void ran(const std::string& line) {
        const test::CommandResult result = test::run_command(line);
        ASSERT_EQ(result.exit_code, 0) << line << ": " << result.output;
    }
    static std::string text_of(const std::string& file) {
        std::ifstream stream(file, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    }
    static void write(const std::string& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }
    static Secret key() { return Secret(text_of(path("key.pem"))); }

    Settings settings() {
        Settings settings;
        settings.name = "hub";
        settings.rest = *http::Url::parse("https://git.example.org/api/v3");
        AppAuth app;
        app.app_id = "1234";
        app.installation = "acme";
        app.private_key = key();
        settings.auth = std::move(app);
        settings.retry_delay = Milliseconds(1);
        return settings;
    }
    static std::string minted(const std::string& token, std::chrono::minutes left) {
        return R"({"token":")" + token + R"(","expires_at":")" + rfc3339_seconds(now() + left) + "\"}";
    }

    inline static test::TempDir* directory_ = nullptr;
    Account account_;
    test::FakeHttp http_;
};

TEST_F(AppTest, TheTokenIsSignedAsOpensslWouldVerifyIt) {
    const auto token = app_token("1234", key(), Instant(std::chrono::seconds(1'800'000'000)));
    ASSERT_TRUE(token) << describe(token.error());
    const std::string text = token->reveal();
    const auto dot = text.rfind('.');
    write(path("signed"), text.substr(0, dot));
    std::string signature = text.substr(dot + 1);
    for (char& c : signature) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (signature.size() % 4 != 0) signature += '=';
    write(path("signature.b64"), signature + "\n");
    ran("openssl base64 -d -A -in " + path("signature.b64") + " -out " + path("signature"));
    ran("openssl dgst -sha256 -verify " + path("public.pem") + " -signature " + path("signature") + " " + path("signed"));
    EXPECT_EQ(base64_url(R"({"iat":1799999940,"exp":1800000540,"iss":"1234"})"), text.substr(text.find('.') + 1, dot - text.find('.') - 1));
}

TEST_F(AppTest, RefusesWhatIsNoRsaKeyWithoutShowingIt) {
    ran("openssl ecparam -name prime256v1 -genkey -noout -out " + path("ec.pem"));
    ran("openssl genrsa -aes128 -passout pass:x -out " + path("locked.pem") + " 2048");
    for (const std::string& text : {std::string("hunter2"), text_of(path("ec.pem")), text_of(path("locked.pem"))}) {
        const auto token = app_token("1", Secret(text), now());
        ASSERT_FALSE(token);
        EXPECT_EQ(token.error().code, Errc::config_invalid);
        EXPECT_EQ(describe(token.error()).find("hunter2"), std::string::npos);
    }
}

TEST_F(AppTest, MintsOnceRenewsBeforeTheEndAndAfterA401) {
    Session session(http_, account_, settings());
    http_.get("/api/v3/orgs/acme/installation").answers(404, R"({"message":"Not Found"})");
    http_.get("/api/v3/users/acme/installation").answers(200, R"({"id":77})");
    http_.post("/api/v3/app/installations/77/access_tokens").answers(201, minted("ghs_one", std::chrono::minutes(60)));
    http_.get("/api/v3/x").answers(200, "{}");
    http_.get("/api/v3/x").answers(401, R"({"message":"Bad credentials"})");
    http_.get("/api/v3/orgs/acme/installation").answers(200, R"({"id":77})");
    http_.post("/api/v3/app/installations/77/access_tokens").answers(201, minted("ghs_two", std::chrono::minutes(5)));
    http_.get("/api/v3/x").answers(200, "{}");
    ASSERT_TRUE(run_coroutine([&] { return session.get_json("/x", "x"); }));
    EXPECT_EQ(http_.authorizations().back(), "Bearer ghs_one");
    const auto second = run_coroutine([&] { return session.get_json("/x", "x"); });
    ASSERT_TRUE(second) << describe(second.error());
    EXPECT_EQ(http_.authorizations().back(), "Bearer ghs_two");
    http_.get("/api/v3/orgs/acme/installation").answers(200, R"({"id":77})");
    http_.post("/api/v3/app/installations/77/access_tokens").answers(201, minted("ghs_three", std::chrono::minutes(60)));
    http_.get("/api/v3/x").answers(200, "{}");
    ASSERT_TRUE(run_coroutine([&] { return session.get_json("/x", "x"); }));
    EXPECT_EQ(http_.authorizations().back(), "Bearer ghs_three") << "less than ten minutes were left of the second";
}

TEST_F(AppTest, AnAppThatIsNotInstalledIsNamed) {
    Session session(http_, account_, settings());
    http_.get("/api/v3/orgs/acme/installation").answers(404, R"({"message":"Not Found"})");
    http_.get("/api/v3/users/acme/installation").answers(404, R"({"message":"Not Found"})");
    const auto answer = run_coroutine([&] { return session.get_json("/x", "x"); });
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::not_found);
    EXPECT_NE(describe(answer.error()).find("App is not installed"), std::string::npos);
}

}  // namespace
}  // namespace autobackup::github::app_test
