// SPDX-License-Identifier: MIT
// Servers that keep a message waiting, the order of messages, and the end of the process.
#include "tests/daemon/notify/http_notices_fixture.hpp"

namespace autobackup::notify::http_waiting_test {
namespace {

TEST_F(HttpNotices, a_silent_server_delays_nobody_and_is_given_up) {
    patience_.http = milliseconds(400);
    const Receiver receiver({[](test::Peer& peer) { peer.stay_silent(); }});
    const Receiver healthy;
    webhook(receiver.url("/hook"));
    ping(healthy.url("/ping/x"));
    tell_failure();
    EXPECT_LT(told_in_, milliseconds(400)) << "nobody waited for an answer";
    EXPECT_EQ(pending_, 2U);
    EXPECT_EQ(receiver.requests().size(), 3U);
    EXPECT_EQ(healthy.requests().size(), 1U);
    EXPECT_GE(took_, milliseconds(1'100));
    EXPECT_LT(took_, milliseconds(10'000)) << "the shutdown would have ended it";
    EXPECT_NE(journal_.text().find("within 400 ms"), std::string::npos) << journal_.text();
}

TEST_F(HttpNotices, an_endless_answer_is_given_up) {
    const Receiver receiver({[](test::Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        const std::string piece(1U << 20, 'x');
        while (peer.send(piece)) {
        }
    }});
    patience_.http = milliseconds(400);
    webhook(receiver.url("/hook"));
    tell_failure();
    EXPECT_EQ(counts_.failed, 1U);
    EXPECT_LT(took_, milliseconds(10'000)) << "the shutdown would have ended it";
}

TEST_F(HttpNotices, messages_of_a_job_keep_their_order) {
    const Receiver receiver({Receiver::answer("500 Oops", ""), Receiver::answer("200 OK", "")});
    webhook(receiver.url("/hook"));
    tell([](Notices& notices) {
        for (int i = 0; i < 10; ++i) {
            model::Run run = failed();
            run.attempt = i;
            notices.run_ended(run, first_failure());
        }
    });
    const auto requests = receiver.requests();
    ASSERT_EQ(requests.size(), 11U);
    for (int i = 0; i < 10; ++i) {
        const auto json = boost::json::parse(requests[static_cast<std::size_t>(i) + 1].body);
        EXPECT_EQ(json.at("attempt").as_int64(), i);
    }
}

TEST_F(HttpNotices, a_ping_that_was_overtaken_is_left_out) {
    patience_.delay = milliseconds(60'000);
    patience_.max_delay = milliseconds(60'000);
    const Receiver receiver({Receiver::answer("500 Oops", ""), Receiver::answer("200 OK", "")});
    ping(receiver.url("/ping/x"));
    tell([&](Notices& notices) {
        notices.run_started("traffic-signs", id);
        notices.run_ended(ended(model::RunOutcome::success), History());
    });
    EXPECT_EQ(lines(receiver), (Lines{"POST /ping/x/start?" + rid + " HTTP/1.1", "POST /ping/x?" + rid + " HTTP/1.1"}));
    EXPECT_LT(took_, milliseconds(10'000)) << "it did not wait for the other try";
    EXPECT_TRUE(journal_.entries().empty());
}

TEST_F(HttpNotices, a_failure_is_not_left_out_for_a_start) {
    const Receiver receiver({Receiver::answer("500 Oops", ""), Receiver::answer("200 OK", "")});
    ping(receiver.url("/ping/x"));
    tell([&](Notices& notices) {
        notices.run_ended(failed(), first_failure());
        notices.run_started("traffic-signs", id);
    });
    EXPECT_EQ(lines(receiver), (Lines{"POST /ping/x/fail?" + rid + " HTTP/1.1", "POST /ping/x/fail?" + rid + " HTTP/1.1",
                                      "POST /ping/x/start?" + rid + " HTTP/1.1"}));
}

TEST_F(HttpNotices, what_waits_is_bounded) {
    patience_.waiting = 4;
    const Receiver receiver;
    webhook(receiver.url("/hook"));
    tell([](Notices& notices) {
        for (int i = 0; i < 20; ++i) notices.run_ended(failed(), first_failure());
        EXPECT_LE(notices.pending(), 5U);
    });
    EXPECT_EQ(receiver.requests().size(), 5U);  // the first was on its way already
    EXPECT_EQ(journal_.entries().size(), 15U);
    EXPECT_NE(journal_.text().find("too many messages wait"), std::string::npos);
}

TEST_F(HttpNotices, the_shutdown_waits_only_for_its_grace) {
    patience_.http = milliseconds(60'000);
    const Receiver receiver({[](test::Peer& peer) { peer.stay_silent(); }});
    webhook(receiver.url("/hook"));
    tell(
        [](Notices& notices) {
            notices.run_ended(failed(), first_failure());
            notices.run_ended(ended(model::RunOutcome::success), recovery());
        },
        milliseconds(200));
    EXPECT_GE(took_, milliseconds(200));
    EXPECT_LT(took_, milliseconds(15'000));
    EXPECT_EQ(counts_.failed, 2U);
    ASSERT_EQ(journal_.entries().size(), 2U);
    EXPECT_NE(journal_.entries()[0].message.find("the daemon stopped before it was sent"), std::string::npos);
}

TEST_F(HttpNotices, the_shutdown_ends_the_command_of_a_secret) {
    const Receiver receiver;
    config::SecretRef reference;
    reference.form = config::SecretRef::Form::command;
    reference.argv = {"/bin/sleep", "20"};
    reference.key_path = "notify[0].auth";
    add(config::WebhookNotice{receiver.url("/hook"), reference});
    tell([](Notices& notices) { notices.run_ended(failed(), first_failure()); }, milliseconds(200));
    EXPECT_LT(took_, milliseconds(15'000));
    EXPECT_TRUE(receiver.requests().empty());
    EXPECT_EQ(counts_.failed, 1U);
    EXPECT_NE(journal_.text().find("AUTOBACKUP_ERROR_CODE=cancelled"), std::string::npos) << journal_.text();
}

TEST_F(HttpNotices, the_shutdown_tells_why_the_last_try_failed) {
    patience_.delay = milliseconds(60'000);
    patience_.max_delay = milliseconds(60'000);
    const Receiver receiver({Receiver::answer("502 Bad Gateway", "")});
    webhook(receiver.url("/hook"));
    tell([](Notices& notices) { notices.run_ended(failed(), first_failure()); }, milliseconds(200));
    EXPECT_NE(journal_.text().find("before it could be tried again: "), std::string::npos) << journal_.text();
    EXPECT_NE(journal_.text().find("502"), std::string::npos) << journal_.text();
}

TEST_F(HttpNotices, retry_after_is_honoured_within_bounds) {
    patience_.max_delay = milliseconds(300);
    const Receiver receiver({Receiver::answer("429 Slow down", "", "Retry-After: 3600\r\n"), Receiver::answer("200 OK", "")});
    webhook(receiver.url("/hook"));
    tell_failure();
    EXPECT_EQ(counts_.sent, 1U);
    EXPECT_GE(took_, milliseconds(300));
    EXPECT_LT(took_, milliseconds(10'000));
}

}  // namespace
}  // namespace autobackup::notify::http_waiting_test
