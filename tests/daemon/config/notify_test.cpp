// SPDX-License-Identifier: MIT
// The keys `metrics` and `notify`.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "daemon/config/load.hpp"
#include "daemon/config/secrets.hpp"
#include "daemon/config/values.hpp"
#include "tests/support/config_file.hpp"

namespace autobackup::config::notify_test {
namespace {

using test::ConfigFile;
using test::job_with;
using Lines = std::vector<std::string>;

constexpr std::string_view everything = R"(metrics: {file: /var/lib/node/autobackupd.prom, listen: "unix:/run/autobackupd/metrics.sock"}
notify:
  - {ping: "https://hc.example.org/ping/abc?create=1"}
  - {webhook: "https://chat.example.org/hook", auth: hook-token, on: [failed, recovered]}
  - {email: admin@example.org, on: [still_failing]}
  - {command: [/usr/local/bin/page-me, "--now", 3]}
servers: {lab: {cvat: 'https://cvat.example.org', auth: {token: lab-token}}}
jobs:
  plain: {schedule: manual, cvat: {}}
  quiet: {schedule: manual, cvat: {}, notify: []}
  own: {schedule: manual, cvat: {}, notify: [{email: own@example.org}]}
  single: {schedule: manual, cvat: {}, notify: {webhook: 'http://127.0.0.1:1/x', auth: {env: HOOK}}}
)";

TEST(NotifyConfig, fills_every_kind_of_receiver) {
    const Loaded loaded = ConfigFile(everything).load();
    ASSERT_TRUE(loaded.config) << describe(loaded.problems.at(0));
    EXPECT_TRUE(loaded.warnings.empty());
    const std::vector<Notice>& general = loaded.config->notify;
    ASSERT_EQ(general.size(), 4U);
    EXPECT_EQ(std::get<PingNotice>(general[0].to).url, "https://hc.example.org/ping/abc?create=1");
    EXPECT_EQ(general[0].key_path, "notify[0]");
    EXPECT_EQ(general[0].origin.line, 3);
    const auto& webhook = std::get<WebhookNotice>(general[1].to);
    EXPECT_EQ(webhook.url, "https://chat.example.org/hook");
    EXPECT_EQ(webhook.auth->text, "hook-token");
    EXPECT_TRUE(general[1].on.failed && general[1].on.recovered && !general[1].on.still_failing);
    EXPECT_EQ(std::get<EmailNotice>(general[2].to).address, "admin@example.org");
    EXPECT_TRUE(!general[2].on.failed && !general[2].on.recovered && general[2].on.still_failing);
    EXPECT_EQ(std::get<CommandNotice>(general[3].to).argv, (Lines{"/usr/local/bin/page-me", "--now", "3"}));
    EXPECT_TRUE(general[3].on.failed && general[3].on.recovered && general[3].on.still_failing);
}

TEST(NotifyConfig, a_job_with_a_list_of_its_own_replaces_the_general_one) {
    const Loaded loaded = ConfigFile(everything).load();
    ASSERT_TRUE(loaded.config);
    const auto& jobs = loaded.config->jobs;
    EXPECT_EQ(jobs.at("plain").notify.size(), 4U);
    EXPECT_TRUE(jobs.at("quiet").notify.empty());
    ASSERT_EQ(jobs.at("own").notify.size(), 1U);
    EXPECT_EQ(jobs.at("own").notify[0].key_path, "jobs.own.notify[0]");
    ASSERT_EQ(jobs.at("single").notify.size(), 1U);
    EXPECT_EQ(std::get<WebhookNotice>(jobs.at("single").notify[0].to).url, "http://127.0.0.1:1/x");
}

TEST(NotifyConfig, defaults_give_a_list_that_a_job_replaces_whole) {
    const ConfigFile file(
        "servers: {lab: {cvat: 'https://a', auth: {token: t}}}\nnotify: [{email: a@b}]\n"
        "defaults: {notify: {email: c@d}}\n"
        "jobs: {one: {schedule: manual, cvat: {}}, two: {schedule: manual, cvat: {}, notify: {command: [x]}}}\n");
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config) << testing::PrintToString(file.lines(loaded.problems));
    EXPECT_EQ(std::get<EmailNotice>(loaded.config->jobs.at("one").notify.at(0).to).address, "c@d");
    EXPECT_EQ(std::get<CommandNotice>(loaded.config->jobs.at("two").notify.at(0).to).argv, Lines{"x"});
}

