// SPDX-License-Identifier: MIT
#include "lib/lfs/batch.hpp"

#include <gtest/gtest.h>

#include "lib/lfs/remote.hpp"

namespace autobackup::lfs::batch_test {
namespace {

const Pointer one{std::string(64, '1'), 123};
const Pointer two{std::string(64, '2'), 5};
const std::vector<Pointer> both{one, two};
const http::Url endpoint = http::Url::parse("https://git.example.org/acme/a.git/info/lfs").value();
const Instant noon = *parse_rfc3339("2026-11-21T12:00:00Z");

Result<std::vector<BatchObject>> parse(const std::string& text, const std::vector<Pointer>& asked = both) {
    return parse_batch(text, asked, endpoint, noon);
}

std::string entry(const Pointer& object, const std::string& rest) {
    return R"({"oid": ")" + object.oid + R"(", "size": )" + std::to_string(object.size) + rest + "}";
}

TEST(BatchRequest, IsThatOfTheApi) {
    EXPECT_EQ(batch_request(Operation::upload, "refs/heads/main", std::vector{one}),
              R"({"operation":"upload","transfers":["basic"],"ref":{"name":"refs/heads/main"},"objects":[{"oid":")" + one.oid +
                  R"(","size":123}],"hash_algo":"sha256"})");
    EXPECT_EQ(batch_request(Operation::download, "", both).find("\"ref\""), std::string::npos);
}

TEST(ParseBatch, GivesTheObjectsInTheOrderOfTheQuestion) {
    const auto answer = parse(R"({"transfer": "basic", "objects": [)" + entry(two, R"(, "error": {"code": 410, "message": "gone"})") + "," +
                              entry(one, R"(, "authenticated": true, "actions": {
        "upload": {"href": "https://store.example.com/x?sig=1", "header": {"X-A": "b", "authorization": "RemoteAuth t"}, "expires_in": 60, "expires_at": "2020-01-01T00:00:00Z"},
        "verify": {"href": "/verify"}})") + "]}");
    ASSERT_TRUE(answer) << describe(answer.error());
    const BatchObject& first = (*answer)[0];
    EXPECT_EQ(first.pointer, one);
    EXPECT_TRUE(first.authenticated);
    ASSERT_TRUE(first.upload);
    EXPECT_EQ(first.upload->href.text(), "https://store.example.com/x?sig=1");
    EXPECT_EQ(first.upload->headers.value_or("x-a", ""), "b");
    EXPECT_EQ(first.upload->headers.find("Authorization"), nullptr);
    EXPECT_EQ(first.upload->authorization.reveal(), "RemoteAuth t");
    EXPECT_EQ(first.upload->expires, noon + std::chrono::seconds(60));
    EXPECT_EQ(first.verify->href.text(), "https://git.example.org/verify");
    EXPECT_FALSE(first.verify->expires);
    EXPECT_FALSE(first.download);
    EXPECT_EQ((*answer)[1].error_code, 410);
    EXPECT_EQ((*answer)[1].error_message, "gone");
}

TEST(ParseBatch, KnowsWhenAnActionExpires) {
    const auto expiry = [](const std::string& fields) {
        return parse(R"({"objects": [)" + entry(one, R"(, "actions": {"download": {"href": "/o")" + fields + "}}") + "]}", {one}).value()[0].download->expires;
    };
    EXPECT_EQ(expiry(R"(, "expires_at": "2026-11-21T13:00:00+01:00")"), noon);
    EXPECT_EQ(expiry(R"(, "expires_at": "0001-01-01T00:00:00Z")"), std::nullopt);
    EXPECT_EQ(expiry(R"(, "expires_in": -1)"), noon - std::chrono::seconds(1));
    EXPECT_EQ(expiry(R"(, "expires_in": 0)"), std::nullopt);
}

