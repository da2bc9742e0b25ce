// SPDX-License-Identifier: MIT
#include "lib/remote/ssh_address.hpp"

#include <gtest/gtest.h>

#include "lib/remote/ssh_words.hpp"

namespace autobackup::remote::ssh_address_test {
namespace {

struct Good {
    const char* url;
    const char* user;
    const char* host;
    int port;
    const char* path;
};

class GoodAddress : public testing::TestWithParam<Good> {};

TEST_P(GoodAddress, IsRead) {
    const Good& good = GetParam();
    EXPECT_TRUE(is_ssh_url(good.url));
    const Result<SshAddress> address = parse_ssh_address(good.url);
    ASSERT_TRUE(address) << describe(address.error());
    EXPECT_EQ(address->user, good.user);
    EXPECT_EQ(address->host, good.host);
    EXPECT_EQ(address->port, good.port);
    EXPECT_EQ(address->path, good.path);
}

INSTANTIATE_TEST_SUITE_P(
    All, GoodAddress,
    testing::Values(Good{"ssh://git@example.org/acme/a.git", "git", "example.org", 0, "/acme/a.git"},
                    Good{"SSH://example.org:2222/a%20b'c.git", "", "example.org", 2222, "/a b'c.git"},
                    Good{"ssh://[fe80::1%25eth0]:22/a", "", "fe80::1%25eth0", 22, "/a"},
                    Good{"ssh://bot%40corp@h/~bot/a.git", "bot@corp", "h", 0, "~bot/a.git"},
                    Good{"ssh://h:/a", "", "h", 0, "/a"},
                    Good{"git@github.com:acme/a.git", "git", "github.com", 0, "acme/a.git"},
                    Good{"forge:a.git", "", "forge", 0, "a.git"},
                    Good{"bot@[::1]:/srv/a.git", "bot", "::1", 0, "/srv/a.git"},
                    Good{"git@ssh.dev.azure.com:v3/org/pro ject/r@x", "git", "ssh.dev.azure.com", 0,
                         "v3/org/pro ject/r@x"}));

TEST(SshAddress, WhatCouldBeTakenForSomethingElseIsRefusedAndNotRepeated) {
    for (const std::string url : {"ssh://u:s3cret@h/a",
                                  "ssh://u:s3cr/et@h/a",
                                  "u:s3cret@h/a",
                                  "ssh://-oProxyCommand=s3cret/a",
                                  "-oProxyCommand=s3cret:a",
                                  "ssh://-lx@h/a",
                                  "-x@h:a",
                                  "ssh://h/",
                                  "ssh://h",
                                  "ssh://",
                                  "h:",
                                  "h:-s3cret",
                                  "ssh://h;s3cret/a",
                                  "ssh://h`s3cret`/a",
                                  "ssh://h:0/a",
                                  "ssh://h:70000/a",
                                  "ssh://h:2x/a",
                                  "ssh://h/a?s3cret",
                                  "ssh://h/a%0as3cret",
                                  "ssh://h/a%00b",
                                  "ssh://[::1/a",
                                  "ssh://$h/a",
                                  "ssh://a b@h/x"}) {
        const Result<SshAddress> address = parse_ssh_address(url);
        ASSERT_FALSE(address) << url;
        EXPECT_EQ(address.error().code, Errc::config_invalid) << url;
        EXPECT_EQ(describe(address.error()).find("s3cr"), std::string::npos) << url;
    }
}

TEST(SshAddress, OtherUrlsAreOfOtherKinds) {
    for (const char* url :
         {"https://h/a", "file:///a:b", "/srv/a:b", "./a:b", "a/b:c", "plain", "", ":a", "ftp://h:a"}) {
        EXPECT_FALSE(is_ssh_url(url)) << url;
    }
}

TEST(SshAddress, TheUserOfAUrlIsNotShown) {
    EXPECT_EQ(without_user("ssh://git@h:22/a@b"), "ssh://h:22/a@b");
    EXPECT_EQ(without_user("ssh://h/a@b"), "ssh://h/a@b");
    EXPECT_EQ(without_user("git@h:a"), "git@h:a");
    EXPECT_EQ(without_user("https://h/a"), "https://h/a");
    EXPECT_EQ(without_user("https://bot:pw@h/a"), "https://h/a");
}

TEST(HostKey, FingerprintIsThatOfSshKeygen) {
    // The line and `ssh-keygen -lf` of it: GitHub's published ED25519 key.
    const std::string line =
        "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    const std::optional<HostKey> key = host_key_in("# a comment\n\n" + line + "\r\nmore ssh-rsa AAAA\n");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->line, line);
    EXPECT_EQ(key->host, "github.com");
    EXPECT_EQ(key->type, "ssh-ed25519");
    EXPECT_EQ(key->fingerprint, "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
    EXPECT_FALSE(host_key_in(""));
    EXPECT_FALSE(host_key_in("one two\n@revoked h ssh-rsa AAAA\nh ssh-rsa ***\n"));
}

struct Said {
    const char* words;
    int exit_code;
    const char* code;
    bool transient;
};

class SshWords : public testing::TestWithParam<Said> {};

TEST_P(SshWords, GiveTheCode) {
    const Failure failure = failure_of_ssh(fail(Errc::connection_closed, "read", "x", "ended"),
                                           GetParam().words, GetParam().exit_code);
    EXPECT_EQ(name(failure.code), GetParam().code) << GetParam().words;
    EXPECT_EQ(failure.transient, GetParam().transient) << GetParam().words;
    EXPECT_FALSE(failure.message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, SshWords,
    testing::Values(
        Said{"ssh: Could not resolve hostname nowhere.invalid: Name or service not known", 255,
             "resolve_failed", true},
        Said{"ssh: connect to host 127.0.0.1 port 1: Connection refused", 255, "connection_refused", true},
        Said{"ssh: connect to host 10.0.0.1 port 22: Connection timed out", 255, "connect_timeout", true},
        Said{"Connection timed out during banner exchange", 255, "connect_timeout", true},
        Said{"ssh: connect to host 10.0.0.1 port 22: No route to host", 255, "connection_refused", true},
        Said{"kex_exchange_identification: read: Connection reset by peer\nConnection reset by 1.2.3.4 port "
             "22",
             255, "connection_reset", true},
        Said{"kex_exchange_identification: Connection closed by remote host", 255, "connection_closed", true},
        Said{"Connection to h closed by remote host.", 255, "connection_closed", true},
        Said{"", 255, "connection_closed", true},
        Said{"git@h: Permission denied (publickey).", 255, "unauthorized", false},
        Said{"Received disconnect from h port 22:2: Too many authentication failures", 255, "unauthorized",
             false},
        Said{"Load key \"/x/key\": error in libcrypto\ngit@h: Permission denied (publickey).", 255,
             "unauthorized", false},
        Said{"No ED25519 host key is known for h and you have requested strict checking.\nHost key "
             "verification failed.",
             255, "host_key_unknown", false},
        Said{"@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", 255,
             "host_key_changed", false},
        Said{"Unable to negotiate with h port 22: no matching host key type found. Their offer: ssh-dss", 255,
             "unsupported", false},
        Said{"bash: git-receive-pack: command not found", 127, "unsupported", false},
        Said{"fatal: '/srv/a.git' does not appear to be a git repository", 128, "not_found", false},
        Said{"ERROR: Repository not found.", 1, "not_found", false},
        Said{"ERROR: Permission to acme/a.git denied to bot.", 1, "forbidden", false},
        Said{"ERROR: The key you are authenticating with has been marked as read only.", 1, "forbidden",
             false},
        Said{"remote: insufficient\nfatal: write error: No space left on device", 128, "server_error", true},
        Said{"fatal: something else", 128, "server_error", true}));

}  // namespace
}  // namespace autobackup::remote::ssh_address_test
