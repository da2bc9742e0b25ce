// SPDX-License-Identifier: MIT
#include "lib/http/url.hpp"

#include <gtest/gtest.h>

namespace autobackup::http::url_test {
namespace {

TEST(Url, ReadsItsParts) {
    const Url url = Url::parse("HTTPS://CVAT.Example.ORG:8443/api/tasks?page=2#top").value();
    EXPECT_TRUE(url.tls());
    EXPECT_EQ(url.host(), "cvat.example.org");
    EXPECT_EQ(url.port(), 8443);
    EXPECT_EQ(url.target(), "/api/tasks?page=2");
    EXPECT_EQ(url.path(), "/api/tasks");
    EXPECT_EQ(url.origin(), "https://cvat.example.org:8443");
    EXPECT_EQ(url.text(), "https://cvat.example.org:8443/api/tasks?page=2");
}

TEST(Url, LeavesOutTheSchemesOwnPort) {
    EXPECT_EQ(Url::parse("http://h:80").value().text(), "http://h/");
    EXPECT_EQ(Url::parse("https://h:443/x").value().authority(), "h");
    EXPECT_EQ(Url::parse("http://h:443").value().authority(), "h:443");
    EXPECT_EQ(Url::parse("http://h:").value().port(), 80);
    EXPECT_EQ(Url::parse("http://h?x=1").value().target(), "/?x=1");
}

TEST(Url, KeepsIpv6InBracketsOnTheWireOnly) {
    const Url url = Url::parse("http://[2001:DB8::1]:8080/x").value();
    EXPECT_EQ(url.host(), "2001:db8::1");
    EXPECT_EQ(url.authority(), "[2001:db8::1]:8080");
}

TEST(Url, EscapesWhatMayNotStandInARequestLine) {
    EXPECT_EQ(Url::parse("http://h/a b/\xc3\xa4").value().target(), "/a%20b/%C3%A4");
    EXPECT_EQ(Url::parse("http://h/a%20b").value().target(), "/a%20b");
}

TEST(Url, RefusesWhatIsNoUrlOfOurs) {
    for (const char* text : {"", "h", "ftp://h/", "http://", "http:///x", "http://h:0/", "http://h:65536/",
                             "http://h:x/", "http://[::1/", "http://[zz]/", "http://[::1]x/",
                             "http://h\r\nX: y/", "http://a b/", "http://.h/"}) {
        const auto url = Url::parse(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, Errc::config_invalid) << text;
    }
}

TEST(Url, RefusesUserInfoWithoutRepeatingIt) {
    const auto url = Url::parse("https://bot:hunter2@h/x");
    ASSERT_FALSE(url);
    EXPECT_EQ(describe(url.error()).find("hunter2"), std::string::npos);
    EXPECT_NE(url.error().message.find("user name"), std::string::npos);
}

TEST(Url, NamesABrokenUrlWithoutItsUserInfo) {
    for (const char* text : {"http://bot:hunter2@h/x.git", "http://hunter2@h:99999/x.git", "http://bot:hunter2/y@h/x.git", "http:/bot:hunter2@h/x.git",
                             "ftp://bot:hunter2@h/x.git", "http://bot:hun@ter2@[::1/x", "http://bot:hunter2\n@h/"}) {
        const auto url = Url::parse(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(describe(url.error()).find("hunter2"), std::string::npos) << text << describe(url.error());
        EXPECT_EQ(describe(url.error()).find("ter2"), std::string::npos) << text;
    }
    EXPECT_EQ(Url::parse("http://bot:hunter2@h/x.git?key=1").error().object, "http://h/x.git");
    EXPECT_EQ(Url::parse("ftp://h/x.git").error().object, "ftp://h/x.git");
}

TEST(Url, TellsLoopback) {
    for (const char* text : {"http://localhost/", "http://127.0.0.1/", "http://127.9.9.9/", "http://[::1]/",
                             "http://a.localhost/"}) {
        EXPECT_TRUE(Url::parse(text).value().loopback()) << text;
    }
    for (const char* text : {"http://128.0.0.1/", "http://localhost.example.org/", "http://[::2]/"}) {
        EXPECT_FALSE(Url::parse(text).value().loopback()) << text;
    }
}

TEST(Url, AppendsToTheBasesPath) {
    EXPECT_EQ(Url::parse("https://h/cvat/").value().with_appended("/api/x?y").text(),
              "https://h/cvat/api/x?y");
    EXPECT_EQ(Url::parse("https://h").value().with_appended("/api").text(), "https://h/api");
    EXPECT_EQ(Url::parse("https://h/a.git").value().with_appended("info/refs").text(),
              "https://h/a.git/info/refs");
    EXPECT_EQ(Url::parse("https://h/a").value().with_target("x").text(), "https://h/x");
}

struct Reference {
    const char* reference;
    const char* result;
};
class Resolve : public testing::TestWithParam<Reference> {};

// The examples of RFC 3986 §5.4 that make sense for http.
TEST_P(Resolve, FollowsTheRfc) {
    const Url base = Url::parse("http://a/b/c/d;p?q").value();
    EXPECT_EQ(base.resolve(GetParam().reference).value().text(), GetParam().result);
}
INSTANTIATE_TEST_SUITE_P(
    Rfc3986, Resolve,
    testing::Values(Reference{"http://x/g", "http://x/g"}, Reference{"g", "http://a/b/c/g"},
                    Reference{"./g", "http://a/b/c/g"}, Reference{"g/", "http://a/b/c/g/"},
                    Reference{"/g", "http://a/g"}, Reference{"//g", "http://g/"},
                    Reference{"?y", "http://a/b/c/d;p?y"}, Reference{"g?y", "http://a/b/c/g?y"},
                    Reference{"#s", "http://a/b/c/d;p?q"}, Reference{"", "http://a/b/c/d;p?q"},
                    Reference{".", "http://a/b/c/"}, Reference{"..", "http://a/b/"},
                    Reference{"../..", "http://a/"}, Reference{"../../../g", "http://a/g"},
                    Reference{"/./g/../h", "http://a/h"}, Reference{"g?y/../x", "http://a/b/c/g?y/../x"},
                    Reference{"https://x:1/", "https://x:1/"}));

TEST(Url, ResolveRefusesOtherSchemes) {
    const Url base = Url::parse("http://a/b").value();
    EXPECT_FALSE(base.resolve("ftp://x/"));
    EXPECT_FALSE(base.resolve("javascript:alert(1)"));
    EXPECT_FALSE(base.resolve("/x\r\nSet-Cookie: a"));
}

TEST(Url, ComparesOrigins) {
    const Url a = Url::parse("http://h/x").value();
    EXPECT_TRUE(same_origin(a, Url::parse("http://H:80/y").value()));
    EXPECT_FALSE(same_origin(a, Url::parse("https://h/x").value()));
    EXPECT_FALSE(same_origin(a, Url::parse("http://h:81/x").value()));
}

}  // namespace
}  // namespace autobackup::http::url_test
