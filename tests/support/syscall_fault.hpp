// SPDX-License-Identifier: MIT
// Runs a program and kills it at, or fails, the n-th of its system calls that change something on disk.
// Unlike strace's own injection the calls of all threads are counted together, so that each is reached. Linux
// on x86-64.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace autobackup::test {

/// What to do at the call number `at` (from 1; 0: nothing, only count).
struct SyscallFault {
    long at = 0;
    int error = 0;  ///< 0: SIGKILL before the call is made; else the call is not made and returns this errno
};

struct FaultedRun {
    long calls = 0;  ///< that were counted
    int exit_code = -1;
    bool killed = false;
    std::string name;  ///< of the call at `at`
};

namespace detail {

/// Names of the calls that change files; empty for all others. Writes to stdout and stderr do not count.
inline std::string changing_call(const user_regs_struct& registers) {
    switch (registers.orig_rax) {
        case SYS_write:
            return registers.rdi <= 2 ? "" : "write";
        case SYS_pwrite64:
            return "pwrite64";
        case SYS_writev:
            return "writev";
        case SYS_fsync:
            return "fsync";
        case SYS_fdatasync:
            return "fdatasync";
        case SYS_ftruncate:
            return "ftruncate";
        case SYS_fallocate:
            return "fallocate";
        case SYS_open:
            return (registers.rsi & O_CREAT) != 0 ? "open" : "";
        case SYS_openat:
            return (registers.rdx & O_CREAT) != 0 ? "openat" : "";
        case SYS_rename:
            return "rename";
        case SYS_renameat:
            return "renameat";
        case SYS_renameat2:
            return "renameat2";
        case SYS_link:
            return "link";
        case SYS_linkat:
            return "linkat";
        case SYS_unlink:
            return "unlink";
        case SYS_unlinkat:
            return "unlinkat";
        case SYS_mkdir:
            return "mkdir";
        case SYS_mkdirat:
            return "mkdirat";
        case SYS_rmdir:
            return "rmdir";
        case SYS_chmod:
            return "chmod";
        case SYS_fchmod:
            return "fchmod";
        case SYS_fchmodat:
            return "fchmodat";
        default:
            return "";
    }
}

class FaultRunner {
public:
    FaultRunner(pid_t child, const SyscallFault& fault) : child_(child), fault_(fault) {}

    FaultedRun run() {
        for (;;) {
            int status = 0;
            const pid_t thread = ::waitpid(-1, &status, __WALL);
            if (thread < 0) throw std::runtime_error("waitpid failed");
            if (WIFEXITED(status) || WIFSIGNALED(status)) {
                if (thread != child_) continue;
                run_.killed = WIFSIGNALED(status);
                run_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
                return run_;
            }
            const int signal = WSTOPSIG(status);
            if (signal == (SIGTRAP | 0x80)) {
                at_call(thread);
                ::ptrace(PTRACE_SYSCALL, thread, nullptr, nullptr);
            } else {
                const bool ours = signal == SIGTRAP || signal == SIGSTOP;  // new threads begin stopped
                ::ptrace(PTRACE_SYSCALL, thread, nullptr,
                         reinterpret_cast<void*>(static_cast<long>(ours ? 0 : signal)));
            }
        }
    }

private:
    void at_call(pid_t thread) {
        user_regs_struct registers{};
        if (::ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) return;
        const bool entering = !inside_[thread];
        inside_[thread] = entering;
        if (!entering) {
            if (thread == failing_) {
                failing_ = 0;
                registers.rax = static_cast<unsigned long long>(-static_cast<long long>(fault_.error));
                ::ptrace(PTRACE_SETREGS, thread, nullptr, &registers);
            }
            return;
        }
        const std::string name = changing_call(registers);
        if (name.empty() || ++run_.calls != fault_.at) return;
        run_.name = name;
        if (fault_.error == 0) {
            ::kill(child_, SIGKILL);
            return;
        }
        failing_ = thread;
        registers.orig_rax = static_cast<unsigned long long>(-1);  // no such call: the kernel does nothing
        ::ptrace(PTRACE_SETREGS, thread, nullptr, &registers);
    }

    pid_t child_;
    SyscallFault fault_;
    FaultedRun run_;
    std::map<pid_t, bool> inside_;
    pid_t failing_ = 0;
};

}  // namespace detail

/// `words` is program and arguments; its output goes to `log`.
inline FaultedRun run_with_fault(std::vector<std::string> words, const SyscallFault& fault,
                                 const std::filesystem::path& log) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child == 0) {
        const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(output, 1);
        ::dup2(output, 2);
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        throw std::runtime_error("the program could not be traced");
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, reinterpret_cast<void*>(options));
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    return detail::FaultRunner(child, fault).run();
}

}  // namespace autobackup::test
