// SPDX-License-Identifier: MIT
// Pings and webhooks towards a real server on loopback.
#include "tests/daemon/notify/http_notices_fixture.hpp"

namespace autobackup::notify::http_notices_test {
namespace {

TEST_F(HttpNotices, a_ping_tells_start_and_end_of_every_run) {
    const Lines good{"POST /ping/x/start?" + rid + " HTTP/1.1", "POST /ping/x?" + rid + " HTTP/1.1"};
    const Lines bad{good[0], "POST /ping/x/fail?" + rid + " HTTP/1.1"};
    const Lines neither{good[0], "POST /ping/x/log?" + rid + " HTTP/1.1"};
    EXPECT_EQ(pings_of(model::RunOutcome::success), good);
    EXPECT_EQ(pings_of(model::RunOutcome::unchanged), good);
    EXPECT_EQ(pings_of(model::RunOutcome::partial), bad);
    EXPECT_EQ(pings_of(model::RunOutcome::failed), bad);
    EXPECT_EQ(pings_of(model::RunOutcome::cancelled), neither);
    EXPECT_EQ(pings_of(model::RunOutcome::refused), neither);
    EXPECT_TRUE(journal_.entries().empty()) << journal_.text();
}

TEST_F(HttpNotices, a_ping_says_in_short_what_happened) {
    const Receiver receiver;
    ping(receiver.url("/ping/x"));
    tell_failure();
    ASSERT_EQ(receiver.requests().size(), 1U);
    const std::string body = receiver.requests()[0].body;
    EXPECT_NE(body.find("failed: 1 saved in 12.3 s"), std::string::npos) << body;
    EXPECT_NE(body.find("nothing is listed"), std::string::npos) << body;
    EXPECT_NE(body.find(id), std::string::npos) << body;
}

TEST_F(HttpNotices, a_webhook_tells_transitions_only) {
    const Receiver receiver;
    webhook(receiver.url("/hook"));
    tell([](Notices& notices) {
        notices.run_started("traffic-signs", id);
        notices.run_ended(ended(model::RunOutcome::success), History());
        notices.run_ended(failed(), first_failure());
        notices.run_ended(ended(model::RunOutcome::unchanged), recovery());
    });
    const auto requests = receiver.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].line(), "POST /hook HTTP/1.1");
    EXPECT_EQ(test::Peer::field(requests[0].head, "content-type"), "application/json");
    EXPECT_EQ(test::Peer::field(requests[0].head, "authorization"), "");
    const auto first = boost::json::parse(requests[0].body).as_object();
    EXPECT_EQ(first.at("transition").as_string(), "failed");
    EXPECT_EQ(first.at("host").as_string(), "backup-host");
    EXPECT_EQ(boost::json::parse(requests[1].body).at("transition").as_string(), "recovered");
    EXPECT_EQ(counts_.sent, 2U);
}

TEST_F(HttpNotices, on_chooses_the_transitions) {
    const Receiver receiver;
    webhook(receiver.url("/recovered")).on = {false, false, true};
    webhook(receiver.url("/failed")).on = {true, false, false};
    webhook(receiver.url("/still")).on = {false, true, false};
    tell([](Notices& notices) {
        notices.run_ended(failed(), first_failure());
        History second = first_failure();
        second.failures_before = 1;
        second.failures_now = 2;
        model::Run later = failed();
        later.finished_at += std::chrono::hours(24);
        notices.run_ended(later, second);
        notices.run_ended(ended(model::RunOutcome::success), recovery());
    });
    Lines told = lines(receiver);
    std::sort(told.begin(), told.end());
    EXPECT_EQ(told, (Lines{"POST /failed HTTP/1.1", "POST /recovered HTTP/1.1", "POST /still HTTP/1.1"}));
}

TEST_F(HttpNotices, the_end_of_the_run_before_is_remembered) {
    const Receiver receiver;
    webhook(receiver.url("/hook"));
    tell([](Notices& notices) {
        History history = first_failure();
        history.previous_ended_at = test::sample_run().finished_at + std::chrono::hours(24);  // of a cancelled run, say
        notices.run_ended(failed(), history);
        for (int i = 1; i <= 30; ++i) {  // an hour apart
            model::Run run = failed();
            run.finished_at += std::chrono::hours(i);
            history.failures_before = i;
            history.failures_now = i + 1;
            notices.run_ended(run, history);
        }
    });
    EXPECT_EQ(receiver.requests().size(), 2U);  // the first, and the one of the next day
}

TEST_F(HttpNotices, authorization_is_a_bearer_and_stays_secret) {
    const Receiver receiver({Receiver::answer("403 Forbidden", "who is hook-s3cr3t?")});
    std::ofstream(directory_.path() / "hook-token") << "hook-s3cr3t\n";
    ASSERT_EQ(::chmod((directory_.path() / "hook-token").c_str(), 0600), 0);
    config::SecretRef reference;
    reference.text = "hook-token";
    reference.key_path = "notify[0].auth";
    add(config::WebhookNotice{receiver.url("/hook"), reference});
    tell_failure();
    ASSERT_EQ(receiver.requests().size(), 1U) << "a refusal is final";
    EXPECT_EQ(test::Peer::field(receiver.requests()[0].head, "authorization"), "Bearer hook-s3cr3t");
    ASSERT_EQ(journal_.entries().size(), 1U);
    EXPECT_EQ(counts_.failed, 1U);
}

