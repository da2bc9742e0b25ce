// SPDX-License-Identifier: MIT
#include "lib/http/proxy.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace autobackup::http::proxy_test {
namespace {

struct Rule {
    const char* rules;
    const char* host;
    std::uint16_t port;
    bool bypasses;
};
class NoProxy : public testing::TestWithParam<Rule> {};

TEST_P(NoProxy, DecidesByRule) {
    const Rule& rule = GetParam();
    EXPECT_EQ(bypasses_proxy(rule.rules, rule.host, rule.port), rule.bypasses)
        << rule.rules << " / " << rule.host;
}
INSTANTIATE_TEST_SUITE_P(
    Rules, NoProxy,
    testing::Values(
        Rule{"", "h", 80, false}, Rule{"*", "h", 80, true}, Rule{"h", "h", 80, true},
        Rule{"H", "h", 80, true}, Rule{"example.org", "a.example.org", 80, true},
        Rule{".example.org", "a.example.org", 80, true}, Rule{".example.org", "example.org", 80, true},
        Rule{"*.example.org", "a.example.org", 80, true}, Rule{"example.org", "badexample.org", 80, false},
        Rule{"example.org.", "example.org", 80, true}, Rule{"h:8080", "h", 8080, true},
        Rule{"h:8080", "h", 80, false}, Rule{"a, b ,c", "b", 80, true}, Rule{"a b", "b", 80, true},
        Rule{"10.0.0.0/8", "10.1.2.3", 80, true}, Rule{"10.0.0.0/8", "11.1.2.3", 80, false},
        Rule{"10.1.2.128/25", "10.1.2.127", 80, false}, Rule{"10.1.2.128/25", "10.1.2.129", 80, true},
        Rule{"10.0.0.0/8", "ten.example.org", 80, false}, Rule{"192.168.1.7", "192.168.1.7", 80, true},
        Rule{"1.7", "192.168.1.7", 80, false}, Rule{"fd00::/8", "fd12::1", 80, true},
        Rule{"[::1]", "::1", 80, true}, Rule{"[::1]:81", "::1", 80, false}, Rule{"::1", "::1", 80, true},
        Rule{"0:0:0:0:0:0:0:1", "::1", 80, true}, Rule{"10.0.0.0/99", "10.0.0.1", 80, false}));

TEST(Proxy, ReadsHostPortAndPassword) {
    const Proxy proxy = parse_proxy("http://us%20er:p%40ss@Proxy.lan:3128/").value();
    EXPECT_EQ(proxy.name(), "proxy.lan:3128");
    EXPECT_EQ(proxy.authorization.reveal(), "Basic dXMgZXI6cEBzcw==");
    EXPECT_EQ(parse_proxy("proxy:80").value().port, 80);
    EXPECT_EQ(parse_proxy("proxy").value().port, 1080);
    EXPECT_TRUE(parse_proxy("proxy").value().authorization.empty());
    EXPECT_EQ(parse_proxy("[::1]:9").value().port, 9);
}

TEST(Proxy, RefusesOthersWithoutRepeatingThem) {
    for (const char* text : {"socks5://u:hunter2@h:1", "https://h:1", "http://u:hunter2@", "http://h:x"}) {
        const auto proxy = parse_proxy(text);
        ASSERT_FALSE(proxy) << text;
        EXPECT_EQ(proxy.error().code, Errc::config_invalid);
        EXPECT_EQ(describe(proxy.error()).find("hunter2"), std::string::npos);
    }
    ClientSettings settings;
    settings.https_proxy = "socks5://h:1";
    EXPECT_EQ(make_client(settings).error().code, Errc::config_invalid);
}

class Environment : public testing::Test {
protected:
    void SetUp() override {
        for (const char* name : names) ::unsetenv(name);
    }
    void TearDown() override { SetUp(); }
    static constexpr const char* names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                            "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
    static ClientSettings read() {
        ClientSettings settings;
        read_proxies_from_environment(settings);
        return settings;
    }
};

TEST_F(Environment, LowerCaseComesFirstAndUpperHttpProxyIsIgnored) {
    ::setenv("HTTP_PROXY", "http://evil:1", 1);
    ::setenv("HTTPS_PROXY", "http://upper:1", 1);
    ::setenv("NO_PROXY", "a", 1);
    EXPECT_EQ(read().http_proxy, "");
    EXPECT_EQ(read().https_proxy, "http://upper:1");
    EXPECT_EQ(read().no_proxy, "a");
    ::setenv("https_proxy", "http://lower:1", 1);
    ::setenv("no_proxy", "b", 1);
    EXPECT_EQ(read().https_proxy, "http://lower:1");
    EXPECT_EQ(read().no_proxy, "b");
}

TEST_F(Environment, AllProxyFillsWhatIsMissing) {
    ::setenv("ALL_PROXY", "http://all:1", 1);
    ::setenv("http_proxy", "http://own:1", 1);
    EXPECT_EQ(read().http_proxy, "http://own:1");
    EXPECT_EQ(read().https_proxy, "http://all:1");
}

}  // namespace
}  // namespace autobackup::http::proxy_test
