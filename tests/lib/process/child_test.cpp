// SPDX-License-Identifier: MIT
#include "lib/process/child.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "lib/core/file.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/soon.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::process::child_test {
namespace {

using namespace std::chrono_literals;
using test::run_coroutine;
using Clock = std::chrono::steady_clock;

struct Outcome {
    Result<int> code = 0;
    std::string output;
    std::string errors;
};

Command shell(std::string script) {
    Command command;
    command.argv = {"sh", "-c", std::move(script)};
    command.environment = git_environment();
    return command;
}

Awaitable<Result<std::unique_ptr<Child>>> start(Command command) {
    const auto executor = co_await asio::this_coro::executor;
    co_return Child::start(executor, std::move(command));
}

Awaitable<Outcome> run_to_end(Command command, std::string input, Milliseconds limit = 5s) {
    Outcome outcome;
    Result<std::unique_ptr<Child>> child = co_await start(std::move(command));
    if (!child) {
        outcome.code = child.error();
        co_return outcome;
    }
    const auto bytes = std::as_bytes(std::span(input.data(), input.size()));
    const Result<void> written = co_await (*child)->write(bytes, 2s);
    if (!written) outcome.code = written.error();
    (*child)->close_input();
    std::string piece(100'000, '\0');
    for (;;) {
        const Result<std::size_t> got =
            co_await (*child)->read(std::as_writable_bytes(std::span(piece)), limit);
        if (!got || *got == 0) break;
        outcome.output.append(piece, 0, *got);
    }
    outcome.code = co_await (*child)->wait(limit);
    outcome.errors = (*child)->error_text();
    co_return outcome;
}

Outcome run(Command command, std::string input = std::string(), Milliseconds limit = 5s) {
    return run_coroutine([&] { return run_to_end(command, input, limit); });
}

// Whether a process of that group runs. What init has not collected yet does not count.
bool group_exists(pid_t group) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
        if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) continue;
        const Result<std::string> status = read_file(entry.path() / "stat");
        if (!status) continue;
        std::istringstream fields(status->substr(status->rfind(')') + 1));
        std::string state;
        pid_t parent = 0;
        pid_t its_group = 0;
        fields >> state >> parent >> its_group;
        if (its_group == group && state != "Z") return true;
    }
    return false;
}

bool gone_soon(pid_t group) {
    return test::soon([group] { return !group_exists(group); }, 10s);
}

TEST(Child, PassesBytesThroughAndGivesTheExitCode) {
    std::string input(3'000'000, '\0');
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<char>(i * 7 + i / 256);
    Command command;
    command.argv = {"cat"};
    command.environment = git_environment();
    const std::string echoed =
        input.substr(0, 200'000);  // what the pipes hold: it is read only after all was written
    const Outcome outcome = run(command, echoed);
    ASSERT_TRUE(outcome.code);
    EXPECT_EQ(*outcome.code, 0);
    EXPECT_TRUE(outcome.output == echoed);
    const Outcome counted = run(shell("wc -c"), input);
    EXPECT_EQ(std::stoul(counted.output), input.size());
    EXPECT_EQ(*run(shell("exit 7")).code, 7);
    EXPECT_EQ(*run(shell("kill -9 $$")).code, 128 + SIGKILL);
}

TEST(Child, GetsOnlyTheEnvironmentGivenAndDefaultSignals) {
    ::setenv("AUTOBACKUPD_TEST_SECRET", "must-not-be-seen", 1);
    Command command = shell("env; grep SigIgn /proc/self/status; pwd");
    command.environment.emplace_back("EXTRA", "a=b c");
    command.directory = "/usr";
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.output.find("must-not-be-seen"), std::string::npos);
    EXPECT_NE(outcome.output.find("EXTRA=a=b c\n"), std::string::npos);
    EXPECT_NE(outcome.output.find("GIT_TERMINAL_PROMPT=0\n"), std::string::npos);
    EXPECT_NE(outcome.output.find("SigIgn:\t0000000000000000"), std::string::npos) << outcome.output;
    EXPECT_NE(outcome.output.find("/usr\n"), std::string::npos);
    ::unsetenv("AUTOBACKUPD_TEST_SECRET");
}

