// SPDX-License-Identifier: MIT
// Mail and commands, with real programs.
#include <signal.h>

#include <boost/json.hpp>

#include "tests/daemon/notify/notices_fixture.hpp"
#include "tests/support/process_gone.hpp"

namespace autobackup::notify::program_notices_test {
namespace {

using std::chrono::milliseconds;

class ProgramNotices : public NoticesTest {
protected:
    void command(std::vector<std::string> argv) { add(config::CommandNotice{std::move(argv)}); }
    void mail() { add(config::EmailNotice{"admin@example.org"}); }
    // The process that wrote its id there has gone.
    [[nodiscard]] bool gone(const std::string& pid_file) const {
        const pid_t pid = test::pid_in(path(pid_file));
        EXPECT_GT(pid, 1);
        return test::gone_soon(pid);
    }
};

TEST_F(ProgramNotices, a_mail_goes_through_sendmail) {
    sendmail_ = script("sendmail", "echo \"$*\" > " + path("args") + "\ncat > " + path("mail") + "\n");
    mail();
    tell([](Notices& notices) {
        notices.run_started("traffic-signs", "01JD0000000000000000000000");
        notices.run_ended(failed(), first_failure());
    });
    EXPECT_EQ(file("args"), "-oi -t\n");
    const std::string text = file("mail");
    EXPECT_TRUE(text.starts_with("To: admin@example.org\nSubject: traffic-signs has failed (backup-host)\n")) << text;
    EXPECT_NE(text.find("\n\ntraffic-signs has failed (backup-host)\n"), std::string::npos) << text;
    EXPECT_NE(text.find("nothing is listed"), std::string::npos) << text;
    EXPECT_TRUE(journal_.entries().empty()) << journal_.text();
    EXPECT_EQ(counts_.sent, 1U);
}

TEST_F(ProgramNotices, a_mail_that_is_refused_is_tried_again) {
    sendmail_ = script("sendmail", "echo x >> " + path("tries") + "\ncat > /dev/null\necho 'queue is full' >&2\nexit 75\n");
    mail();
    tell_failure();
    EXPECT_EQ(file("tries"), "x\nx\nx\n");
    ASSERT_EQ(journal_.entries().size(), 1U);
    const std::string message = journal_.entries()[0].message;
    EXPECT_NE(message.find("mail to admin@example.org"), std::string::npos) << message;
    EXPECT_NE(message.find("exit code 75"), std::string::npos) << message;
    EXPECT_NE(message.find("queue is full"), std::string::npos) << message;
}

TEST_F(ProgramNotices, a_missing_program_is_told_at_once) {
    patience_.delay = milliseconds(60'000);
    patience_.max_delay = milliseconds(60'000);
    mail();
    command({"no-such-program-anywhere"});
    tell_failure();
    EXPECT_EQ(counts_.failed, 2U);
    EXPECT_NE(journal_.text().find("/nonexistent/sendmail: No such file or directory"), std::string::npos) << journal_.text();
    EXPECT_NE(journal_.text().find("no such program in the PATH"), std::string::npos) << journal_.text();
    EXPECT_LT(took_, milliseconds(10'000)) << "it is not tried again";
}

TEST_F(ProgramNotices, a_command_finds_the_facts) {
    const std::string program = script("page", "env > " + path("env") + "\ncat > " + path("json") + "\necho \"$#:$1\" > " +
                                                   path("args") + "\npwd > " + path("pwd") + "\n");
    command({program, "$HOME; x y"});
    tell_failure();
    EXPECT_EQ(file("args"), "1:$HOME; x y\n");
    EXPECT_EQ(file("pwd"), "/\n");
    const std::string env = "\n" + file("env");
    for (const char* line : {"AUTOBACKUP_JOB=traffic-signs", "AUTOBACKUP_RUN_ID=01JD0000000000000000000000",
                             "AUTOBACKUP_OUTCOME=failed", "AUTOBACKUP_TRANSITION=failed", "AUTOBACKUP_FAILURES=1",
                             "AUTOBACKUP_HOST=backup-host", "AUTOBACKUP_LAST_SUCCESS_AT=", "HOME=/root"}) {
        EXPECT_NE(env.find("\n" + std::string(line) + "\n"), std::string::npos) << line << env;
    }
    EXPECT_NE(env.find("\nAUTOBACKUP_ERROR=list projects of lab: nothing is listed"), std::string::npos) << env;
    EXPECT_EQ(env.find("s3cr3t"), std::string::npos) << "nothing else of our environment";
    const auto json = boost::json::parse(file("json")).as_object();
    EXPECT_EQ(json.at("job").as_string(), "traffic-signs");
    EXPECT_EQ(json.at("transition").as_string(), "failed");
}

TEST_F(ProgramNotices, a_command_runs_in_a_process_group_of_its_own) {
    command({script("page", "ps -o pgid= -p $$ | tr -d ' ' > " + path("group") + "\necho $$ > " + path("pid") + "\n")});
    tell_failure();
    EXPECT_EQ(file("group"), file("pid"));
    EXPECT_NE(std::atoi(file("group").c_str()), ::getpgrp());
}

TEST_F(ProgramNotices, a_command_that_hangs_is_killed_with_its_children) {
    patience_.program = milliseconds(1'000);
    command({script("page", "trap '' TERM\nsh -c 'trap \"\" TERM; sleep 600' & echo $! > " + path("child") + "\necho $$ > " +
                                path("pid") + "\necho half way >&2\nsleep 600\n")});
    tell_failure();
    EXPECT_LT(told_in_, milliseconds(1'000)) << "nobody waited for it";
    EXPECT_LT(took_, milliseconds(10'000)) << "the shutdown would have ended it";
    EXPECT_TRUE(gone("pid"));
    EXPECT_TRUE(gone("child"));
    ASSERT_EQ(journal_.entries().size(), 1U) << "a command that hangs is not run again";
    EXPECT_NE(journal_.text().find("did not end within 1.0 s and was killed"), std::string::npos) << journal_.text();
    EXPECT_NE(journal_.text().find("half way"), std::string::npos) << journal_.text();
    EXPECT_NE(journal_.text().find("AUTOBACKUP_ERROR_CODE=timeout"), std::string::npos) << journal_.text();
}

TEST_F(ProgramNotices, a_command_that_floods_its_output_comes_through) {
    command({script("page", "head -c 50000000 /dev/zero\nhead -c 5000000 /dev/zero | tr '\\0' x >&2\ncat > /dev/null\n")});
    tell_failure();
    EXPECT_EQ(counts_.sent, 1U) << journal_.text();
}

TEST_F(ProgramNotices, an_endless_flood_is_ended) {
    patience_.program = milliseconds(500);
    command({"sh", "-c", "yes; true"});
    tell_failure();
    EXPECT_EQ(counts_.failed, 1U);
    EXPECT_LT(took_, milliseconds(10'000)) << "the shutdown would have ended it";
    EXPECT_LT(journal_.text().size(), 10'000U);
}

TEST_F(ProgramNotices, a_command_that_does_not_read_is_none_the_worse) {
    command({"true"});
    command({"sh", "-c", "exec 0<&-; sleep 0.05"});
    tell([](Notices& notices) {
        model::Run run = failed();
        for (int i = 0; i < 20; ++i)
            run.errors.push_back(fail(Errc::server_error, "GET", "x", std::string(30'000, 'x')));  // more than a pipe holds
        notices.run_ended(run, first_failure());
    });
    EXPECT_EQ(counts_.sent, 2U) << journal_.text();
}

TEST_F(ProgramNotices, what_a_command_leaves_running_holds_nobody_up) {
    command({script("page", "sleep 60 &\necho $! > " + path("child") + "\n")});
    tell([](Notices& notices) {
        model::Run run = failed();
        for (int i = 0; i < 20; ++i)
            run.errors.push_back(fail(Errc::server_error, "GET", "x", std::string(30'000, 'x')));
        notices.run_ended(run, first_failure());
    });
    EXPECT_EQ(counts_.sent, 1U) << journal_.text();
    EXPECT_LT(took_, milliseconds(10'000));
    ::kill(std::atoi(file("child").c_str()), SIGKILL);
}

TEST_F(ProgramNotices, the_shutdown_kills_what_still_runs) {
    patience_.program = milliseconds(60'000);
    command({script("page", "echo $$ > " + path("pid") + "\nsleep 600\n")});
    tell([](Notices& notices) { notices.run_ended(failed(), first_failure()); }, milliseconds(300));
    EXPECT_LT(took_, milliseconds(15'000));
    EXPECT_TRUE(gone("pid"));
    EXPECT_EQ(counts_.failed, 1U);
}

TEST_F(ProgramNotices, a_loop_that_ends_without_a_drain_leaves_nothing_behind) {
    patience_.program = milliseconds(60'000);
    const Receiver silent({[](test::Peer& peer) { peer.stay_silent(); }});
    webhook(silent.url("/hook"));
    command({script("page", "echo $$ > " + path("pid") + "\nsleep 600\n")});
    {
        asio::io_context context(1);
        async::Workers workers(1);
        auto client = http::make_client(http::ClientSettings());
        ASSERT_TRUE(client);
        Services services{context.get_executor(), workers, journal_, std::move(*client), places_, "vm", sendmail_, patience_};
        Notices notices(std::move(services));
        notices.configure(configuration());
        notices.run_ended(failed(), first_failure());
        notices.run_ended(failed(), first_failure());
        for (int i = 0; i < 100 && file("pid").empty(); ++i) context.run_for(milliseconds(20));
    }
    EXPECT_TRUE(gone("pid"));
}

TEST_F(ProgramNotices, success_after_success_starts_no_program) {
    command({script("page", "touch " + path("ran") + "\n")});
    tell([](Notices& notices) {
        notices.run_started("traffic-signs", "01JD0000000000000000000000");
        notices.run_ended(ended(model::RunOutcome::success), History());
        notices.run_ended(ended(model::RunOutcome::cancelled), recovery());
    });
    EXPECT_FALSE(std::filesystem::exists(path("ran")));
}

}  // namespace
}  // namespace autobackup::notify::program_notices_test
