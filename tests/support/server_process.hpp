// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace autobackup::test {

/// A Python helper of tests/ that writes its port to a file (--port-file) when it is ready; ended (SIGTERM)
/// with this object. Its output and the file lie in `directory` under names that begin with `name`.
class ServerProcess {
public:
    ServerProcess(const std::filesystem::path& directory, const std::string& name, const std::string& script,
                  const std::vector<std::string>& options)
        : output_(directory / (name + ".output")) {
        std::filesystem::create_directories(directory);
        const std::filesystem::path port_file = directory / (name + ".port");
        std::filesystem::remove(port_file);  // of an earlier one
        std::vector<std::string> words = {"python3", AUTOBACKUPD_SOURCE_DIR "/tests/" + script, "--port-file",
                                          port_file.string()};
        words.insert(words.end(), options.begin(), options.end());
        pid_ = ::fork();
        if (pid_ == 0) run(words);
        for (int i = 0; i < 2000 && !std::filesystem::exists(port_file); ++i) {
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        std::ifstream(port_file) >> port_;
        if (port_ == 0) throw std::runtime_error(script + " did not start: " + output());
    }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess() {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] int port() const { return port_; }
    /// What it printed so far.
    [[nodiscard]] std::string output() const {
        std::ifstream in(output_);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }

private:
    [[noreturn]] void run(const std::vector<std::string>& words) const {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a killed test leaves nothing behind
        if (::freopen(output_.c_str(), "w", stdout) == nullptr || ::dup2(1, 2) < 0) ::_exit(126);
        std::vector<char*> argv;
        for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
        argv.push_back(nullptr);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }

    std::filesystem::path output_;
    pid_t pid_ = -1;
    int port_ = 0;
};

}  // namespace autobackup::test
