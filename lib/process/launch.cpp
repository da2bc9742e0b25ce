// SPDX-License-Identifier: MIT
#include "lib/process/launch.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "lib/core/text.hpp"

namespace autobackup::process {
namespace {

// Everything that the child needs between fork and exec, made before: a forked copy of a program with threads
// may call async-signal-safe functions only.
struct Plan {
    std::string program;
    std::vector<char*> argv;
    std::vector<std::string> environment;
    std::vector<char*> envp;
    const char* directory = nullptr;
    pid_t parent = 0;
    int input = -1, output = -1, errors = -1, report = -1;
};

enum class Step : int { group, directory, exec };

struct Report {
    Step step;
    int error;
};

[[noreturn]] void give_up(const Plan& plan, Step step) {
    const Report report{step, errno};
    [[maybe_unused]] const ssize_t written = ::write(plan.report, &report, sizeof report);
    ::_exit(127);
}

void restore_signals() {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;  // an ignored signal stays ignored over exec
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become(const Plan& plan) {
    if (::setpgid(0, 0) != 0) give_up(plan, Step::group);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);  // it died before the line above took effect
    restore_signals();
    // None of the sources is 0, 1 or 2 (pipe_above_standard), so no dup2 overwrites what a later one needs.
    ::dup2(plan.input, STDIN_FILENO);
    ::dup2(plan.output, STDOUT_FILENO);
    ::dup2(plan.errors, STDERR_FILENO);
    // Ours are all close-on-exec; a library's may not be.
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    if (plan.directory != nullptr && ::chdir(plan.directory) != 0) give_up(plan, Step::directory);
    ::execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
    give_up(plan, Step::exec);
}

struct Pipe {
    FileDescriptor read, write;
};

Failure cannot_start(const Command& command, std::string message) {
    return fail(Errc::child_failed, "start", command.argv.empty() ? std::string() : command.argv[0],
                std::move(message));
}

// A pipe whose ends are not 0, 1 or 2, even when the program was started with those closed.
Result<Pipe> pipe_above_standard(const Command& command) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_start(command, std::strerror(errno));
    Pipe pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    for (FileDescriptor* end : {&pipe.read, &pipe.write}) {
        if (end->get() > STDERR_FILENO) continue;
        FileDescriptor moved(::fcntl(end->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
        if (!moved.is_open()) return cannot_start(command, std::strerror(errno));
        *end = std::move(moved);
    }
    return pipe;
}

bool executable_file(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

Result<std::string> find_program(const Command& command) {
    if (command.argv.empty() || command.argv[0].empty()) return cannot_start(command, "the command is empty");
    const std::string& name = command.argv[0];
    if (name.find('/') != std::string::npos) return name;
    const auto is_path = [](const auto& variable) { return variable.first == "PATH"; };
    const auto path = std::find_if(command.environment.begin(), command.environment.end(), is_path);
    if (path != command.environment.end()) {
        for (const std::string_view folder : split(path->second, ':')) {
            if (folder.empty() || folder.front() != '/') continue;  // never the working directory
            std::string candidate = std::string(folder) + "/" + name;
            if (executable_file(candidate)) return candidate;
        }
    }
    Failure failure = cannot_start(command, "there is no such program in the PATH");
    failure.hint = "install " + name;
    return failure;
}

Result<Plan> make_plan(const Command& command) {
    Result<std::string> program = find_program(command);
    if (!program) return program.error();
    Plan plan;
    plan.program = std::move(*program);
    for (const std::string& word : command.argv) plan.argv.push_back(const_cast<char*>(word.c_str()));
    plan.argv.push_back(nullptr);
    plan.environment.reserve(command.environment.size());
    for (const auto& [name, value] : command.environment) plan.environment.push_back(name + "=" + value);
    for (std::string& variable : plan.environment) plan.envp.push_back(variable.data());
    plan.envp.push_back(nullptr);
    if (!command.directory.empty()) plan.directory = command.directory.c_str();
    plan.parent = ::getpid();
    return plan;
}

// Our handlers must not run in the copy: they would write into a pipe that both processes share.
pid_t fork_with_signals_blocked(const Plan& plan) {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) become(plan);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

// Nothing when the program runs: its exec has closed the pipe.
std::optional<Report> read_report(int fd) {
    Report report{};
    for (;;) {
        const ssize_t got = ::read(fd, &report, sizeof report);
        if (got == static_cast<ssize_t>(sizeof report)) return report;
        if (got >= 0 || errno != EINTR) return std::nullopt;
    }
}

Failure failure_of(const Command& command, const Plan& plan, const Report& report) {
    const std::string words = std::strerror(report.error);
    if (report.step == Step::directory) return cannot_start(command, command.directory + ": " + words);
    if (report.step == Step::group) return cannot_start(command, "process group: " + words);
    Failure failure = cannot_start(command, plan.program + ": " + words);
    if (report.error == ENOENT) failure.hint = "install " + command.argv[0];
    return failure;
}

// Children that did not die at once. Loop thread only, like every Child.
std::vector<pid_t>& undead() {
    static std::vector<pid_t> pids;
    return pids;
}

void reap_undead() noexcept {
    std::erase_if(undead(), [](pid_t pid) { return reap(pid).has_value(); });
}

}  // namespace

Result<Launched> launch(const Command& command) {
    reap_undead();
    Result<Plan> plan = make_plan(command);
    if (!plan) return plan.error();
    Result<Pipe> input = pipe_above_standard(command);
    if (!input) return input.error();
    Result<Pipe> output = pipe_above_standard(command);
    if (!output) return output.error();
    Result<Pipe> errors = pipe_above_standard(command);
    if (!errors) return errors.error();
    Result<Pipe> report = pipe_above_standard(command);
    if (!report) return report.error();
    // Four times the usual 64 KiB: fewer wake-ups while a pack flows. Refused under a low limit; then it
    // stays as it is.
    constexpr int pipe_bytes = 256 * 1024;
    ::fcntl(input->write.get(), F_SETPIPE_SZ, pipe_bytes);
    ::fcntl(output->read.get(), F_SETPIPE_SZ, pipe_bytes);

    plan->input = input->read.get();
    plan->output = output->write.get();
    plan->errors = errors->write.get();
    plan->report = report->write.get();
    const pid_t pid = fork_with_signals_blocked(*plan);
    if (pid < 0) return cannot_start(command, std::strerror(errno));
    report->write.reset();
    if (const std::optional<Report> problem = read_report(report->read.get())) {
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
        }
        return failure_of(command, *plan, *problem);
    }
    return Launched{pid, std::move(input->write), std::move(output->read), std::move(errors->read)};
}

std::optional<int> reap(pid_t pid) noexcept {
    int status = 0;
    const pid_t got = ::waitpid(pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) return std::nullopt;
    if (got < 0) return 127;  // somebody else reaped it: there is no code to be had any more
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void kill_and_reap(pid_t pid) noexcept {
    // Not reaped yet, so neither the process nor its group can be another's.
    ::kill(-pid, SIGKILL);
    constexpr int tries = 25;
    for (int i = 0; i < tries; ++i) {
        if (reap(pid)) return;
        const timespec pause{0, 200'000};
        ::nanosleep(&pause, nullptr);
    }
    undead().push_back(pid);
}

}  // namespace autobackup::process