TEST(NotifyConfig, secrets_of_webhooks_are_known_once) {
    const Loaded loaded = ConfigFile(everything).load();
    ASSERT_TRUE(loaded.config);
    Lines paths;
    for (const SecretRef& ref : all_secrets(*loaded.config)) paths.push_back(ref.key_path);
    EXPECT_EQ(paths, (Lines{"servers.lab.auth.token", "notify[1].auth", "jobs.single.notify.auth"}));
}

TEST(NotifyConfig, urls_are_not_shown) {
    const Loaded loaded = ConfigFile(everything).load();
    std::string all;
    for (const OriginEntry& entry : loaded.origins) all += entry.path + "=" + entry.value + "\n";
    EXPECT_NE(all.find("notify[0].ping=https://hc.example.org/…\n"), std::string::npos) << all;
    EXPECT_NE(all.find("notify[1].webhook=https://chat.example.org/…\n"), std::string::npos) << all;
    EXPECT_NE(all.find("notify[1].auth=hook-token\n"), std::string::npos) << all;
    EXPECT_NE(all.find("jobs.quiet.notify=[]\n"), std::string::npos) << all;
    EXPECT_NE(all.find("metrics.listen="), std::string::npos) << all;
    EXPECT_EQ(all.find("/hook"), std::string::npos) << all;
    EXPECT_EQ(all.find("abc"), std::string::npos) << all;
}

TEST(MetricsConfig, takes_a_socket_or_a_port) {
    const Loaded loaded = ConfigFile(everything).load();
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->metrics.file, "/var/lib/node/autobackupd.prom");
    EXPECT_EQ(loaded.config->metrics.listen->socket, "/run/autobackupd/metrics.sock");
    EXPECT_EQ(parse_listener("127.0.0.1:9817")->address, "127.0.0.1");
    EXPECT_EQ(parse_listener("127.0.0.1:9817")->port, 9817);
    EXPECT_EQ(parse_listener("127.3.2.1:65535")->port, 65535);
    EXPECT_EQ(parse_listener("[::1]:1")->address, "::1");
    EXPECT_EQ(parse_listener("localhost:80")->address, "127.0.0.1");
    const Loaded none = ConfigFile("").load();
    EXPECT_TRUE(none.config->metrics.file.empty());
    EXPECT_FALSE(none.config->metrics.listen);
}

TEST(MetricsConfig, a_file_that_nobody_will_read_is_a_warning) {
    const ConfigFile file("metrics: {file: /var/lib/node/autobackupd.txt}\n");
    const Lines warnings = file.lines(file.load().warnings);
    EXPECT_NE(testing::PrintToString(warnings).find("1:17: metrics.file: node_exporter reads files that end in .prom only"),
              std::string::npos)
        << testing::PrintToString(warnings);
}

struct Case {
    std::string text, problem;
};

class NotifyMistake : public testing::TestWithParam<Case> {};

TEST_P(NotifyMistake, is_told) {
    const ConfigFile file(GetParam().text);
    const Lines problems = file.problems();
    ASSERT_EQ(problems.size(), 1U) << testing::PrintToString(problems);
    EXPECT_NE(problems[0].find(GetParam().problem), std::string::npos) << problems[0];
}