TEST(Child, InheritsNoDescriptor) {
    const int leaked = ::open("/dev/null", O_RDONLY);  // on purpose without O_CLOEXEC
    const int high = ::fcntl(leaked, F_DUPFD, 200);
    Command command;
    command.argv = {"ls", "/proc/self/fd"};
    command.environment = git_environment();
    const Outcome outcome = run(command);
    ::close(leaked);
    ::close(high);
    EXPECT_EQ(outcome.output, "0\n1\n2\n3\n");  // 3 is the directory that ls reads
}

TEST(Child, KeepsTheEndOfErrorTextWithoutBlockingTheChild) {
    const Outcome outcome =
        run(shell("i=0; while [ $i -lt 4000 ]; do echo \"line $i of many words\" >&2; i=$((i+1)); done; echo "
                  "last words >&2"));
    EXPECT_EQ(*outcome.code, 0);
    EXPECT_EQ(outcome.errors.size(), 16U * 1024);
    EXPECT_NE(outcome.errors.find("last words\n"), std::string::npos);
    EXPECT_EQ(outcome.errors.find("line 0 of"), std::string::npos);
}

TEST(Child, ErrorTextIsWholeAfterWaitEvenFromAShortLivedChild) {
    for (int i = 0; i < 30; ++i) EXPECT_EQ(run(shell("echo quick >&2; exit 3")).errors, "quick\n");
}

TEST(Child, MissingProgramAndDirectoryAreNamed) {
    Command command;
    command.argv = {"no-such-program-here"};
    command.environment = git_environment();
    Outcome outcome = run(command);
    ASSERT_FALSE(outcome.code);
    EXPECT_EQ(outcome.code.error().code, Errc::child_failed);
    EXPECT_EQ(outcome.code.error().object, "no-such-program-here");
    EXPECT_EQ(outcome.code.error().hint, "install no-such-program-here");
    command.argv = {"/no/such/path"};
    EXPECT_EQ(run(command).code.error().code, Errc::child_failed);
    command.argv = {"/etc/passwd"};
    outcome = run(command);
    EXPECT_NE(outcome.code.error().message.find("Permission denied"), std::string::npos)
        << outcome.code.error().message;
    command = shell("true");
    command.directory = "/no/such/directory";
    outcome = run(command);
    EXPECT_NE(outcome.code.error().message.find("/no/such/directory"), std::string::npos);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // no zombie is left
    EXPECT_EQ(errno, ECHILD);
}

Awaitable<Failure> read_once(Command command, Milliseconds limit, pid_t& pid) {
    Result<std::unique_ptr<Child>> child = co_await start(std::move(command));
    pid = (*child)->id();
    std::vector<std::byte> buffer(100);
    const Result<std::size_t> got = co_await (*child)->read(buffer, limit);
    if (got) throw std::runtime_error("something was read");
    co_return got.error();
}

TEST(Child, SilenceIsNoProgressAndTheWholeGroupDies) {
    pid_t pid = 0;
    const auto before = Clock::now();
    const Failure failure =
        run_coroutine([&] { return read_once(shell("echo hm >&2; sleep 100 & sleep 100"), 300ms, pid); });
    EXPECT_EQ(failure.code, Errc::no_progress);
    EXPECT_EQ(failure.peer, "hm\n");
    EXPECT_TRUE(failure.transient);
    EXPECT_GE(Clock::now() - before, 300ms);
    EXPECT_LT(Clock::now() - before, 15s);
    EXPECT_TRUE(gone_soon(pid));
}