TEST(ParseBatch, RefusesWhatIsNoAnswer) {
    for (const std::string& text :
         {std::string("<html>"), std::string("[]"), std::string("{}"), std::string(R"({"objects": {}})"), std::string(R"({"objects": [1]})"),
          R"({"objects": [)" + entry(one, "") + "]}", R"({"objects": [)" + entry(one, R"(, "actions": {"upload": {}})") + "," + entry(two, "") + "]}",
          R"({"objects": [)" + entry(one, R"(, "actions": {"upload": {"href": "ftp://x/y"}})") + "," + entry(two, "") + "]}"}) {
        const auto answer = parse(text);
        ASSERT_FALSE(answer) << text;
        EXPECT_EQ(answer.error().code, Errc::bad_response) << text;
    }
    EXPECT_EQ(parse(R"({"transfer": "tus", "objects": []})").error().code, Errc::unsupported);
    EXPECT_EQ(parse(R"({"hash_algo": "sha512", "objects": []})").error().code, Errc::unsupported);
    const std::string plain = R"({"objects": [)" + entry(one, R"(, "actions": {"upload": {"href": "http://git.example.org/o?sig=secret"}})") + "]}";
    const auto refused = parse(plain, {one});
    EXPECT_EQ(refused.error().code, Errc::redirect_refused);
    EXPECT_EQ(describe(refused.error()).find("secret"), std::string::npos);
}

TEST(ParseAccess, ReadsWhatGitLfsAuthenticatePrints) {
    const Result<Access> access = parse_access(R"({"header": {"Authorization": "RemoteAuth 1"}, "href": "https://lfs.example.com/a", "expires_in": 600})", noon);
    ASSERT_TRUE(access) << describe(access.error());
    EXPECT_EQ(access->href.text(), "https://lfs.example.com/a");
    EXPECT_EQ(access->authorization.reveal(), "RemoteAuth 1");
    EXPECT_EQ(access->expires, noon + std::chrono::minutes(10));
    EXPECT_EQ(parse_access("command not found", noon).error().code, Errc::bad_response);
    EXPECT_EQ(parse_access("{}", noon).error().code, Errc::bad_response);
}

TEST(Endpoint, IsWhereGitLfsLooksForIt) {
    // git-lfs docs/api/server-discovery.md
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"https://git-server.com/foo/bar", "https://git-server.com/foo/bar.git/info/lfs"},
        {"https://git-server.com/foo/bar.git", "https://git-server.com/foo/bar.git/info/lfs"},
        {"https://git-server.com/foo/bar.git/", "https://git-server.com/foo/bar.git/info/lfs"},
        {"http://git-server.com:8080/foo", "http://git-server.com:8080/foo.git/info/lfs"},
        {"git@git-server.com:foo/bar.git", "https://git-server.com/foo/bar.git/info/lfs"},
        {"git-server.com:foo/bar", "https://git-server.com/foo/bar.git/info/lfs"},
        {"ssh://git@git-server.com/foo/bar.git", "https://git-server.com/foo/bar.git/info/lfs"},
        {"ssh://git@git-server.com:2222/foo/bar", "https://git-server.com/foo/bar.git/info/lfs"},
        {"ssh://[2001:db8::1]:22/foo", "https://[2001:db8::1]/foo.git/info/lfs"},
    };
    for (const auto& [url, expected] : cases) {
        const Result<http::Url> found = endpoint_of(url);
        ASSERT_TRUE(found) << url << describe(found.error());
        EXPECT_EQ(found->text(), expected) << url;
    }
    EXPECT_FALSE(endpoint_of("ftp://x/y"));
    EXPECT_EQ(local_objects("/srv/a.git"), "/srv/a.git/lfs/objects");
    EXPECT_EQ(local_objects("file:///srv/a%20b.git"), "/srv/a b.git/lfs/objects");
    EXPECT_FALSE(local_objects("https://x/y"));
}

}  // namespace
}  // namespace autobackup::lfs::batch_test
