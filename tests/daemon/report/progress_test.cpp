// SPDX-License-Identifier: MIT
#include "daemon/report/progress.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/capture.hpp"

namespace autobackup::report::progress_test {
namespace {

using std::chrono::milliseconds;

TEST(ProgressLine, TellsWhatIsKnown) {
    ProgressState state;
    state.job = "traffic-signs";
    state.label = "project 12";
    state.phase = "downloading";
    EXPECT_EQ(progress_line(state, 200), "traffic-signs  project 12  downloading");
    state.done = 123 << 20;
    EXPECT_EQ(progress_line(state, 200), "traffic-signs  project 12  downloading 123 MiB");
    state.total = 1101004800;
    state.bytes_per_second = 85 << 20;
    state.tasks_done = 12;
    state.tasks_total = 50;
    EXPECT_EQ(progress_line(state, 200),
              "traffic-signs  project 12  downloading 123 MiB of 1.03 GiB at 85.0 MiB/s  tasks 12 of 50");
    EXPECT_EQ(progress_line(ProgressState(), 200), "");
}

TEST(ProgressLine, FitsTheWidth) {
    ProgressState state;
    state.phase = "äöüß€";
    EXPECT_EQ(progress_line(state, 5), "äöüß€");
    EXPECT_EQ(progress_line(state, 4), "äöü…");
    EXPECT_EQ(progress_line(state, 1), "…");
    EXPECT_EQ(progress_line(state, 0), "");
}

TEST(ProgressLine, CannotSteerTheTerminal) {
    ProgressState state;
    state.label = "a\x1b[2J\nb";
    EXPECT_EQ(progress_line(state, 80), "a\\u001b[2J\\nb");
}

class TerminalProgressTest : public testing::Test {
protected:
    std::unique_ptr<Progress> make(unsigned short columns = 60) {
        screen = std::make_unique<test::Capture>(test::Capture::terminal(columns));
        return terminal_progress(screen->fd(), [this] { return time; });
    }
    test::Capture& out() { return *screen; }

    std::chrono::steady_clock::time_point time{std::chrono::hours(1)};
    std::unique_ptr<test::Capture> screen;
};

TEST_F(TerminalProgressTest, RewritesOneLine) {
    const auto progress = make();
    progress->item("lab", "task 7");
    EXPECT_EQ(out().text(), "\rlab  task 7\x1b[K");
    progress->phase("waiting: 1 s");
    EXPECT_EQ(out().text(), "\rlab  task 7  waiting: 1 s\x1b[K");
    progress->clear();
    EXPECT_EQ(out().text(), "\r\x1b[K");
    progress->clear();
    EXPECT_EQ(out().text(), "") << "nothing stands there";
}

TEST_F(TerminalProgressTest, IsCutAtTheTerminalsWidth) {
    const auto progress = make(10);
    progress->phase("0123456789");
    EXPECT_EQ(out().text(), "\r01234567…\x1b[K") << "one column stays free";
}

TEST_F(TerminalProgressTest, DrawsTenTimesASecond) {
    const auto progress = make();
    progress->phase("downloading");
    out().text();
    int draws = 0;
    for (int i = 0; i < 1000; ++i) {  // one second of news every millisecond
        time += milliseconds(1);
        progress->bytes(static_cast<std::uint64_t>(i), 10'000);
        if (!out().text().empty()) ++draws;
    }
    EXPECT_EQ(draws, 10);
}

TEST_F(TerminalProgressTest, ManyPhasesDoNotFloodTheTerminal) {
    const auto progress = make();
    int draws = 0;
    for (int i = 0; i < 10'000; ++i) {  // ten seconds
        time += milliseconds(1);
        progress->phase("looking at task " + std::to_string(i));
        if (!out().text().empty()) ++draws;
    }
    EXPECT_LE(draws, 105);
    EXPECT_GE(draws, 95);
}

TEST_F(TerminalProgressTest, ANewPhaseIsSeenAtOnce) {
    const auto progress = make();
    progress->item("lab", "task 7");
    progress->phase("waiting for the export");
    EXPECT_NE(out().text().find("waiting for the export"), std::string::npos)
        << "it may be the last word for long";
}

TEST_F(TerminalProgressTest, TellsTheSpeedOfThisPhase) {
    const auto progress = make(100);
    progress->phase("downloading");
    progress->bytes(500 << 20, 2000 << 20);  // a resumed download begins here
    time += milliseconds(1000);
    out().text();
    progress->bytes(600 << 20, 2000 << 20);
    EXPECT_EQ(out().text(), "\rdownloading 600 MiB of 1.95 GiB at 100 MiB/s\x1b[K");
    time += milliseconds(1000);
    progress->phase("downloading");
    out().text();
    time += milliseconds(1000);
    progress->bytes(600 << 20, 2000 << 20);
    EXPECT_EQ(out().text(), "\rdownloading 600 MiB of 1.95 GiB at 50.0 MiB/s\x1b[K")
        << "the same phase goes on; it slows";
    time += milliseconds(1000);
    progress->phase("verifying");
    EXPECT_EQ(out().text(), "\rverifying\x1b[K");
}

TEST_F(TerminalProgressTest, ANewItemForgetsTheOldOnesTasks) {
    const auto progress = make();
    progress->item("lab", "project 1");
    progress->tasks(3, 4);
    time += milliseconds(1000);
    out().text();
    progress->item("lab", "project 2");
    EXPECT_EQ(out().text(), "\rlab  project 2\x1b[K");
}

TEST_F(TerminalProgressTest, LeavesNoLineBehind) {
    auto progress = make();
    progress->phase("x");
    out().text();
    progress.reset();
    EXPECT_EQ(out().text(), "\r\x1b[K");
}

TEST(MakeProgress, IsSilentWhereNobodyLooksOn) {
    ::setenv("TERM", "xterm", 1);
    test::Capture terminal = test::Capture::terminal();
    make_progress(terminal.fd(), false)->phase("seen");
    EXPECT_NE(terminal.text().find("seen"), std::string::npos);
    make_progress(terminal.fd(), true)->phase("quiet");
    EXPECT_EQ(terminal.text(), "");
    ::setenv("TERM", "dumb", 1);
    make_progress(terminal.fd(), false)->phase("dumb");
    EXPECT_EQ(terminal.text(), "");
    ::setenv("TERM", "xterm", 1);
    test::Capture pipe = test::Capture::pipe();
    make_progress(pipe.fd(), false)->phase("pipe");
    EXPECT_EQ(pipe.text(), "");
    silent_progress()->bytes(1, 2);
}

TEST(MakeProgress, UsesNoColours) {
    ::setenv("TERM", "xterm", 1);
    test::Capture terminal = test::Capture::terminal();
    make_progress(terminal.fd(), false)->phase("plain");
    EXPECT_EQ(terminal.text(), "\rplain\x1b[K\r\x1b[K");
}

}  // namespace
}  // namespace autobackup::report::progress_test