TEST_F(HttpNotices, a_missing_secret_is_a_warning_and_nothing_is_sent) {
    const Receiver receiver;
    config::SecretRef reference;
    reference.text = "no-such-secret";
    reference.key_path = "notify[0].auth";
    add(config::WebhookNotice{receiver.url("/hook"), reference});
    tell_failure();
    EXPECT_TRUE(receiver.requests().empty());
    EXPECT_NE(journal_.text().find("there is no secret 'no-such-secret'"), std::string::npos) << journal_.text();
    EXPECT_NE(journal_.text().find("AUTOBACKUP_ERROR_CODE=secret_missing"), std::string::npos);
}

TEST_F(HttpNotices, what_may_pass_is_tried_again) {
    const Receiver receiver({Receiver::answer("500 Oops", "down"), [](test::Peer& peer) { peer.reset(); },
                             Receiver::answer("200 OK", "OK")});
    webhook(receiver.url("/hook"));
    tell_failure();
    EXPECT_EQ(receiver.requests().size(), 3U);
    EXPECT_EQ(receiver.requests()[0].body, receiver.requests()[2].body);
    EXPECT_EQ(counts_.sent, 1U);
    EXPECT_TRUE(journal_.entries().empty()) << journal_.text();
}

TEST_F(HttpNotices, after_the_last_try_a_warning_names_job_receiver_and_reason) {
    const Receiver receiver({Receiver::answer("503 Busy", "no time")});
    webhook(receiver.url("/hook"));
    tell_failure();
    EXPECT_EQ(receiver.requests().size(), 3U);
    ASSERT_EQ(journal_.entries().size(), 1U);
    const journal::Entry entry = journal_.entries()[0];
    EXPECT_EQ(entry.priority, journal::Priority::warning);
    EXPECT_EQ(entry.message_id, message_id::notice_failed);
    EXPECT_NE(entry.message.find("traffic-signs  not told by notify[0] webhook at http://127.0.0.1:"), std::string::npos)
        << entry.message;
    EXPECT_NE(entry.message.find("the server answered 503 Busy"), std::string::npos) << entry.message;
    EXPECT_NE(entry.message.find("(3 tries)"), std::string::npos) << entry.message;
    EXPECT_NE(journal_.text().find("AUTOBACKUP_JOB=traffic-signs\nAUTOBACKUP_RUN_ID=" + id + "\n"), std::string::npos);
    EXPECT_EQ(counts_.failed, 1U);
}

TEST_F(HttpNotices, a_refusal_is_final) {
    for (const char* status : {"400 Bad Request", "401 Unauthorized", "404 Not Found", "302 Found", "301 Moved"}) {
        const Receiver receiver({Receiver::answer(status, "", "Location: /elsewhere\r\n")});
        list_.clear();
        webhook(receiver.url("/hook"));
        tell_failure();
        EXPECT_EQ(receiver.requests().size(), 1U) << status;
        EXPECT_EQ(counts_.failed, 1U) << status;
    }
}

TEST_F(HttpNotices, a_redirect_does_not_lead_the_message_elsewhere) {
    const Receiver other;
    const Receiver receiver({Receiver::answer("307 Temporary", "", "Location: " + other.url("/x") + "\r\n")});
    webhook(receiver.url("/hook"));
    tell_failure();
    EXPECT_TRUE(other.requests().empty());
    EXPECT_EQ(counts_.failed, 1U);
}

TEST_F(HttpNotices, the_url_is_in_no_text) {
    const Receiver receiver({Receiver::answer("404 Not Found", "Cannot POST /hooks/T0S3CR3T/B%30KEY42?token=qu3ryKEY at all")});
    webhook(receiver.url("/hooks/T0S3CR3T/B%30KEY42?token=qu3ryKEY"));
    ping(receiver.url("/hooks/T0S3CR3T/B%30KEY42?token=qu3ryKEY"));
    tell_failure();
    ASSERT_EQ(journal_.entries().size(), 2U);
    for (const char* key : {"T0S3CR3T", "B%30KEY42", "B0KEY42", "qu3ryKEY"}) {
        EXPECT_EQ(journal_.text().find(key), std::string::npos) << journal_.text();
    }
    EXPECT_NE(journal_.text().find("Cannot POST"), std::string::npos) << journal_.text();
}

TEST_F(HttpNotices, a_job_that_is_not_configured_is_told_to_nobody) {
    const Receiver receiver;
    ping(receiver.url("/ping/x"));
    tell([&](Notices& notices) {
        notices.run_started("other", id);
        model::Run run = failed();
        run.job = "other";
        notices.run_ended(run, first_failure());
        notices.configure(config::Config());
        notices.run_started("traffic-signs", id);
    });
    EXPECT_TRUE(receiver.requests().empty());
}

}  // namespace
}  // namespace autobackup::notify::http_notices_test
