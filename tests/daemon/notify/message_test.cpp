// SPDX-License-Identifier: MIT
#include "daemon/notify/message.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "lib/journal/redact.hpp"
#include "tests/support/sample_run.hpp"

namespace autobackup::notify::message_test {
namespace {

model::Run failed_run() {
    model::Run run = test::sample_run();
    run.outcome = model::RunOutcome::failed;
    run.items[0].outcome = model::ItemOutcome::failed;
    run.items[0].stages.push_back(test::sample_failed_stage("download"));
    run.errors.push_back(fail(Errc::source_empty, "list", "projects of lab", "nothing is listed"));
    return run;
}

History third_failure() {
    History history;
    history.failures_before = 2;
    history.failures_now = 3;
    history.first_failed_at = parse_rfc3339("2026-11-19T01:30:00Z");
    history.last_success_at = parse_rfc3339("2026-11-18T01:30:00Z");
    return history;
}

TEST(RunIdAsUuid, keeps_the_bits_that_version_7_does_not_fix) {
    EXPECT_EQ(uuid_of("01JD0000000000000000000000"), "01934000-0000-7000-8000-000000000000");
    EXPECT_EQ(uuid_of("01KAHDXVP4Z8R3Q6W9T2N5M7BC"), "019aa2de-eec4-7a30-bb9b-89d0aa5a1d6c");
    EXPECT_EQ(uuid_of("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), "ffffffff-ffff-7fff-bfff-ffffffffffff");
    EXPECT_FALSE(uuid_of("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
    EXPECT_FALSE(uuid_of("01JD"));
    EXPECT_FALSE(uuid_of("01JD000000000000000000000U"));
    EXPECT_TRUE(uuid_of(model::new_run_id(now())));
}

TEST(PingUrl, has_the_signal_before_the_query) {
    const std::string id = "01JD0000000000000000000000";
    const auto url = [&id](const char* base, Signal signal) {
        return ping_url(http::Url::parse(base).value(), signal, id).text();
    };
    const std::string rid = "rid=" + *uuid_of(id);
    EXPECT_EQ(url("https://hc.example.org/ping/x", Signal::start), "https://hc.example.org/ping/x/start?" + rid);
    EXPECT_EQ(url("https://hc.example.org/ping/x", Signal::success), "https://hc.example.org/ping/x?" + rid);
    EXPECT_EQ(url("https://hc.example.org/ping/x/", Signal::fail), "https://hc.example.org/ping/x/fail?" + rid);
    EXPECT_EQ(url("https://hc.example.org/ping/x?create=1", Signal::log),
              "https://hc.example.org/ping/x/log?create=1&" + rid);
    EXPECT_EQ(ping_url(http::Url::parse("http://h/x").value(), Signal::success, "odd id").text(), "http://h/x");
}

TEST(Message, says_success_only_of_a_verified_one) {
    model::Run run = test::sample_run();
    const auto signal = [&run](model::RunOutcome outcome) {
        run.outcome = outcome;
        return end_message(run, History(), "vm").signal;
    };
    EXPECT_EQ(signal(model::RunOutcome::success), Signal::success);
    EXPECT_EQ(signal(model::RunOutcome::unchanged), Signal::success);
    EXPECT_EQ(signal(model::RunOutcome::partial), Signal::fail);
    EXPECT_EQ(signal(model::RunOutcome::failed), Signal::fail);
    EXPECT_EQ(signal(model::RunOutcome::cancelled), Signal::log);
    EXPECT_EQ(signal(model::RunOutcome::refused), Signal::log);
}

TEST(Message, of_a_check_says_so) {
    model::Run run = test::sample_run();
    run.check = model::CheckFacts{"checksum", 5, 1};
    run.outcome = model::RunOutcome::partial;
    History history;
    history.failures_now = 1;
    const Message failed = end_message(run, history, "vm");
    EXPECT_TRUE(failed.of_check);
    EXPECT_EQ(failed.signal, Signal::fail);
    EXPECT_EQ(failed.subject, "traffic-signs (check checksum) has failed in part (vm)");
    EXPECT_EQ(boost::json::parse(failed.json).at("check").at("damaged").to_number<int>(), 1);
    const auto kind = std::find_if(failed.facts.begin(), failed.facts.end(), [](const auto& fact) { return fact.first == "AUTOBACKUP_CHECK"; });
    ASSERT_NE(kind, failed.facts.end());
    EXPECT_EQ(kind->second, "checksum");
    run.check = model::CheckFacts{"drill", 5, 0};
    run.outcome = model::RunOutcome::success;
    history = History();
    history.failures_before = 2;
    EXPECT_EQ(end_message(run, history, "vm").subject, "traffic-signs (drill) has recovered after 2 failed checks (vm)");
    run.check->server = "staging";
    const Message there = end_message(run, history, "vm");
    EXPECT_EQ(there.subject, "traffic-signs (drill into staging) has recovered after 2 failed checks (vm)");
    EXPECT_EQ(boost::json::parse(there.json).at("check").at("server").as_string(), "staging");
    const auto server = std::find_if(there.facts.begin(), there.facts.end(), [](const auto& fact) { return fact.first == "AUTOBACKUP_DRILL_SERVER"; });
    ASSERT_NE(server, there.facts.end());
    EXPECT_EQ(server->second, "staging");
}

TEST(Message, is_the_head_of_the_report_with_the_transition) {
    const Message message = end_message(failed_run(), third_failure(), "backup-host");
    const auto json = boost::json::parse(message.json).as_object();
    EXPECT_EQ(json.at("format").as_int64(), 1);
    EXPECT_EQ(json.at("job").as_string(), "traffic-signs");
    EXPECT_EQ(json.at("run_id").as_string(), "01JD0000000000000000000000");
    EXPECT_EQ(json.at("outcome").as_string(), "failed");
    EXPECT_EQ(json.at("transition").as_string(), "still_failing");
    EXPECT_EQ(json.at("failures").as_int64(), 3);
    EXPECT_EQ(json.at("first_failed_at").as_string(), "2026-11-19T01:30:00.000Z");
    EXPECT_EQ(json.at("last_success_at").as_string(), "2026-11-18T01:30:00.000Z");
    EXPECT_EQ(json.at("host").as_string(), "backup-host");
    EXPECT_EQ(json.at("counts").at("failed").as_int64(), 1);
    EXPECT_EQ(json.at("errors").at(0).at("code").as_string(), "source_empty");
    EXPECT_FALSE(json.contains("items"));
    const auto& lines = json.at("error_lines").as_array();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(std::string(lines[0].as_string()).find("nothing is listed"), std::string::npos);
    EXPECT_NE(std::string(lines[1].as_string()).find("the connection was reset"), std::string::npos);
    EXPECT_TRUE(std::string(json.at("text").as_string()).starts_with("traffic-signs is still failing: 3 runs in a row\n"));
}

TEST(Message, of_a_success_that_follows_a_success_is_only_a_ping) {
    const Message message = end_message(test::sample_run(), History(), "vm");
    EXPECT_EQ(message.transition, Transition::none);
    EXPECT_TRUE(message.json.empty());
    EXPECT_TRUE(message.facts.empty());
    EXPECT_NE(message.text.find("success: 1 saved"), std::string::npos) << message.text;
}

TEST(Message, stays_small_however_much_went_wrong) {
    model::Run run = failed_run();
    for (int i = 0; i < 500; ++i) {
        run.items.push_back(run.items[0]);
        run.errors.push_back(fail(Errc::server_error, "GET", "task", std::string(5000, 'x'), std::string(5000, 'y')));
        run.warnings.push_back(std::string(3000, 'w'));
    }
    const Message message = end_message(run, third_failure(), "vm");
    EXPECT_LE(message.text.size(), 8300U);
    EXPECT_LE(message.json.size(), 300'000U);
    const auto json = boost::json::parse(message.json).as_object();
    EXPECT_EQ(json.at("errors").as_array().size(), 20U);
    EXPECT_EQ(json.at("error_lines").as_array().back().as_string(), "and 982 more");
}

TEST(Message, holds_no_secret_and_no_line_break_in_facts) {
    std::vector<Secret> known;
    known.emplace_back("s3cr3t-of-lab");
    journal::redact(std::move(known));
    model::Run run = failed_run();
    run.errors[0].peer = "bad token s3cr3t-of-lab\r\nX-Evil: 1 https://bot:pw@h/x";
    const Message message = end_message(run, third_failure(), "vm\nX");
    for (const auto& [key, value] : message.facts) {
        EXPECT_TRUE(key.starts_with("AUTOBACKUP_")) << key;
        EXPECT_EQ(value.find_first_of("\r\n"), std::string::npos) << key;
    }
    const std::string all = message.text + message.json + message.subject + mail_text(message, "a@b") + message.facts.back().second;
    EXPECT_EQ(all.find("s3cr3t-of-lab"), std::string::npos);
    EXPECT_EQ(all.find("bot:pw"), std::string::npos);
}

// The header ends at the first empty line.
std::string header_of(const std::string& mail) {
    return mail.substr(0, mail.find("\n\n") + 1);
}

TEST(Mail, has_one_recipient_and_a_subject) {
    const std::string mail = mail_text(end_message(failed_run(), third_failure(), "vm"), "admin@example.org");
    EXPECT_EQ(header_of(mail),
              "To: admin@example.org\n"
              "Subject: traffic-signs is still failing: 3 runs in a row (vm)\n"
              "Auto-Submitted: auto-generated\n"
              "MIME-Version: 1.0\n"
              "Content-Type: text/plain; charset=utf-8\n"
              "Content-Transfer-Encoding: 8bit\n"
              "X-Autobackupd-Job: traffic-signs\n"
              "X-Autobackupd-Run: 01JD0000000000000000000000\n");
    EXPECT_NE(mail.find("nothing is listed"), std::string::npos);
    EXPECT_NE(mail.find("last success: 2026-11-18T01:30:00Z"), std::string::npos);
}

TEST(Mail, no_value_begins_a_header_of_its_own) {
    model::Run run = failed_run();
    run.job = "x\nBcc: evil@example.org\r\nX: \xc3\xa4";
    run.run_id = "id\n\nbody";
    const std::string mail = mail_text(end_message(run, third_failure(), "host\r\nBcc: evil@example.org"), "a@b\nCc: c@d");
    const std::string header = header_of(mail);
    EXPECT_EQ(std::count(header.begin(), header.end(), '\n'), 8);
    EXPECT_EQ(header.find("\nBcc"), std::string::npos);
    EXPECT_EQ(header.find("\nCc"), std::string::npos);
    EXPECT_EQ(header.find('\r'), std::string::npos);
    EXPECT_TRUE(std::all_of(header.begin(), header.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

TEST(Mail, lines_are_as_long_as_mail_may_have) {
    model::Run run = failed_run();
    run.errors[0].message = std::string(4000, 'x');
    const std::string mail = mail_text(end_message(run, third_failure(), std::string(500, 'h')), "a@b");
    std::size_t begin = 0;
    for (std::size_t end = mail.find('\n'); end != std::string::npos; end = mail.find('\n', begin)) {
        EXPECT_LE(end - begin, 998U);  // RFC 5322 §2.1.1
        begin = end + 1;
    }
}

}  // namespace
}  // namespace autobackup::notify::message_test
