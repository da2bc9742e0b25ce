// SPDX-License-Identifier: MIT
// Several files, and what jobs inherit.
#include <gtest/gtest.h>

#include "daemon/config/load.hpp"
#include "tests/support/config_file.hpp"

namespace autobackup::config::files_test {
namespace {

using test::ConfigFile;
using Lines = std::vector<std::string>;

constexpr std::string_view main_file =
    "servers: {lab: {cvat: 'https://a', auth: {token: t}}}\njobs:\n  one: {schedule: manual, cvat: {}}\n";

TEST(ConfigFiles, conf_d_is_read_in_lexical_order) {
    const ConfigFile file(main_file);
    file.write("conf.d/20-b.yaml", "jobs: {three: {schedule: daily, cvat: {server: more}}}\n");
    file.write("conf.d/10-a.yaml",
               "time_zone: UTC\nservers: {more: {cvat: 'https://b', auth: {token: t}}}\njobs: {two: {cvat: "
               "{server: lab}}}\n");
    file.write("conf.d/ignored.yml", "nonsense");
    file.write("conf.d/.hidden.yaml", "nonsense: 1");
    Loaded loaded = file.load();
    EXPECT_EQ(file.lines(loaded.problems), (Lines{"autobackupd.yaml:3:33: jobs.one.cvat: 'server' is needed, "
                                                  "because there are several: lab, more"}));
    file.write("autobackupd.yaml", "servers: {lab: {cvat: 'https://a', auth: {token: t}}}\n");
    loaded = file.load();
    ASSERT_TRUE(loaded.config) << testing::PrintToString(file.lines(loaded.problems));
    EXPECT_EQ(loaded.config->jobs.size(), 2U);
    EXPECT_EQ(loaded.config->servers.size(), 2U);
    EXPECT_EQ(loaded.config->time_zone, "UTC");
    EXPECT_NE(loaded.config->jobs.at("three").origin.file.find("20-b.yaml"), std::string::npos);
}

TEST(ConfigFiles, what_two_files_say_is_a_problem_with_both_places) {
    const ConfigFile file("time_zone: UTC\n" + std::string(main_file));
    file.write("conf.d/a.yaml", "time_zone: UTC\nservers:\n  lab: {cvat: 'https://b', auth: {token: t}}\n");
    file.write("conf.d/b.yaml", "jobs:\n  one: {schedule: daily, cvat: {}}\nunknown: 1\n");
    EXPECT_EQ(
        file.problems(),
        (Lines{
            "conf.d/a.yaml:1:1: time_zone: 'time_zone' is set in two files: first at autobackupd.yaml:1:1",
            "conf.d/a.yaml:3:3: servers.lab: the server 'lab' is here twice: first at autobackupd.yaml:2:11",
            "conf.d/b.yaml:2:3: jobs.one: the job 'one' is here twice: first at autobackupd.yaml:4:3",
            "conf.d/b.yaml:3:1: unknown: unknown key 'unknown'; allowed: storage, time_zone, limits, "
            "servers, "
            "metrics, notify, defaults, jobs"}));
}

TEST(ConfigFiles, a_broken_file_hides_no_mistake_of_another_and_invents_none) {
    const ConfigFile file("jobs: {one: {schedule: manual, cvat: {server: lab}, enabled: 3}}\n");
    file.write("conf.d/servers.yaml", "servers: {lab: [}\n");
    const Lines problems = file.problems();
    ASSERT_EQ(problems.size(), 2U) << testing::PrintToString(problems);
    EXPECT_NE(problems[0].find("autobackupd.yaml:1:62: jobs.one.enabled"), std::string::npos) << problems[0];
    EXPECT_NE(problems[1].find("conf.d/servers.yaml:1:"), std::string::npos) << problems[1];
}

TEST(ConfigFiles, a_missing_file_is_a_problem) {
    const Loaded loaded = load("/nonexistent/autobackupd.yaml");
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(loaded.problems[0].file, "/nonexistent/autobackupd.yaml");
    EXPECT_EQ(loaded.problems[0].line, 0);
    EXPECT_FALSE(loaded.config);
}

TEST(ConfigFiles, a_name_without_directory_is_found) {
    const ConfigFile file(main_file);
    const fs::path before = fs::current_path();
    fs::current_path(file.path().parent_path());
    file.write("conf.d/a.yaml", "jobs: {two: {schedule: manual, cvat: {}}}\n");
    const Loaded loaded = load("autobackupd.yaml");
    fs::current_path(before);
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->jobs.size(), 2U);
}

Job job_of(std::string_view defaults, std::string_view job) {
    const ConfigFile file("servers: {lab: {cvat: 'https://a', auth: {token: t}}}\ndefaults: " +
                          std::string(defaults) + "\njobs: {one: " + std::string(job) + "}\n");
    const Loaded loaded = file.load();
    EXPECT_TRUE(loaded.config) << testing::PrintToString(file.lines(loaded.problems));
    return loaded.config ? loaded.config->jobs.at("one") : Job();
}

TEST(Defaults, are_merged_key_by_key) {
    const Job job = job_of(
        "{schedule: daily, git: {url: /a, branch: b, author: {name: x}}, archive: {keep: {last: 3, daily: "
        "1}}}",
        "{cvat: {}, git: {url: /c, author: {email: y@z}}, archive: {keep: {last: 5}}}");
    EXPECT_EQ(job.schedule, std::vector<std::string>{"daily"});
    ASSERT_EQ(job.git.size(), 1U);
    EXPECT_EQ(job.git[0].url, "/c");
    EXPECT_EQ(job.git[0].branch, "b");
    EXPECT_EQ(job.git[0].author_name, "x");
    EXPECT_EQ(job.git[0].author_email, "y@z");
    EXPECT_EQ(job.archive->keep->last, 5);
    EXPECT_EQ(job.archive->keep->daily, 1);
}

TEST(Defaults, authentication_and_selections_are_taken_whole) {
    const Job job =
        job_of("{schedule: daily, git: {auth: {token: a}}, cvat: {projects: {include: [a], exclude: [b]}}}",
               "{cvat: {projects: {exclude: [c]}}, git: {url: 'https://g/a', auth: {username: u, password: "
               "{env: P}}}}");
    EXPECT_EQ(job.git.at(0).username, "u");
    EXPECT_EQ(job.git.at(0).password->form, SecretRef::Form::env);
    const auto& cvat = std::get<CvatSource>(job.source);
    EXPECT_EQ(cvat.projects.base, Selection::Base::all);
    EXPECT_EQ(cvat.projects.exclude, std::vector<std::string>{"c"});
}

TEST(Defaults, give_no_job_a_source) {
    const ConfigFile file(
        "servers: {lab: {cvat: 'https://a', auth: {token: t}}}\ndefaults: {cvat: {touch: true}}\njobs: {one: "
        "{schedule: daily}}\n");
    EXPECT_EQ(file.problems(), (Lines{"autobackupd.yaml:3:8: jobs.one: the source is missing: cvat: {…}, github: {…} or mirror: {…}"}));
}

TEST(Defaults, a_mistake_in_them_is_told_once) {
    const ConfigFile file(
        "servers: {lab: {cvat: 'https://a', auth: {token: t}}}\n"
        "defaults: {timeout: 6, retry: {delay: 9m}, checks: {spot: [sometimes]}}\n"
        "jobs: {one: {schedule: daily, cvat: {}}, two: {schedule: daily, cvat: {}}}\n");
    const Lines problems = file.problems();
    ASSERT_EQ(problems.size(), 3U) << testing::PrintToString(problems);
    EXPECT_NE(problems[0].find("2:21: defaults.timeout"), std::string::npos) << problems[0];
    EXPECT_NE(problems[1].find("2:39: jobs.one.retry.delay: max_delay"), std::string::npos) << problems[1];
    EXPECT_NE(problems[2].find("defaults.checks.spot"), std::string::npos)
        << problems[2];
}

TEST(Defaults, anchors_and_merge_keys_work_too) {
    const ConfigFile file(
        "servers: {lab: {cvat: 'https://a', auth: {token: t}}}\n"
        "jobs:\n  one: &one {schedule: daily, timeout: 1h, cvat: {}}\n  two: {<<: *one, timeout: 2h}\n");
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->jobs.at("two").timeout, std::chrono::hours(2));
    EXPECT_EQ(loaded.config->jobs.at("two").schedule, std::vector<std::string>{"daily"});
}

}  // namespace
}  // namespace autobackup::config::files_test