Awaitable<Failure> write_much(Command command, Milliseconds limit) {
    Result<std::unique_ptr<Child>> child = co_await start(std::move(command));
    const std::vector<std::byte> bytes(5'000'000);
    const Result<void> written = co_await (*child)->write(bytes, limit);
    if (written) throw std::runtime_error("everything was taken");
    co_return written.error();
}

TEST(Child, WritingToOneThatTakesNothing) {
    EXPECT_EQ(run_coroutine([] { return write_much(shell("sleep 100"), 300ms); }).code, Errc::no_progress);
    EXPECT_EQ(run_coroutine([] { return write_much(shell("exec <&-; sleep 100"), 5s); }).code,
              Errc::connection_closed);
    EXPECT_EQ(run_coroutine([] { return write_much(shell("exit 1"), 5s); }).code, Errc::connection_closed);
}

TEST(Child, CancellationThrowsAtOnceAndKills) {
    pid_t pid = 0;
    const auto before = Clock::now();
    EXPECT_THROW(
        run_coroutine([&] { return read_once(shell("trap '' TERM; sleep 100"), 60s, pid); }, 20s, 200ms),
        boost::system::system_error);
    EXPECT_LT(Clock::now() - before, 15s);
    EXPECT_TRUE(gone_soon(pid));
}

Awaitable<int> wait_only(Command command, Milliseconds limit, Milliseconds first_nap, pid_t& pid) {
    Result<std::unique_ptr<Child>> child = co_await start(std::move(command));
    pid = (*child)->id();
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer nap(executor, first_nap);
    co_await nap.async_wait(asio::use_awaitable);
    const Result<int> code = co_await (*child)->wait(limit);
    co_return code.value();
}

TEST(Child, WaitEndsAStubbornChild) {
    pid_t pid = 0;
    EXPECT_EQ(run_coroutine([&] { return wait_only(shell("exec sleep 100"), 100ms, 1ms, pid); }),
              128 + SIGTERM);
    const auto before = Clock::now();
    const Command stubborn = shell("trap '' TERM; while :; do sleep 1; done");
    EXPECT_EQ(run_coroutine([&] { return wait_only(stubborn, 100ms, 100ms, pid); }), 128 + SIGKILL);
    EXPECT_GE(Clock::now() - before, 2s);
    EXPECT_LT(Clock::now() - before, 15s);
    EXPECT_TRUE(gone_soon(pid));
}

TEST(Child, BackgroundProcessHoldingStderrDoesNotDelayTheEnd) {
    pid_t pid = 0;
    const auto before = Clock::now();
    EXPECT_EQ(run_coroutine([&] { return wait_only(shell("sleep 100 & exit 4"), 60s, 1ms, pid); }), 4);
    EXPECT_LT(Clock::now() - before, 15s);
    ::kill(-pid, SIGKILL);
}

TEST(Child, DiesWithItsParent) {
    int report[2];
    ASSERT_EQ(::pipe(report), 0);
    const pid_t middle = ::fork();
    if (middle == 0) {  // a process of its own that starts a child and is killed
        asio::io_context context(1);
        auto child = Child::start(context.get_executor(), shell("exec sleep 100"));
        const pid_t pid = (*child)->id();
        [[maybe_unused]] const ssize_t written = ::write(report[1], &pid, sizeof pid);
        ::pause();
        ::_exit(0);
    }
    pid_t pid = 0;
    ASSERT_EQ(::read(report[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
    EXPECT_TRUE(group_exists(pid));
    ::kill(middle, SIGKILL);
    ::waitpid(middle, nullptr, 0);
    EXPECT_TRUE(gone_soon(pid));
    ::close(report[0]);
    ::close(report[1]);
}

TEST(Child, NothingIsLeftOpenAfterMany) {
    const auto open_descriptors = [] {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) ++count;
        return count;
    };
    run(shell("true"));
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 50; ++i) run(shell("echo x; echo y >&2"), "z");
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace autobackup::process::child_test