INSTANTIATE_TEST_SUITE_P(
    All, NotifyMistake,
    testing::Values(
        Case{"notify: [{}]\n", "1:10: notify[0]: nothing is given, allowed is exactly one of: ping, webhook"},
        Case{"notify:\n", "nothing is given"}, Case{"notify: [{on: [failed]}]\n", "nothing is given"},
        Case{"notify: [{ping: 'https://h/a', email: a@b}]\n", "several are given"},
        Case{"notify: [{ping: 'https://h/a', on: [failed]}]\n", "1:36: notify[0].on: a ping tells every run"},
        Case{"notify: [{email: a@b, auth: x}]\n", "'webhook' alone"},
        Case{"notify: [{email: a@b, on: []}]\n", "an empty list"},
        Case{"notify: [{email: a@b, on: [faild]}]\n", "did you mean 'failed'?"},
        Case{"notify: [{email: a@b, on: [failed, failed]}]\n", "notify[0].on[1]: given twice"},
        Case{"notify: [{email: a@b, on: failed}]\n", "allowed is a list"},
        Case{"notify: [{email: nobody}]\n", "an address"},
        Case{"notify: [{email: 'a@b,c@d'}]\n", "one plain address"},
        Case{"notify: [{email: '\"|/bin/sh\"@b'}]\n", "one plain address"},
        Case{"notify: [{email: '-oQ@b'}]\n", "one plain address"},
        Case{"notify: [{email: \"a@b\\r\\nBcc:c@d\"}]\n", "an address"},
        Case{"notify: [{command: []}]\n", "the program and its arguments"},
        Case{"notify: [{command: page-me}]\n", "the program and its arguments"},
        Case{"notify: [{command: ['', a]}]\n", "name of the program is empty"},
        Case{"notify: [{webhok: 'https://h/a'}]\n", "did you mean 'webhook'?"},
        Case{"notify: [{webhook: 'ftp://h/a'}]\n", "allowed is http:// or https://"},
        Case{"notify: [{webhook: 'https://u:p@h/a'}]\n", "a user name or password in a URL is refused"},
        Case{"notify: [{webhook: 'https://h/a#b'}]\n", "a fragment"},
        Case{"notify: [{webhook: 'https://h:0x/a'}]\n", "cannot be used"},
        Case{"notify: [{webhook: 'https://h/a', auth: ghp_abcdefghijklmnop}]\n", "notify[0].auth"},
        Case{"notify: [a, {email: a@b}]\n", "notify[0]: given"}, Case{"notify: x\n", "allowed is a mapping"},
        Case{"metrics: {listen: '0.0.0.0:9817'}\n", "only a loopback address"},
        Case{"metrics: {listen: '[::]:9817'}\n", "allowed is unix:/PATH"},
        Case{"metrics: {listen: '::1:9817'}\n", "allowed is unix:/PATH"},
        Case{"metrics: {listen: '127.0.0.1:0'}\n", "1 to 65535"},
        Case{"metrics: {listen: '127.0.0.1:65536'}\n", "1 to 65535"},
        Case{"metrics: {listen: '127.0.0.1'}\n", "allowed is unix:/PATH"},
        Case{"metrics: {listen: 9817}\n", "allowed is unix:/PATH"},
        Case{"metrics: {listen: 'unix:metrics.sock'}\n", "an absolute path"},
        Case{"metrics: {listen: 'unix:/" + std::string(103, 'x') + "'}\n", "at most 103 bytes"},
        Case{"metrics: {file: metrics.prom}\n", "an absolute path"},
        Case{"metrics: {port: 9817}\n", "unknown key 'port'; allowed: file, listen"}));

class HookUrl : public testing::TestWithParam<std::string> {};

// Whoever has the URL of a hook can send through it: no text repeats it.
TEST_P(HookUrl, is_never_printed) {
    const ConfigFile file(GetParam() + "jobs: {}\n");
    const Lines problems = file.problems();
    EXPECT_FALSE(problems.empty());
    for (const std::string& line : problems) EXPECT_EQ(line.find("S3CR3T"), std::string::npos) << line;
}

INSTANTIATE_TEST_SUITE_P(All, HookUrl,
                         testing::Values("notify: 'https://h/S3CR3T'\n", "notify: ['https://h/S3CR3T']\n",
                                         "notify: [{webhook: 'htps://h/S3CR3T'}]\n",
                                         "notify: [{webhook: 'https://h:x/S3CR3T'}]\n",
                                         "notify: [{webhook: 'https://u@h/S3CR3T'}]\n",
                                         "notify: [{webhook: ['https://h/S3CR3T']}]\n",
                                         "notify: [{'https://h/S3CR3T': a}]\n",
                                         "notify: [{ping: 'https://h/S3CR3T', webhook: 'https://h/S3CR3T'}]\n"));

TEST(NotifyConfig, open_http_is_a_warning) {
    const ConfigFile file("notify: [{ping: 'http://h/S3CR3T'}, {webhook: 'http://127.0.0.1/x'}]\n");
    const Lines warnings = file.lines(file.load().warnings);
    ASSERT_EQ(warnings.size(), 2U) << testing::PrintToString(warnings);  // the other: there is no job
    const std::string& warning = warnings[0].find("http://") != std::string::npos ? warnings[0] : warnings[1];
    EXPECT_NE(warning.find("notify[0].ping: http:// sends everything unencrypted"), std::string::npos) << warning;
    EXPECT_EQ(warning.find("S3CR3T"), std::string::npos);
}

TEST(NotifyConfig, stands_in_the_schema_of_jobs_too) {
    const auto schema = boost::json::parse(schema_json()).as_object();
    const auto& jobs = schema.at("properties").at("jobs").at("patternProperties").as_object().begin()->value();
    const auto& list = jobs.at("properties").at("notify").at("anyOf").at(1);
    EXPECT_TRUE(list.at("items").at("properties").as_object().contains("webhook"));
    EXPECT_FALSE(list.as_object().contains("maxItems"));
}

}  // namespace
}  // namespace autobackup::config::notify_test
