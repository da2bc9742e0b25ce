// SPDX-License-Identifier: MIT
// Files with mistakes: every one of them in one pass, with its place, and no secret in any text.
#include <gtest/gtest.h>

#include "daemon/config/load.hpp"
#include "tests/support/config_file.hpp"

namespace autobackup::config::mistakes_test {
namespace {

using test::ConfigFile;
using test::job_with;
using Lines = std::vector<std::string>;

constexpr std::string_view many_mistakes = R"(storage: var/lib
time_zone: Europe/Berln
limits:
  runs: 0
  reserve: 2G
  conect: 5s
servers:
  Lab:
    cvat: https://cvat.example.org
    auth: {token: lab-token}
jobs:
  signs:
    shedule: daily 02:30
    enabled: yes
    timeout: 6
    retry: {attempts: 010, delay: -1s}
    cvat: {projects: some, export: task, server: lab}
    archive: {keep: {daily: seven}}
  other:
    schedule: 30 2 30 2 *
    enabled: true
    enabled: false
    cvat: {tasks: [0, {}]}
    git: {branch: a..b, url: ftp://x/y}
)";

// In the order of the file, which is the order in which they are told.
const Lines told{
    "autobackupd.yaml:1:10: storage: given 'var/lib', allowed is an absolute path",
    "autobackupd.yaml:2:12: time_zone: given 'Europe/Berln' is no time zone of this system's "
    "tzdata (such as "
    "Europe/Berlin, UTC) (did you mean 'Europe/Berlin'?)",
    "autobackupd.yaml:4:9: limits.runs: given '0', allowed is a whole number from 1 to 1000",
    "autobackupd.yaml:5:12: limits.reserve: given '2G', allowed is a whole number with a unit, "
    "such as 512KiB, 2GiB, "
    "100MB",
    "autobackupd.yaml:6:3: limits.conect: unknown key 'conect'; allowed: runs, per_host, "
    "reserve, connect, no_progress "
    "(did you mean 'connect'?)",
    "autobackupd.yaml:8:3: servers.Lab: given 'Lab' as a name, allowed is "
    "[a-z0-9][a-z0-9._-]{0,63} (did you mean "
    "'lab'?)",
    "autobackupd.yaml:13:5: jobs.signs.shedule: unknown key 'shedule'; allowed: enabled, "
    "schedule, time_zone, jitter, "
    "catch_up, overlap, timeout, after, retry, cvat, github, mirror, archive, git, checks, shrink_limit, notify (did you mean 'schedule'?)",
    "autobackupd.yaml:14:14: jobs.signs.enabled: given 'yes', allowed is true or false",
    "autobackupd.yaml:15:14: jobs.signs.timeout: given '6' is no duration: the unit is missing "
    "(such as 250ms, 90s, 15m, "
    "6h, 3d)",
    "autobackupd.yaml:16:23: jobs.signs.retry.attempts: given '010', allowed is a whole number "
    "from 1 to 100",
    "autobackupd.yaml:16:35: jobs.signs.retry.delay: given '-1s' is no duration: a whole "
    "number with a unit is needed "
    "(such as 250ms, 90s, 15m, 6h, 3d)",
    "autobackupd.yaml:17:22: jobs.signs.cvat.projects: given 'some', allowed is all, none, a "
    "list, or {include: […], "
    "exclude: […]} (did you mean 'none'?)",
    "autobackupd.yaml:17:36: jobs.signs.cvat.export: given 'task', allowed is tasks, project, "
    "auto (did you mean "
    "'tasks'?)",
    "autobackupd.yaml:17:50: jobs.signs.cvat.server: there is no server 'lab'; there are: Lab "
    "(did you mean 'Lab'?)",
    "autobackupd.yaml:18:29: jobs.signs.archive.keep.daily: given 'seven', allowed is a whole "
    "number from 0 to 100000",
    "autobackupd.yaml:20:15: jobs.other.schedule: given '30 2 30 2 *': no date fits it: day 30 "
    "does not come in February",
    "autobackupd.yaml:22:5: jobs.other.enabled: the key 'enabled' is here twice: first at "
    "autobackupd.yaml:21:5",
    "autobackupd.yaml:23:20: jobs.other.cvat.tasks[0]: given 0, an id is 1 or more",
    "autobackupd.yaml:23:23: jobs.other.cvat.tasks[1]: given a mapping, allowed is an id, a "
    "name or a glob",
    "autobackupd.yaml:24:19: jobs.other.git.branch: given 'a..b', allowed is the name of a "
    "branch, such as main",
    "autobackupd.yaml:24:30: jobs.other.git.url: given 'ftp://x/y', allowed is https://, "
    "http://, ssh://, user@host:path, file:/// or an absolute path",
};

TEST(Mistakes, all_come_in_one_pass_in_order) {
    const ConfigFile file(many_mistakes);
    EXPECT_EQ(file.problems(), told);
    EXPECT_FALSE(file.load().config);
}

struct Case {
    std::string job_lines, problem;  // the message must hold `problem`
};

class OneMistake : public testing::TestWithParam<Case> {};

TEST_P(OneMistake, is_told) {
    const ConfigFile file(job_with(GetParam().job_lines));
    const Lines problems = file.problems();
    ASSERT_EQ(problems.size(), 1U) << testing::PrintToString(problems);
    EXPECT_NE(problems[0].find(GetParam().problem), std::string::npos) << problems[0];
}

INSTANTIATE_TEST_SUITE_P(
    Job, OneMistake,
    testing::Values(Case{"", "3:3: jobs.signs: the source is missing"},
                    Case{"    cvat: {projects: none}\n", "5:11: jobs.signs.cvat: nothing is selected"},
                    Case{"    cvat: {projects: unassigned}\n", "allowed is all, none, a list"},
                    Case{"    cvat: {projects: []}\n", "selects nothing (did you mean 'none'?)"},
                    Case{"    cvat: {projects: {inclde: [a]}}\n",
                         "5:23: jobs.signs.cvat.projects.inclde: unknown key 'inclde'"},
                    Case{"    cvat: {projects: {}}\n", "given a mapping, allowed is all"},
                    Case{"    cvat: {datasets: [COCO 1.0]}\n",
                         "5:22: jobs.signs.cvat.datasets: a list that is not empty is not in this version"},
                    Case{"    cvat: {organization: a b}\n", "slug of an organization"},
                    Case{"    cvat: {organization: }\n", "given nothing"},
                    Case{"    cvat: {touch: 1}\n", "given '1', allowed is true or false"},
                    Case{"    cvat: yes\n", "given 'yes', allowed is a mapping with server"},
                    Case{"    cvat: {server: true}\n", "quote it"},
                    Case{"    cvat: {}\n    schedule2: x\n", "did you mean 'schedule'?"},
                    Case{"    cvat: {}\n    after: [signs]\n",
                         "6:12: jobs.signs.after: jobs wait for each other in a circle: signs, signs"},
                    Case{"    cvat: {}\n    after: [sings]\n",
                         "6:13: jobs.signs.after: there is no job 'sings' (did you mean 'signs'?)"},
                    Case{"    cvat: {}\n    after: signs\n", "allowed is a list of job names"},
                    Case{"    cvat: {}\n    time_zone: CET+1\n", "no time zone"},
                    Case{"    cvat: {}\n    jitter: 8d\n", "given '8d', allowed is 0s to 7d"},
                    Case{"    cvat: {}\n    timeout: 10ms\n", "allowed is 1s to 365d"},
                    Case{"    cvat: {}\n    catch_up: all\n", "allowed is latest, none"},
                    Case{"    cvat: {}\n    retry: {delay: 10m}\n",
                         "6:20: jobs.signs.retry.delay: max_delay is shorter than delay"},
                    Case{"    cvat: {}\n    archive: {keep: {daily: 0}}\n", "it keeps nothing"},
                    Case{"    cvat: {}\n    archive: {keep: {dayly: 1}}\n", "did you mean 'daily'?"},
                    Case{"    cvat: {}\n    archive: true\n", "allowed is a mapping with keep"},
                    Case{"    cvat: {}\n    checks: {structur: weekly}\n", "did you mean 'structure'?"},
                    Case{"    cvat: {}\n    checks: {drill: sometimes}\n", "6:21: jobs.signs.checks.drill"},
                    Case{"    cvat: {}\n    checks: weekly\n", "allowed is a mapping with structure, checksum, spot, drill"},
                    Case{"    cvat: {}\n    checks: {drill: monthly, drill_server: stagin}\n",
                         "6:44: jobs.signs.checks.drill_server: there is no server 'stagin'; there are: lab"},
                    Case{"    cvat: {}\n    shrink_limit: 30\n",
                         "6:19: jobs.signs.shrink_limit: given '30', allowed is a percentage from 0% to 100%"},
                    Case{"    cvat: {}\n    shrink_limit: 101%\n", "allowed is a percentage from 0% to 100%"},
                    Case{"    cvat: {}\n    shrink_limit: -1%\n", "allowed is a percentage from 0% to 100%"},
                    Case{"    cvat: {}\n    shrink_limit: [30%]\n", "allowed is a percentage such as 30%"},
                    Case{"    github: {organization: acme}\n", "there is no GitHub server under 'servers'"},
                    Case{"    mirror: {repositories: []}\n", "there is nothing to mirror"}));

INSTANTIATE_TEST_SUITE_P(
    Git, OneMistake,
    testing::Values(
        Case{"    cvat: {}\n    git: {branch: main}\n", "6:10: jobs.signs.git: 'url' is missing"},
        Case{"    cvat: {}\n    git:\n", "6:5: jobs.signs.git: 'url' is missing"},
        Case{"    cvat: {}\n    git: [{url: /a}, {url: /b}, {url: /a, branch: main}]\n",
             "6:33: jobs.signs.git[2]: this branch of this repository is a target already"},
        Case{"    cvat: {}\n    git: {url: 'ssh://git:pw@host/a'}\n", "a password in a URL is refused"},
        Case{"    cvat: {}\n    git: {url: 'ssh://-oProxyCommand=x/a'}\n", "no name of a host"},
        Case{"    cvat: {}\n    git: {url: 'git@host:-a.git'}\n", "begins with '-'"},
        Case{"    cvat: {}\n    git: {url: 'git@host:a.git', auth: {token: t}}\n", "ssh takes no password"},
        Case{"    cvat: {}\n    git: {url: 'git@host:a.git', auth: {}}\n", "nothing is given, allowed is ssh_key"},
        Case{"    cvat: {}\n    git: {url: 'git@host:a.git', auth: {ssh_key: k, known_hosts: k}}\n", "absolute path"},
        Case{"    cvat: {}\n    git: {url: 'file://host/a'}\n", "no absolute path"},
        Case{"    cvat: {}\n    git: {url: a/b}\n", "given 'a/b', allowed is https://"},
        Case{"    cvat: {}\n    git: {url: 'https:///a'}\n", "jobs.signs.git.url: given"},
        Case{"    cvat: {}\n    git: {url: /a, large_files: annex}\n", "given 'annex', allowed is lfs, refuse"},
        Case{"    cvat: {}\n    git: {url: /a, large_file_limit: much}\n", "jobs.signs.git.large_file_limit: given 'much'"},
        Case{"    cvat: {}\n    git: [{url: /a, large_file_limit: 1MB}, {url: /b, large_file_limit: 2MB}]\n",
             "large_files and large_file_limit must be the same in all targets of a job"},
        Case{"    cvat: {}\n    git: [{url: /a}, {url: /b, large_files: refuse}]\n",
             "large_files and large_file_limit must be the same in all targets of a job"},
        Case{"    cvat: {}\n    git: {url: 'https://h/a', auth: {ssh_key: k}}\n",
             "ssh_key and known_hosts are for ssh"},
        Case{"    cvat: {}\n    git: {url: 'https://h/a', auth: {}}\n", "nothing is given, allowed is token"},
        Case{"    cvat: {}\n    git: {url: 'https://h/a', auth: {token: a, username: b}}\n",
             "several are given"},
        Case{"    cvat: {}\n    git: {url: 'https://h/a', auth: {username: b}}\n", "belong together"},
        Case{"    cvat: {}\n    git: {url: 'https://h/a', auth: {username: 'a:b', password: c}}\n",
             "cannot be sent"},
        Case{"    cvat: {}\n    git: {url: /a, author: {name: 'a <b>'}}\n", "no < and >"},
        Case{"    cvat: {}\n    git: {url: /a, author: {email: nobody}}\n", "allowed is an address"}));

struct ServerCase {
    std::string keys, problem;
};

class ServerMistake : public testing::TestWithParam<ServerCase> {};

TEST_P(ServerMistake, is_told) {
    const ConfigFile file("servers: {lab: {" + GetParam().keys +
                          "}}\njobs: {a: {schedule: manual, cvat: {}}}\n");
    const Lines problems = file.problems();
    ASSERT_EQ(problems.size(), 1U) << testing::PrintToString(problems);
    EXPECT_NE(problems[0].find(GetParam().problem), std::string::npos) << problems[0];
}

INSTANTIATE_TEST_SUITE_P(
    All, ServerMistake,
    testing::Values(
        ServerCase{"auth: {token: t}", "the kind of server is missing"},
        ServerCase{"github: 'https://api.github.com', auth: {token: t}", "there is no CVAT server under"},
        ServerCase{"cvat: 'https://h'", "'auth' is missing"},
        ServerCase{"cvat: 'https://h', auth: {}", "nothing is given, allowed is exactly one of"},
        ServerCase{"cvat: 'https://h', auth: {token: a, access_token: b}", "several are given"},
        ServerCase{"cvat: 'https://h', auth: {username: a}", "belong together"},
        ServerCase{"cvat: 'https://h', auth: {app_id: 1}", "servers.lab.auth.app_id: it is for GitHub"},
        ServerCase{"cvat: 'https://my_host', auth: {token: a}", "because CVAT answers every request"},
        ServerCase{"cvat: 'ftp://h', auth: {token: a}", "allowed is http:// or https://"},
        ServerCase{"cvat: 'https://h/?a=b', auth: {token: a}", "a query (?…)"},
        ServerCase{"cvat: 'https://h:99999', auth: {token: a}", "servers.lab.cvat: given"},
        ServerCase{"cvat: 'https://h', auth: {token: a}, ssh: {}", "servers.lab.ssh: it is for GitHub"},
        ServerCase{"cvat: 'https://h', auth: {token: a}, ca_file: a.pem", "absolute path"},
        ServerCase{"cvat: 'https://h', auth: {token: a}, limits: {poll_max: 100ms}", "poll_max is shorter"}));

TEST(Mistakes, a_job_needs_to_say_which_of_several_servers) {
    const ConfigFile file(
        "servers: {a: {cvat: 'https://a', auth: {token: t}}, b: {cvat: 'https://b', auth: {token: t}}}\n"
        "jobs: {x: {schedule: manual, cvat: {}}}\n");
    EXPECT_EQ(
        file.problems(),
        (Lines{"autobackupd.yaml:2:36: jobs.x.cvat: 'server' is needed, because there are several: a, b"}));
    EXPECT_EQ(ConfigFile("jobs: {x: {schedule: manual, cvat: {}}}\n").problems(),
              (Lines{"autobackupd.yaml:1:36: jobs.x.cvat: there is no CVAT server under 'servers'"}));
}

TEST(Mistakes, a_circle_of_jobs_is_named) {
    const ConfigFile file(
        "servers: {a: {cvat: 'https://a', auth: {token: t}}}\n"
        "jobs:\n  x: {schedule: manual, cvat: {}, after: [y]}\n  y: {schedule: manual, cvat: {}, after: "
        "[z]}\n"
        "  z: {schedule: manual, cvat: {}, after: [x]}\n  w: {schedule: manual, cvat: {}, after: [x]}\n");
    const Lines problems = file.problems();
    ASSERT_EQ(problems.size(), 3U) << testing::PrintToString(problems);
    EXPECT_NE(problems[0].find("jobs.x.after: jobs wait for each other in a circle: x, y, z, x"),
              std::string::npos)
        << problems[0];
}

TEST(Mistakes, a_flood_of_them_is_cut) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "key" + std::to_string(i) + ": 1\n";
    const Loaded loaded = ConfigFile(text).load();
    ASSERT_EQ(loaded.problems.size(), 1000U);
    EXPECT_EQ(loaded.problems.back().message, "there are more problems than are told");
}

TEST(Mistakes, a_top_level_that_is_no_mapping) {
    EXPECT_NE(ConfigFile("- a\n").problems().at(0).find("1:1: given a list, allowed is a mapping"),
              std::string::npos);
    EXPECT_NE(ConfigFile("job: {}\n").problems().at(0).find("did you mean 'jobs'?"), std::string::npos);
    EXPECT_NE(ConfigFile("a: [\n").problems().at(0).find("not valid YAML"), std::string::npos);
    const Loaded empty = ConfigFile("").load();
    EXPECT_TRUE(empty.config);
    EXPECT_EQ(empty.warnings.size(), 1U);
}

class Token : public testing::TestWithParam<std::string> {};

// Wherever a token is put by mistake, no text repeats it.
TEST_P(Token, is_never_printed) {
    const std::string& token = GetParam();
    const std::string base = "jobs: {a: {schedule: manual, cvat: {}}}\n";
    for (const std::string& text :
         {"servers: {lab: {cvat: 'https://h', auth: {token: '" + token + "'}}}\n" + base,
          "servers: {lab: {cvat: 'https://h', auth: {token: {env: a, '" + token + "': b}}}}\n" + base,
          "servers: {lab: {cvat: 'https://h', auth: {token: {'" + token + "': b}}}}\n" + base,
          "servers: {lab: {cvat: 'https://h', auth: '" + token + "'}}\n" + base,
          "servers: {lab: {cvat: 'https://h', auth: ['" + token + "']}}\n" + base,
          "servers: {lab: {cvat: 'https://u:" + token + "@h/', auth: {token: a}}}\n" + base,
          "servers: {lab: {cvat: 'https://h/?private_token=" + token + "', auth: {token: a}}}\n" + base,
          job_with("    cvat: {}\n    git: {url: 'https://" + token + "@h/a'}\n"),
          job_with("    cvat: {}\n    git: {url: 'ssh://u:" + token + "@h/a'}\n"),
          job_with("    cvat: {}\n    git: {url: 'u:" + token + "@h:a'}\n"),
          job_with("    cvat: {}\n    git: {url: 'git@h:a', auth: {ssh_key: '" + token + "'}}\n"),
          job_with("    cvat: {}\n    git: {url: 'https://h/a', auth: {password: '" + token +
                   "', username: u}}\n")}) {
        const Lines problems = ConfigFile(text).problems();
        EXPECT_FALSE(problems.empty()) << text;
        for (const std::string& line : problems) EXPECT_EQ(line.find(token), std::string::npos) << line;
    }
}

INSTANTIATE_TEST_SUITE_P(All, Token,
                         testing::Values("0123456789abcdef0123456789ABCDEF01234567", "ghp_abcdefghijklmnop",
                                         "github_pat_11ABC_def", "glpat-abcdefgh",
                                         "aB3dE6gH.abcdefghijklmnopqrstuvwxyzABCDEF",
                                         std::string(65, 'x') + "-", "correct horse battery staple",
                                         "p4ss/word+=="));

}  // namespace
}  // namespace autobackup::config::mistakes_test
