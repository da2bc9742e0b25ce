// SPDX-License-Identifier: MIT
// Copies of mirrors and bundles: what is read, and what is refused.
#include <gtest/gtest.h>

#include "daemon/config/secrets.hpp"
#include "daemon/model/copy_url.hpp"
#include "tests/support/config_file.hpp"

namespace autobackup::config::outlets_test {
namespace {

using test::ConfigFile;

std::string mirror_job(const std::string& lines) {
    return "jobs:\n  m:\n    schedule: manual\n    mirror:\n      repositories: [{url: /a, name: group/a}]\n" + lines;
}

TEST(CopyUrl, HasTheWordsOfTheRepository) {
    EXPECT_EQ(fill_copy_url("https://h/{owner}/{name}.git", "app", "acme"), "https://h/acme/app.git");
    EXPECT_EQ(fill_copy_url("/c/{name}/{flat}{flat}", "group/a", ""), "/c/group/a/group-agroup-a");
    EXPECT_EQ(fill_copy_url("/c/{name}", "{name}", ""), "/c/{name}");
}

TEST(OutletsConfig, IsRead) {
    const ConfigFile file(mirror_job(R"(      copies:
        - {url: "/mnt/copies/{name}.git"}
        - url: https://forge.example.org/backup/{flat}.git
          auth: {token: forge}
          create: gitea
          api_token: other
          keep_refs: false
          pull_refs: true
          lfs: false
      bundles: {directory: /mnt/bundles, keep: 7}
)"));
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config) << describe(loaded.problems.front());
    const MirrorOutlets& outlets = std::get<MirrorSource>(loaded.config->jobs.at("m").source).outlets;
    ASSERT_EQ(outlets.copies.size(), 2U);
    EXPECT_EQ(outlets.copies[0].create, CreateAt::none);
    EXPECT_TRUE(outlets.copies[0].kept);
    EXPECT_FALSE(outlets.copies[0].pull_refs.has_value());
    EXPECT_TRUE(outlets.copies[0].lfs);
    EXPECT_EQ(outlets.copies[1].auth.username, "x-access-token");
    EXPECT_EQ(outlets.copies[1].create, CreateAt::gitea);
    EXPECT_EQ(outlets.copies[1].api_token->text, "other");
    EXPECT_FALSE(outlets.copies[1].kept);
    EXPECT_EQ(outlets.copies[1].pull_refs, std::optional<bool>(true));
    EXPECT_FALSE(outlets.copies[1].lfs);
    ASSERT_TRUE(outlets.bundles);
    EXPECT_EQ(outlets.bundles->directory, "/mnt/bundles");
    EXPECT_EQ(outlets.bundles->keep, 7);
    EXPECT_EQ(secrets_of(loaded.config->jobs.at("m")).size(), 2U);
}

TEST(OutletsConfig, IsTheSameForGithub) {
    const ConfigFile file(
        "servers: {hub: {github: https://api.github.com, auth: {token: t}}}\njobs:\n  m:\n    schedule: manual\n    github:\n      organization: acme\n"
        "      copies: {url: 'ssh://git@forge.example.org/{owner}/{name}.git', auth: {ssh_key: k}}\n      bundles: {directory: /mnt/b}\n");
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config) << describe(loaded.problems.front());
    const MirrorOutlets& outlets = std::get<GithubSource>(loaded.config->jobs.at("m").source).outlets;
    ASSERT_EQ(outlets.copies.size(), 1U);
    EXPECT_TRUE(outlets.copies[0].auth.ssh_key);
    EXPECT_EQ(outlets.bundles->keep, 3);
}

struct Mistake {
    std::string lines, told;
};
class OutletMistake : public testing::TestWithParam<Mistake> {};

TEST_P(OutletMistake, IsTold) {
    const ConfigFile file(mirror_job(GetParam().lines));
    std::string all;
    for (const std::string& line : file.problems()) all += line + "\n";
    EXPECT_NE(all.find(GetParam().told), std::string::npos) << all;
}

INSTANTIATE_TEST_SUITE_P(
    Each, OutletMistake,
    testing::Values(Mistake{"      copies: {url: /mnt/a.git}\n", "{name} or {flat} must stand in it"},
                    Mistake{"      copies: {url: '/mnt/{name}/{nmae}.git'}\n", "allowed in braces are {name}, {flat}, {owner}"},
                    Mistake{"      copies: {auth: {token: t}}\n", "jobs.m.mirror.copies: 'url' is missing"},
                    Mistake{"      copies: {url: 'ftp://x/{name}'}\n", "allowed is https://"},
                    Mistake{"      copies: {url: 'https://h/{owner}/{name}.git'}\n", "{owner} is for GitHub jobs"},
                    Mistake{"      copies: {url: '/c/{name}', create: gitea}\n", "a path has no API"},
                    Mistake{"      copies: {url: 'https://h/o/{flat}.git', create: gitea}\n", "the API needs api_token"},
                    Mistake{"      copies: {url: 'https://h/o/{name}.git', create: gitea, api_token: t}\n", "https://HOST/OWNER/{flat}.git"},
                    Mistake{"      copies: {url: 'https://h/{flat}.git', create: github, api_token: t}\n", "https://HOST/OWNER/{flat}.git"},
                    Mistake{"      copies: {url: '/c/{name}', api_token: t}\n", "it is for `create`"},
                    Mistake{"      copies: [{url: '/c/{name}'}, {url: '/c/{name}'}]\n", "this place is given twice"},
                    Mistake{"      copies: {url: '/c/{name}', creat: none}\n", "did you mean 'create'?"},
                    Mistake{"      bundles: {keep: 2}\n", "'directory' is missing"},
                    Mistake{"      bundles: {directory: /b, keep: 0}\n", "jobs.m.mirror.bundles.keep"}));

}  // namespace
}  // namespace autobackup::config::outlets_test
