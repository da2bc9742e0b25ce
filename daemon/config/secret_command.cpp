// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "daemon/config/secrets.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

using Clock = std::chrono::steady_clock;

Failure command_failed(const SecretRef& ref, std::string message, std::string peer = std::string()) {
    return fail(Errc::secret_missing, "read secret", ref.key_path,
                "the command '" + one_line(ref.argv.at(0)) + "' " + message, std::move(peer));
}

constexpr const char* usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<std::string> child_environment(const SecretPlaces& places) {
    std::vector<std::string> out;
    for (const auto& [name, value] : harmless_environment(places)) out.push_back(name + '=' + value);
    return out;
}

std::string find_program(const std::string& name, const SecretPlaces& places) {
    if (name.find('/') != std::string::npos) return name;
    const auto path = places.environment.find("PATH");
    const std::string directories = path != places.environment.end() ? path->second : usual_path;
    for (const std::string_view directory : split(directories, ':')) {
        const std::string candidate = std::string(directory) + '/' + name;
        if (directory.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return std::string();
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

struct Pipe {
    FileDescriptor read, write;
};

Result<Pipe> open_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "open", "pipe");
    Pipe out;
    out.read = FileDescriptor(ends[0]);
    out.write = FileDescriptor(ends[1]);
    return out;
}

// How long a command is waited for: to its limit, or until somebody wants to stop.
class Patience {
public:
    explicit Patience(const SecretPlaces& places) : end_(Clock::now() + places.command_limit), stopped_(places.stopped) {}

    bool is_over() {
        stop_wanted_ = stop_wanted_ || (stopped_ && stopped_());
        return stop_wanted_ || Clock::now() >= end_;
    }
    [[nodiscard]] bool stop_wanted() const { return stop_wanted_; }
    // For poll(2): what is left, in slices short enough for a stop to be seen.
    [[nodiscard]] int slice() const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
        return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 50));
    }

private:
    Clock::time_point end_;
    const StopAsked& stopped_;
    bool stop_wanted_ = false;
};

// A running child, killed with its process group and reaped at the latest when this dies.
class Running {
public:
    explicit Running(pid_t pid) : pid_(pid) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        if (pid_ > 0) kill_and_reap();
    }

    // Exit status once it has ended by itself, before the patience is over.
    std::optional<int> wait(Patience& patience) {
        while (true) {
            siginfo_t info{};
            const int seen = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
            if (seen == 0 && info.si_pid == pid_) break;
            if ((seen != 0 && errno != EINTR) || patience.is_over()) return std::nullopt;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        // What it left running in its group goes too; before it is reaped, so that the number still is its
        // own.
        ::kill(-pid_, SIGKILL);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        return status;
    }

private:
    void kill_and_reap() {
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    pid_t pid_;
};

Result<pid_t> spawn(const SecretRef& ref, const SecretPlaces& places, const Pipe& output,
                    const Pipe& errors) {
    const std::string program = find_program(ref.argv.at(0), places);
    if (program.empty()) return command_failed(ref, "is not found in PATH");
    std::vector<std::string> arguments = ref.argv;
    std::vector<std::string> environment = child_environment(places);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.write.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions, errors.write.get(), 2);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, defaults;
    ::sigemptyset(&none);
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);  // the daemon ignores it; a child expects it
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, pointers(arguments).data(),
                                    pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) return command_failed(ref, std::string("cannot be started: ") + std::strerror(error));
    return pid;
}

// Reads what is there; closes the descriptor at its end.
void read_some(FileDescriptor& from, std::string& into) {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count > 0) {
        into.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        from.reset();
    }
    explicit_bzero(buffer.data(), buffer.size());
}

struct Output {
    std::string text, errors;
    bool too_long = false, given_up = false;
};

Output collect(FileDescriptor output, FileDescriptor errors, std::size_t longest, Patience& patience) {
    Output out;
    while (output.is_open() || errors.is_open()) {
        out.given_up = patience.is_over();
        if (out.given_up) return out;
        std::array<pollfd, 2> polled{{{output.get(), POLLIN, 0}, {errors.get(), POLLIN, 0}}};
        if (::poll(polled.data(), polled.size(), patience.slice()) < 0) continue;
        if (polled[0].revents != 0) read_some(output, out.text);
        if (polled[1].revents != 0) read_some(errors, out.errors);
        if (out.errors.size() > (std::size_t{16} << 10)) out.errors.erase(0, out.errors.size() / 2);
        out.too_long = out.text.size() > longest;
        if (out.too_long) return out;
    }
    return out;
}

}  // namespace

// Programs such as pass, gpg, vault or msmtp need these to find their files.
std::vector<std::pair<std::string, std::string>> harmless_environment(const SecretPlaces& places) {
    constexpr std::array<std::string_view, 12> passed{
        "PATH",     "HOME", "USER",   "LOGNAME",         "LANG",      "LC_ALL",
        "LC_CTYPE", "TZ",   "TMPDIR", "XDG_RUNTIME_DIR", "GNUPGHOME", "VAULT_ADDR"};
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string_view name : passed) {
        const auto found = places.environment.find(std::string(name));
        if (found != places.environment.end()) out.emplace_back(found->first, found->second);
    }
    if (!places.environment.contains("PATH")) out.emplace_back("PATH", usual_path);
    return out;
}

Result<std::string> run_secret_command(const SecretRef& ref, const SecretPlaces& places) {
    Patience patience(places);
    Result<Pipe> output = open_pipe();
    if (!output) return output.error();
    Result<Pipe> errors = open_pipe();
    if (!errors) return errors.error();
    const Result<pid_t> pid = spawn(ref, places, *output, *errors);
    if (!pid) return pid.error();
    Running child(*pid);
    output->write.reset();
    errors->write.reset();
    Output got = collect(std::move(output->read), std::move(errors->read), places.longest, patience);
    const std::string words = cut_peer_words(got.errors);
    if (got.too_long) return command_failed(ref, "wrote more than " + human_bytes(places.longest), words);
    const std::optional<int> status = got.given_up ? std::nullopt : child.wait(patience);
    if (patience.stop_wanted()) return fail_cancelled("read secret", ref.key_path);
    if (!status) return command_failed(ref, "did not end within " + human_duration(places.command_limit), words);
    if (WIFSIGNALED(*status))
        return command_failed(ref, fmt::format("was killed by signal {}", WTERMSIG(*status)), words);
    if (WEXITSTATUS(*status) != 0)
        return command_failed(ref, fmt::format("ended with exit code {}", WEXITSTATUS(*status)), words);
    return std::move(got.text);
}

}  // namespace autobackup::config
