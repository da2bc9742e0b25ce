// SPDX-License-Identifier: MIT
// A forked process that runs a function of the test and can be killed at any moment.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>

namespace autobackup::test {

/// Forks; the child runs `body` and ends with its result as exit code, without destructors of the test. Fork
/// before the test opens what the child opens too (SQLite must not be carried over a fork).
class Child {
public:
    explicit Child(const std::function<int()>& body) {
        if (::pipe(ready_) != 0) std::abort();
        pid_ = ::fork();
        if (pid_ == 0) {
            child_ready = ready_[1];
            ::_exit(body());
        }
        ::close(ready_[1]);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ > 0) kill_9();
        ::close(ready_[0]);
    }

    /// In the child: tells the parent that it may go on.
    static void tell_parent() {
        if (::write(child_ready, "x", 1) != 1) ::_exit(99);
    }
    /// In the child: waits for the end that the parent brings.
    [[noreturn]] static void wait_for_ever() {
        for (;;) ::pause();
    }

    /// Waits for tell_parent(); false when the child ended without it.
    bool await_word() {
        char c = 0;
        return ::read(ready_[0], &c, 1) == 1;
    }
    void kill_9() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    /// The exit code; 128 + signal when it was killed.
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
    static inline int child_ready = -1;
    int ready_[2] = {-1, -1};
    pid_t pid_ = -1;
};

}  // namespace autobackup::test
