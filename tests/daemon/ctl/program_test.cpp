// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "tests/daemon/ctl/program_fixture.hpp"
#include "tests/support/child.hpp"

namespace autobackup::test::program_test {
namespace {

TEST_F(Program, ShowsWhatTheDaemonSays) {
    const auto server = start();
    EXPECT_NE(call("status").output.find("daemon    autobackupd"), std::string::npos);
    const CommandResult list = call("list");
    EXPECT_EQ(list.exit_code, 0);
    EXPECT_NE(list.output.find("traffic-signs  cvat  waiting  never         in 3 h ("), std::string::npos) << list.output;
    EXPECT_EQ(list.output.find('\x1b'), std::string::npos);
    EXPECT_NE(call("history").output.find(run_id), std::string::npos);
    EXPECT_NE(call("show 01KAJ7").output.find("outcome   failed"), std::string::npos);
    const CommandResult json = call("show 01KAJ7 --json");
    EXPECT_EQ(boost::json::parse(json.output).at("duration_s"), 12.345);
    EXPECT_NE(json.output.find("12.345"), std::string::npos);  // not 1.2345E1
    EXPECT_EQ(call("show nothing").exit_code, 2);
}

TEST_F(Program, ColoursOnATerminalOnlyAndNotWithNoColor) {
    const auto server = start();
    const std::string ctl = std::string(AUTOBACKUPCTL " history --socket ") + (directory.path() / "control.sock").string();
    if (run_command("command -v script").exit_code != 0) GTEST_SKIP() << "script(1) of bsdutils is not installed: no terminal to show it on";
    EXPECT_NE(run_command("TERM=xterm script -qec '" + ctl + "' /dev/null").output.find("\x1b[31mfailed"), std::string::npos);
    EXPECT_EQ(run_command("TERM=xterm NO_COLOR=1 script -qec '" + ctl + "' /dev/null").output.find("\x1b["), std::string::npos);
    EXPECT_EQ(run_command("TERM=dumb script -qec '" + ctl + "' /dev/null").output.find("\x1b["), std::string::npos);
}

TEST_F(Program, RunsAndWaits) {
    const auto server = start();
    const CommandResult started = call("run traffic-signs --force");
    EXPECT_EQ(started.exit_code, 0);
    EXPECT_EQ(started.output, std::string("traffic-signs: started, run ") + run_id + "; autobackupctl watch traffic-signs\n");
    EXPECT_EQ(daemon.asked(), "run {\"job\":\"traffic-signs\",\"force\":true}\n");
    const CommandResult waited = call("run traffic-signs --wait");
    EXPECT_EQ(waited.exit_code, 3);
    for (const char* words :
         {"has started\n", "traffic-signs  project 12  download\n", "project 12 \"A\\u001b[2J\"  failed\n", "outcome   partial\n"}) {
        EXPECT_NE(waited.output.find(words), std::string::npos) << words << waited.output;
    }
    const CommandResult json = call("run traffic-signs --wait --json");
    EXPECT_EQ(json.exit_code, 3);
    EXPECT_EQ(boost::json::parse(json.output).at("run_id"), run_id);  // one object and nothing else
}

TEST_F(Program, RefusalsEndWithTheDaemonsExitCode) {
    const auto server = start();
    const CommandResult missing = call("run broken");
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_EQ(missing.output, "autobackupctl: there is no job \"broken\"\n");
    EXPECT_EQ(call("pause traffic-signs --until 3h").exit_code, 4);
    const std::string asked = daemon.asked();
    EXPECT_NE(asked.find("\"until\":\"20"), std::string::npos) << asked;
    const CommandResult reload = call("reload");
    EXPECT_EQ(reload.exit_code, 2);
    EXPECT_NE(reload.output.find("  /etc/a.yaml:3:5: jobs.x: unknown key (did you mean 'jobs.y'?)\n"), std::string::npos) << reload.output;
    EXPECT_NE(call("resume traffic-signs").output.find("traffic-signs: waiting, next in 3 h ("), std::string::npos);
}

TEST_F(Program, ABadTimeIsRefusedBeforeAnybodyIsAsked) {
    const auto server = start();
    EXPECT_EQ(call("pause traffic-signs --until yesterday").exit_code, 2);
    EXPECT_EQ(daemon.asked(), "");
}

TEST_F(Program, SaysWhatToDoWhenNoDaemonRuns) {
    for (const char* verb : {"status", "list", "reload", "run a", "watch a", "cancel a", "pause a", "resume a", "skip-next a"}) {
        const CommandResult done = call(verb);
        EXPECT_EQ(done.exit_code, 1) << verb;
        EXPECT_EQ(done.output,
                  "autobackupctl: no daemon is running at " + (directory.path() / "control.sock").string() + ": systemctl status autobackupd\n");
    }
}

TEST_F(Program, HistoryShowAndNextWorkWithoutADaemon) {
    configure();
    CommandResult none = call("history");
    EXPECT_EQ(none.exit_code, 2);
    EXPECT_NE(none.output.find("no run was recorded here yet"), std::string::npos) << none.output;
    record();
    EXPECT_NE(call("history").output.find(std::string(run_id) + "  traffic-signs  failed"), std::string::npos);
    EXPECT_EQ(call("show 01kaj7").exit_code, 0);
    EXPECT_EQ(boost::json::parse(call("show 01KAJ7 --json").output), report("failed"));
    EXPECT_EQ(call("show 02").exit_code, 2);
    const CommandResult next = call("next traffic-signs --count 2");
    EXPECT_EQ(next.exit_code, 0);
    EXPECT_NE(next.output.find(" 02:30:00+09:00  in "), std::string::npos) << next.output;
    EXPECT_NE(next.output.find("no daemon is running"), std::string::npos);
    EXPECT_NE(call("next").output.find("by-hand        manual"), std::string::npos) << call("next").output;
    const CommandResult unknown = call("next trafic-signs");
    EXPECT_EQ(unknown.exit_code, 2);
    EXPECT_NE(unknown.output.find("did you mean \"traffic-signs\""), std::string::npos) << unknown.output;
}

TEST_F(Program, ABadConfigurationIsToldInFull) {
    std::ofstream(directory.path() / "autobackupd.yaml") << "jobz: {}\nlimits: 7\n";
    const CommandResult done = call("history");
    EXPECT_EQ(done.exit_code, 2);
    EXPECT_NE(done.output.find("autobackupd.yaml:1:1"), std::string::npos) << done.output;
    EXPECT_NE(done.output.find("autobackupd.yaml:2:9"), std::string::npos) << done.output;
}

TEST_F(Program, LogsBecomesJournalctlWithoutAShell) {
    std::ofstream(directory.path() / "journalctl") << "#!/bin/sh\nfor word; do echo \"<$word>\"; done\n";
    std::filesystem::permissions(directory.path() / "journalctl", std::filesystem::perms::owner_all);
    const std::string path = "PATH='" + directory.path().string() + "':$PATH";
    {
        const auto server = start();
        EXPECT_EQ(call("logs traffic-signs -f", path).output, "<--follow>\n<--no-pager>\n<AUTOBACKUP_JOB=traffic-signs>\n");
        EXPECT_EQ(call("logs 01KAJ7 --json", path).output, std::string("<--output=json>\n<--no-pager>\n<AUTOBACKUP_RUN_ID=") + run_id + ">\n");
        const CommandResult evil = call("logs 'x; touch /tmp/evil $(id)'", path);
        EXPECT_EQ(evil.exit_code, 2);
        EXPECT_NE(evil.output.find("neither a job nor"), std::string::npos) << evil.output;
    }
    configure();
    record();
    EXPECT_EQ(call("logs by-hand", path).output, "<--no-pager>\n<AUTOBACKUP_JOB=by-hand>\n");
    EXPECT_EQ(call("logs 01kaj", path).output, std::string("<--no-pager>\n<AUTOBACKUP_RUN_ID=") + run_id + ">\n");
    const CommandResult absent = call(std::string("logs ") + run_id, "PATH=/nonexistent");
    EXPECT_EQ(absent.exit_code, 1);
    EXPECT_NE(absent.output.find("journalctl cannot be started"), std::string::npos) << absent.output;
    if (run_command("command -v journalctl").exit_code != 0) return;
    EXPECT_EQ(call("logs traffic-signs").output.find("autobackupctl:"), std::string::npos) << call("logs traffic-signs").output;
}

TEST_F(Program, AnInterruptEndsItWithFive) {
    control::Handler handler = [](control::Request, control::Feed& feed) -> Awaitable<control::Answer> {
        (void)feed.keep_open();
        boost::asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        co_await timer.async_wait(asio::use_awaitable);
        co_return control::good(nullptr);
    };
    const RunningServer server(settings_in(directory), std::move(handler));
    const CommandResult done = run_command("timeout -s INT 0.5 " AUTOBACKUPCTL " watch a --socket '" + server.path().string() + "'; echo $?");
    // timeout(1) tells 124 unless the program's own code is asked for.
    EXPECT_EQ(done.output, "124\n");
    EXPECT_EQ(run_command("timeout --preserve-status -s INT 0.5 " AUTOBACKUPCTL " watch a --socket '" + server.path().string() + "'; echo $?").output,
              "5\n");
}

TEST_F(Program, ADaemonThatDiesIsNotWaitedFor) {
    Child dying([&] {
        control::Handler handler = [](control::Request, control::Feed&) -> Awaitable<control::Answer> {
            ::_exit(1);
            co_return control::good(nullptr);
        };
        const RunningServer server(settings_in(directory), std::move(handler));
        Child::tell_parent();
        Child::wait_for_ever();
        return 0;
    });
    ASSERT_TRUE(dying.await_word());
    const CommandResult done = call("status");
    EXPECT_EQ(done.exit_code, 1);
    EXPECT_NE(done.output.find("went away before it answered"), std::string::npos) << done.output;
    EXPECT_NE(done.output.find("journalctl -u autobackupd"), std::string::npos);
}

TEST_F(Program, HelpHasExamplesAndMistakesAreTwo) {
    for (const char* verb :
         {"", "status", "list", "next", "history", "show", "logs", "watch", "run", "cancel", "pause", "resume", "skip-next", "reload", "snapshots",
          "restore", "verify", "drill", "prune", "hold", "release"}) {
        const CommandResult help = run_command(std::string(AUTOBACKUPCTL " ") + verb + " --help 2>/dev/null");
        EXPECT_EQ(help.exit_code, 0) << verb;
        for (const char* words : {"Examples:", "--config", "--log-level"}) EXPECT_NE(help.output.find(words), std::string::npos) << verb << words;
    }
    for (const char* mistake : {"", "nonsense", "run", "list --nonsense", "history --limit 0", "list --log-level loud", "restore a",
                                "restore a --to-zip x --to-directory y", "restore a --to-bundle -", "snapshots --from http://u:p@h/x.git", "verify a --from b/c --repair", "verify a --level all", "prune", "hold"}) {
        EXPECT_EQ(run_command(std::string(AUTOBACKUPCTL " ") + mistake).exit_code, 2) << mistake;
    }
    EXPECT_NE(run_command(AUTOBACKUPCTL " --version").output.find("autobackupctl 0.1.0 ("), std::string::npos);
}

}  // namespace
}  // namespace autobackup::test::program_test
