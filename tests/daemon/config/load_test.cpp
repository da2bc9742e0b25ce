// SPDX-License-Identifier: MIT
// Files without mistakes: every value arrives where it belongs.
#include "daemon/config/load.hpp"
#include "daemon/config/secrets.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/config_file.hpp"

namespace autobackup::config::load_test {
namespace {

using test::ConfigFile;
using test::job_with;

constexpr std::string_view good = R"(storage: /srv/backup
time_zone: Europe/Berlin
limits: {runs: 2, per_host: 3, reserve: 512MiB, connect: 5s, no_progress: 90s}
servers:
  lab:
    cvat: http://127.0.0.1:8080/cvat
    auth: {username: bot, password: {file: /etc/secret}}
    organization: ""
    ca_file: /etc/ssl/lab.pem
    limits: {exports: 3, poll_first: 250ms, poll_max: 4s, export_deadline: 1h}
  other:
    cvat: https://other.example.org
    auth: {access_token: {command: [pass, show, "a b"]}}
    limits: {no_progress: 10s}
defaults:
  retry: {attempts: 2, delay: 1s}
  timeout: 2h
  archive: {keep: {daily: 7}}
  cvat: {touch: true}
jobs:
  signs:
    schedule: [daily 02:30, "*/5 0 * * *"]
    time_zone: Asia/Tokyo
    jitter: 15m
    shrink_limit: 45%
    catch_up: none
    overlap: queue
    after: [tasks]
    enabled: false
    retry: {attempts: 9}
    cvat:
      server: lab
      projects: [12, "Traffic signs", "x*"]
      organization: annotators
      export: tasks
      details: false
      datasets: []
    archive: {keep: {last: 3, within: 14d}}
    git:
      url: https://github.com/acme/annotations.git
      branch: backup/main
      auth: {token: git-token}
      ca_file: /etc/ssl/git.pem
      author: {name: Bo Tt, email: bot@example.org}
  tasks:
    schedule: manual
    cvat: {server: other, projects: none, tasks: {include: [7, "a?"], exclude: ["ab"]}}
    archive:
    git: [{url: /srv/git/a.git}]
)";

TEST(LoadConfig, fills_general_values_and_servers) {
    const Loaded loaded = ConfigFile(good).load();
    ASSERT_TRUE(loaded.config) << (loaded.problems.empty() ? "" : describe(loaded.problems[0]));
    const Config& config = *loaded.config;
    EXPECT_EQ(config.storage, "/srv/backup");
    EXPECT_EQ(config.time_zone, "Europe/Berlin");
    EXPECT_EQ(config.limits.runs, 2);
    EXPECT_EQ(config.limits.per_host, 3);
    EXPECT_EQ(config.limits.reserve, 512ULL << 20);
    EXPECT_EQ(config.limits.connect, Milliseconds(5000));
    EXPECT_TRUE(loaded.warnings.empty()) << describe(loaded.warnings[0]);
    const auto& lab = std::get<CvatServer>(config.servers.at("lab").what);
    EXPECT_EQ(lab.url, "http://127.0.0.1:8080/cvat");
    EXPECT_EQ(lab.username, "bot");
    ASSERT_TRUE(lab.password);
    EXPECT_EQ(lab.password->form, SecretRef::Form::file);
    EXPECT_EQ(lab.password->text, "/etc/secret");
    EXPECT_EQ(lab.password->key_path, "servers.lab.auth.password");
    EXPECT_EQ(lab.password->origin.line, 7);
    EXPECT_EQ(lab.organization, "");
    EXPECT_EQ(lab.ca_file, "/etc/ssl/lab.pem");
    EXPECT_EQ(lab.exports, 3);
    EXPECT_EQ(lab.poll_first, Milliseconds(250));
    EXPECT_EQ(lab.poll_max, Milliseconds(4000));
    EXPECT_EQ(lab.export_deadline, std::chrono::hours(1));
    EXPECT_EQ(lab.no_progress, Milliseconds(90'000)) << "the general limit counts";
    const auto& other = std::get<CvatServer>(config.servers.at("other").what);
    EXPECT_EQ(other.no_progress, Milliseconds(10'000));
    EXPECT_FALSE(other.organization);
    EXPECT_EQ(other.access_token->argv, (std::vector<std::string>{"pass", "show", "a b"}));
}

TEST(LoadConfig, fills_a_job_over_its_defaults) {
    const Loaded loaded = ConfigFile(good).load();
    ASSERT_TRUE(loaded.config);
    const Job& job = loaded.config->jobs.at("signs");
    EXPECT_EQ(job.schedule, (std::vector<std::string>{"daily 02:30", "*/5 0 * * *"}));
    EXPECT_EQ(job.time_zone, "Asia/Tokyo");
    EXPECT_EQ(job.jitter, std::chrono::minutes(15));
    EXPECT_EQ(job.shrink_limit, 45);
    EXPECT_EQ(job.catch_up, CatchUp::none);
    EXPECT_EQ(job.overlap, Overlap::queue);
    EXPECT_EQ(job.after, std::vector<std::string>{"tasks"});
    EXPECT_FALSE(job.enabled);
    EXPECT_EQ(job.timeout, std::chrono::hours(2));
    EXPECT_EQ(job.retry.attempts, 9);
    EXPECT_EQ(job.retry.delay, Milliseconds(1000));
    EXPECT_EQ(job.retry.max_delay, Milliseconds(300'000));
    const auto& cvat = std::get<CvatSource>(job.source);
    EXPECT_EQ(cvat.server, "lab");
    EXPECT_EQ(cvat.projects.base, Selection::Base::listed);
    EXPECT_EQ(cvat.projects.include, (std::vector<std::string>{"12", "Traffic signs", "x*"}));
    EXPECT_EQ(cvat.tasks.base, Selection::Base::none);
    EXPECT_EQ(cvat.organization, "annotators");
    EXPECT_EQ(cvat.export_mode, ExportMode::tasks);
    EXPECT_TRUE(cvat.touch);
    EXPECT_FALSE(cvat.details);
    ASSERT_TRUE(job.archive && job.archive->keep);
    EXPECT_EQ(job.archive->keep->last, 3);
    EXPECT_EQ(job.archive->keep->daily, 7);
    EXPECT_EQ(job.archive->keep->within, std::chrono::hours(14 * 24));
    ASSERT_EQ(job.git.size(), 1U);
    EXPECT_EQ(job.git[0].branch, "backup/main");
    EXPECT_EQ(job.git[0].username, "x-access-token");
    EXPECT_EQ(job.git[0].password->text, "git-token");
    EXPECT_EQ(job.git[0].author_name, "Bo Tt");
    EXPECT_EQ(job.git[0].author_email, "bot@example.org");
}

TEST(LoadConfig, fills_the_other_forms) {
    const Loaded loaded = ConfigFile(good).load();
    ASSERT_TRUE(loaded.config);
    const Job& job = loaded.config->jobs.at("tasks");
    EXPECT_EQ(job.time_zone, "Europe/Berlin") << "the general zone counts";
    const auto& cvat = std::get<CvatSource>(job.source);
    EXPECT_EQ(cvat.tasks.base, Selection::Base::listed);
    EXPECT_EQ(cvat.tasks.include, (std::vector<std::string>{"7", "a?"}));
    EXPECT_EQ(cvat.tasks.exclude, std::vector<std::string>{"ab"});
    ASSERT_TRUE(job.archive);
    EXPECT_EQ(job.archive->keep->daily, 7) << "an empty archive: still gets the defaults";
    EXPECT_EQ(job.git.at(0).url, "/srv/git/a.git");
    EXPECT_EQ(job.git.at(0).branch, "main");
    EXPECT_FALSE(job.git.at(0).password);
}

TEST(LoadConfig, several_targets_and_ssh) {
    const Loaded loaded = ConfigFile(test::job_with("    cvat: {}\n    git:\n"
                                                    "      - {url: 'ssh://git@forge.example.org:2222/acme/a.git',\n"
                                                    "         auth: {ssh_key: {file: /k}, known_hosts: /etc/hosts.keys}}\n"
                                                    "      - {url: 'git@forge.example.org:acme/a.git', branch: copy}\n"
                                                    "      - {url: 'git@forge.example.org:acme/a.git'}\n"))
                              .load();
    ASSERT_TRUE(loaded.config) << describe(loaded.problems.at(0));
    EXPECT_TRUE(loaded.warnings.empty());
    const std::vector<GitTarget>& git = loaded.config->jobs.at("signs").git;
    ASSERT_EQ(git.size(), 3U);
    EXPECT_EQ(git[0].ssh_key->text, "/k");
    EXPECT_EQ(git[0].known_hosts, "/etc/hosts.keys");
    EXPECT_FALSE(git[0].password);
    EXPECT_EQ(git[1].branch, "copy");
    EXPECT_FALSE(git[1].ssh_key);
    const std::vector<SecretRef> secrets = all_secrets(*loaded.config);
    EXPECT_EQ(secrets.back().key_path, "jobs.signs.git[0].auth.ssh_key");
}

TEST(LoadConfig, an_empty_archive_keeps_everything) {
    for (const char* text :
         {"    archive:\n", "    archive: {}\n", "    archive: ~\n", "    archive: {keep: }\n"}) {
        const Loaded loaded = ConfigFile(job_with("    cvat: {}\n" + std::string(text))).load();
        const bool keep_is_empty = std::string_view(text).find("keep") != std::string_view::npos;
        ASSERT_EQ(loaded.config.has_value(), !keep_is_empty) << text;
        if (keep_is_empty) continue;
        ASSERT_TRUE(loaded.config->jobs.at("signs").archive) << text;
        EXPECT_FALSE(loaded.config->jobs.at("signs").archive->keep) << text;
    }
    EXPECT_FALSE(ConfigFile(job_with("    cvat: {}\n")).load().config->jobs.at("signs").archive);
}

// The structs' own initial values and the key table must not drift apart.
TEST(LoadConfig, defaults_are_those_of_the_types) {
    const Loaded loaded = ConfigFile(job_with("    cvat:\n    git: {url: /srv/a.git}\n")).load();
    ASSERT_TRUE(loaded.config);
    const Limits limits;
    EXPECT_EQ(loaded.config->limits.runs, limits.runs);
    EXPECT_EQ(loaded.config->limits.per_host, limits.per_host);
    EXPECT_EQ(loaded.config->limits.reserve, limits.reserve);
    EXPECT_EQ(loaded.config->limits.connect, limits.connect);
    EXPECT_EQ(loaded.config->limits.no_progress, limits.no_progress);
    const CvatServer server;
    const auto& lab = std::get<CvatServer>(loaded.config->servers.at("lab").what);
    EXPECT_EQ(lab.exports, server.exports);
    EXPECT_EQ(lab.poll_first, server.poll_first);
    EXPECT_EQ(lab.poll_max, server.poll_max);
    EXPECT_EQ(lab.export_deadline, server.export_deadline);
    EXPECT_EQ(lab.no_progress, server.no_progress);
    const Job plain;
    const Job& job = loaded.config->jobs.at("signs");
    EXPECT_EQ(job.enabled, plain.enabled);
    EXPECT_EQ(job.timeout, plain.timeout);
    EXPECT_EQ(job.retry.attempts, plain.retry.attempts);
    EXPECT_EQ(job.retry.delay, plain.retry.delay);
    EXPECT_EQ(job.retry.max_delay, plain.retry.max_delay);
    const CvatSource source;
    const auto& cvat = std::get<CvatSource>(job.source);
    EXPECT_EQ(cvat.server, "lab");
    EXPECT_EQ(cvat.projects.base, source.projects.base);
    EXPECT_EQ(cvat.tasks.base, source.tasks.base);
    EXPECT_EQ(cvat.export_mode, source.export_mode);
    EXPECT_EQ(cvat.touch, source.touch);
    EXPECT_EQ(cvat.details, source.details);
    const GitTarget target;
    EXPECT_EQ(job.git[0].branch, target.branch);
    EXPECT_EQ(job.git[0].author_name, target.author_name);
    EXPECT_EQ(job.git[0].author_email, target.author_email);
}

TEST(LoadConfig, storage_has_three_sources) {
    const ConfigFile file(job_with("    cvat: {}\n"));
    EXPECT_EQ(file.load().config->storage, "/var/lib/autobackupd");
    LoadOptions options;
    options.state_directory = "/run/state:/run/second";
    const Loaded loaded = file.load(options);
    EXPECT_EQ(loaded.config->storage, "/run/state");
    EXPECT_EQ(loaded.origins.at(0).path, "storage");
    EXPECT_EQ(loaded.origins.at(0).origin.file, "$STATE_DIRECTORY");
    EXPECT_EQ(ConfigFile("storage: /a\n" + job_with("    cvat: {}\n")).load(options).config->storage, "/a");
}

TEST(LoadConfig, tells_where_each_value_comes_from) {
    const Loaded loaded = ConfigFile(good).load();
    const auto find = [&loaded](std::string_view path) {
        for (const OriginEntry& entry : loaded.origins) {
            if (entry.path == path)
                return entry.value + " @" + std::to_string(entry.origin.line) +
                       (entry.origin.file.empty() ? "" : "f");
        }
        return std::string("absent");
    };
    EXPECT_EQ(find("limits.reserve"), "512MiB @3f");
    EXPECT_EQ(find("jobs.signs.retry.attempts"), "9 @30f");
    EXPECT_EQ(find("jobs.signs.retry.delay"), "1s @16f");
    EXPECT_EQ(find("jobs.signs.retry.max_delay"), "5m @0");
    EXPECT_EQ(find("jobs.tasks.time_zone"), "Europe/Berlin @2f");
    EXPECT_EQ(find("servers.lab.organization"), "\"\" @8f");
    EXPECT_EQ(find("servers.lab.limits.no_progress"), "90s @3f");
    EXPECT_EQ(find("servers.other.auth.access_token"), "{command: [pass, show, \"a b\"]} @13f");
    EXPECT_EQ(find("jobs.tasks.git.url"), "/srv/git/a.git @49f");
    EXPECT_EQ(find("jobs.tasks.cvat.touch"), "true @19f");
    EXPECT_EQ(find("defaults.timeout"), "absent");
    EXPECT_EQ(find("servers.other.ca_file"), "absent");
}

TEST(LoadConfig, warns_and_goes_on) {
    const ConfigFile file(
        "servers: {lab: {cvat: 'http://cvat.example.org', auth: {token: t}}}\n"
        "jobs:\n  a:\n    cvat: {}\n    git: {url: 'http://git.example.org/a.git'}\n");
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(
        file.lines(loaded.warnings),
        (std::vector<std::string>{
            "autobackupd.yaml:1:23: servers.lab.cvat: http:// sends the token unencrypted; use https://",
            "autobackupd.yaml:3:3: jobs.a: no schedule: it runs only when asked (`schedule: manual` says so)",
            "autobackupd.yaml:5:16: jobs.a.git.url: http:// sends everything unencrypted; use https://"}));
    EXPECT_EQ(loaded.config->warnings.size(), 3U);
    EXPECT_EQ(loaded.config->jobs.at("a").schedule, std::vector<std::string>{"manual"});
    for (const char* loopback : {"http://localhost:8080", "http://127.0.0.1", "http://[::1]:1"}) {
        const ConfigFile local("servers: {lab: {cvat: '" + std::string(loopback) +
                               "', auth: {token: t}}}\njobs: {a: {schedule: manual, cvat: {}}}\n");
        EXPECT_TRUE(local.load().config && local.load().warnings.empty()) << loopback;
    }
}

TEST(Checks, have_schedules_of_their_own) {
    const ConfigFile file(
        "servers: {lab: {cvat: 'https://a', auth: {token: t}}}\n"
        "defaults: {checks: {structure: weekly, drill: 'monthly 1 04:00'}}\n"
        "jobs:\n  signs: {schedule: daily, cvat: {}, checks: {checksum: [monthly, 'sun 04:00'], drill: manual, drill_server: lab}}\n"
        "  code: {schedule: daily, mirror: {repositories: [{url: /a, name: a}]}, checks: {spot: weekly}}\n");
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config) << describe(loaded.problems.at(0));
    using Schedules = std::map<std::string, std::vector<std::string>>;
    EXPECT_EQ(loaded.config->jobs.at("signs").checks, (Schedules{{"checksum", {"monthly", "sun 04:00"}}, {"drill", {"manual"}}, {"structure", {"weekly"}}}));
    EXPECT_EQ(loaded.config->jobs.at("signs").drill_server, "lab");
    EXPECT_EQ(loaded.config->jobs.at("code").checks, (Schedules{{"spot", {"weekly"}}, {"structure", {"weekly"}}})) << "a mirror is a repository as it is";
    const auto& warnings = loaded.config->warnings;
    const auto told = [](const std::string& line) { return line.find("'drill' is for a cvat: source") != std::string::npos; };
    EXPECT_EQ(std::count_if(warnings.begin(), warnings.end(), told), 1);
}

}  // namespace
}  // namespace autobackup::config::load_test
