// SPDX-License-Identifier: MIT
// Jobs that mirror repositories: what is read, and what is refused.
#include <gtest/gtest.h>

#include "tests/support/config_file.hpp"

namespace autobackup::config::mirror_test {
namespace {

using test::ConfigFile;

std::string mirror_job(const std::string& lines) {
    return "jobs:\n  m:\n    schedule: manual\n    mirror:\n" + lines;
}

MirrorSource load_mirror(const std::string& lines) {
    const ConfigFile file(mirror_job(lines));
    const Loaded loaded = file.load();
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << describe(problem);
    if (!loaded.config) return {};
    return std::get<MirrorSource>(loaded.config->jobs.at("m").source);
}

TEST(MirrorConfig, HasDefaults) {
    const MirrorSource source = load_mirror("      repositories: {url: https://git.example.org/a.git, name: group/a}\n");
    ASSERT_EQ(source.repositories.size(), 1U);
    EXPECT_EQ(source.repositories[0].url, "https://git.example.org/a.git");
    EXPECT_EQ(source.repositories[0].name, "group/a");
    EXPECT_FALSE(source.repositories[0].auth.password);
    EXPECT_TRUE(source.lfs);
    EXPECT_TRUE(source.keep_refs);
}

TEST(MirrorConfig, SharesAuthWithRepositoriesOfThatKind) {
    const MirrorSource source = load_mirror(R"(      lfs: false
      keep_refs: false
      auth: {username: bot, password: pw}
      repositories:
        - {url: https://git.example.org/a.git, name: a}
        - {url: "git@example.org:b.git", name: b}
        - {url: /srv/c.git, name: c}
        - {url: https://git.example.org/d.git, name: d, auth: {token: tk}}
)");
    ASSERT_EQ(source.repositories.size(), 4U);
    EXPECT_EQ(source.repositories[0].auth.username, "bot");
    EXPECT_EQ(source.repositories[0].auth.password->text, "pw");
    EXPECT_FALSE(source.repositories[1].auth.password);
    EXPECT_FALSE(source.repositories[2].auth.password);
    EXPECT_EQ(source.repositories[3].auth.username, "x-access-token");
    EXPECT_EQ(source.repositories[3].auth.password->text, "tk");
    EXPECT_FALSE(source.lfs);
    EXPECT_FALSE(source.keep_refs);
}

TEST(MirrorConfig, SharesKeysWithSsh) {
    const MirrorSource source = load_mirror(R"(      auth: {ssh_key: key, known_hosts: /etc/hosts-of-git}
      repositories:
        - {url: "git@example.org:b.git", name: b}
        - {url: https://git.example.org/a.git, name: a}
)");
    ASSERT_EQ(source.repositories.size(), 2U);
    EXPECT_TRUE(source.repositories[0].auth.ssh_key->private_key);
    EXPECT_EQ(source.repositories[0].auth.known_hosts, "/etc/hosts-of-git");
    EXPECT_FALSE(source.repositories[1].auth.ssh_key);
}

struct Mistake {
    std::string lines;
    std::string told;
};
class MirrorMistake : public testing::TestWithParam<Mistake> {};

TEST_P(MirrorMistake, IsTold) {
    const ConfigFile file(mirror_job(GetParam().lines));
    std::string all;
    for (const std::string& line : file.problems()) all += line + "\n";
    EXPECT_NE(all.find(GetParam().told), std::string::npos) << all;
    EXPECT_EQ(all.find("secret"), std::string::npos) << all;
}

const std::string good = "      repositories: [{url: /a, name: a}]\n";

INSTANTIATE_TEST_SUITE_P(
    Each, MirrorMistake,
    testing::Values(Mistake{"      repositories: []\n", "jobs.m.mirror: there is nothing to mirror"},
                    Mistake{"      repositries: []\n", "did you mean 'repositories'?"},
                    Mistake{"      repositories: [{url: /a}]\n", "jobs.m.mirror.repositories[0]: 'name' is missing"},
                    Mistake{"      repositories: [{name: a}]\n", "jobs.m.mirror.repositories[0]: 'url' is missing"},
                    Mistake{"      repositories: [{url: 'https://bot:secret@git.example.org/a', name: a}]\n", "a user name or password in a URL is refused"},
                    Mistake{"      repositories: [{url: ftp://x/a, name: a}]\n", "allowed is https://"},
                    Mistake{"      repositories: [{url: /a, name: a}, {url: /b, name: A}]\n", "the name 'A' is here twice: first at autobackupd.yaml:5:"},
                    Mistake{"      repositories: [{url: /a, name: ../a}]\n", "allowed are parts of"},
                    Mistake{"      repositories: [{url: /a, name: /a}]\n", "allowed are parts of"},
                    Mistake{"      repositories: [{url: /a, name: a.git}]\n", "allowed are parts of"},
                    Mistake{"      repositories: [{url: /a, name: a.git/b}]\n", "allowed are parts of"},
                    Mistake{"      repositories: [{url: /a, name: .lfs}]\n", "allowed are parts of"},
                    Mistake{"      repositories: [{url: /a, name: 'a b'}]\n", "allowed are parts of"},
                    Mistake{"      auth: {username: bot}\n" + good, "'username' and 'password' belong together"},
                    Mistake{"      auth: {token: t, ssh_key: k}\n" + good, "ssh takes no password or token"},
                    Mistake{"      repositories: [{url: https://h/a, name: a, auth: {ssh_key: k}}]\n", "ssh_key and known_hosts are for ssh"},
                    Mistake{good + "    archive: {}\n", "'archive' is for a cvat: source"},
                    Mistake{good + "    git: {url: /t}\n", "'git' is for a cvat: source"},
                    Mistake{good + "    cvat: {}\n", "a job has one source"}));

TEST(MirrorConfig, DoesNotInheritWhatIsForCvat) {
    const ConfigFile file("defaults: {archive: {keep: {daily: 7}}, git: {url: /t}}\n" + mirror_job(good));
    EXPECT_EQ(file.problems(), std::vector<std::string>());
}

}  // namespace
}  // namespace autobackup::config::mirror_test
