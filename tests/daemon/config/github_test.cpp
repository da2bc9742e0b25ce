// SPDX-License-Identifier: MIT
// GitHub servers and jobs: what is read, and what is refused.
#include <gtest/gtest.h>

#include "daemon/config/secrets.hpp"
#include "tests/support/config_file.hpp"

namespace autobackup::config::github_test {
namespace {

using test::ConfigFile;

std::string text_with(const std::string& job, const std::string& server = "auth: {token: t}") {
    return "servers: {hub: {github: 'https://api.github.com', " + server + "}}\njobs: {code: {schedule: manual, github: {" + job + "}}}\n";
}

GithubSource source_of(const std::string& job) {
    const ConfigFile file(text_with(job));
    const Loaded loaded = file.load();
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << describe(problem);
    return loaded.config ? std::get<GithubSource>(loaded.config->jobs.at("code").source) : GithubSource();
}

TEST(GithubConfig, HasDefaults) {
    const GithubSource source = source_of("organization: acme");
    EXPECT_EQ(source.server, "hub") << "the only one of its kind";
    ASSERT_EQ(source.owners.size(), 1U);
    EXPECT_EQ(source.owners[0].kind, GithubSource::Owner::Kind::organization);
    EXPECT_EQ(source.repositories.include, std::vector<std::string>{"*"});
    EXPECT_TRUE(source.repositories.private_ones && source.repositories.forks && source.repositories.archived);
    EXPECT_TRUE(source.lfs && source.wikis && source.keep_refs);
    EXPECT_FALSE(source.gists);
    EXPECT_EQ(source.transport, Transport::https);
    EXPECT_EQ(source.pull_refs, PullRefs::head);
}

TEST(GithubConfig, ReadsEveryKey) {
    const GithubSource source = source_of(
        "user: '@me', transport: ssh, lfs: false, wikis: false, gists: true, starred_gists: true, starred: true, pull_refs: all, keep_refs: false, "
        "metadata: [], directory: /srv/x, repositories: {include: [a, '/b.*/'], exclude: [c], private: false, forks: false, archived: false, "
        "templates: false, languages: [C++], topics: [t], max_size: 1MiB, pushed_within: 30d}");
    EXPECT_EQ(source.owners[0].kind, GithubSource::Owner::Kind::self);
    EXPECT_EQ(source.transport, Transport::ssh);
    EXPECT_EQ(source.pull_refs, PullRefs::all);
    EXPECT_TRUE(source.gists && source.starred_gists && source.starred);
    EXPECT_FALSE(source.lfs || source.wikis || source.keep_refs);
    EXPECT_EQ(source.directory, "/srv/x");
    const RepositoryFilter& filter = source.repositories;
    EXPECT_EQ(filter.include, (std::vector<std::string>{"a", "/b.*/"}));
    EXPECT_FALSE(filter.private_ones || filter.forks || filter.archived || filter.templates);
    EXPECT_EQ(filter.max_size, std::uint64_t{1} << 20);
    EXPECT_EQ(filter.pushed_within, std::chrono::hours(24 * 30));
    EXPECT_EQ(source_of("owners: [acme, alice]").owners.size(), 2U);
}

TEST(GithubConfig, AnAppIsTheOtherWayIn) {
    const ConfigFile file(text_with("organization: acme", "auth: {app_id: 1234, installation: acme, private_key: key}, ssh: {key: k, known_hosts: /k}"));
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config) << testing::PrintToString(file.problems());
    const auto& server = std::get<GithubServer>(loaded.config->servers.at("hub").what);
    EXPECT_EQ(server.app_id, "1234");
    EXPECT_EQ(server.installation, "acme");
    EXPECT_TRUE(server.private_key->private_key);
    EXPECT_EQ(secrets_of(loaded.config->servers.at("hub")).size(), 2U);
    EXPECT_EQ(server_of(loaded.config->jobs.at("code")), "hub");
}

struct Wrong {
    const char* job;
    const char* server;
    const char* problem;
};

class GithubMistake : public testing::TestWithParam<Wrong> {};

TEST_P(GithubMistake, IsTold) {
    const ConfigFile file(text_with(GetParam().job, GetParam().server));
    const auto problems = file.problems();
    ASSERT_EQ(problems.size(), 1U) << testing::PrintToString(problems);
    EXPECT_NE(problems[0].find(GetParam().problem), std::string::npos) << problems[0];
}

INSTANTIATE_TEST_SUITE_P(
    All, GithubMistake,
    testing::Values(Wrong{"lfs: true", "auth: {token: t}", "jobs.code.github: the owner is missing"},
                    Wrong{"organization: a, user: b", "auth: {token: t}", "several owners are given"},
                    Wrong{"organization: 'a b'", "auth: {token: t}", "allowed is the name of an account"},
                    Wrong{"owners: [a, -b]", "auth: {token: t}", "owners[1]"},
                    Wrong{"organization: a, gists: true", "auth: {token: t}", "an organisation has none"},
                    Wrong{"organization: a, metadata: [issues]", "auth: {token: t}", "not in this version"},
                    Wrong{"organization: a, repositories: {include: ['/(/']}", "auth: {token: t}", "not a regular expression"},
                    Wrong{"organization: a, repositories: {included: [x]}", "auth: {token: t}", "did you mean 'include'"},
                    Wrong{"organization: a, transport: http", "auth: {token: t}", "allowed is https, ssh"},
                    Wrong{"organization: a", "auth: {token: t, app_id: 1}", "allowed is exactly one of: token, or app_id"},
                    Wrong{"organization: a", "auth: {app_id: 1, installation: a}", "allowed is exactly one of: token, or app_id"},
                    Wrong{"organization: a", "auth: {token: t}, organization: x", "it is for CVAT"},
                    Wrong{"organization: a, server: hib", "auth: {token: t}", "did you mean 'hub'"}));

TEST(GithubConfig, IsRefusedTogetherWithWhatIsForVersions) {
    const ConfigFile file(
        "servers: {hub: {github: 'https://api.github.com', auth: {token: t}}}\n"
        "jobs: {code: {schedule: manual, archive: {}, github: {organization: acme}}}\n");
    ASSERT_EQ(file.problems().size(), 1U) << testing::PrintToString(file.problems());
    EXPECT_NE(file.problems()[0].find("'archive' is for a cvat: source"), std::string::npos);
}

TEST(GithubConfig, OfTwoKindsOfServersEachJobTakesItsOwn) {
    const ConfigFile file(
        "servers: {hub: {github: 'https://api.github.com', auth: {token: t}}, lab: {cvat: 'https://c', auth: {token: t}}}\n"
        "jobs: {code: {schedule: manual, github: {organization: acme}}, signs: {schedule: manual, cvat: {}}, bad: {schedule: manual, cvat: {server: hub}}}\n");
    ASSERT_EQ(file.problems().size(), 1U) << testing::PrintToString(file.problems());
    EXPECT_NE(file.problems()[0].find("'hub' is no CVAT server; there are: lab"), std::string::npos);
}

}  // namespace
}  // namespace autobackup::config::github_test
