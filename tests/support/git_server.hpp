// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace autobackup::test {

/// tests/gitserver/gitserver.py (nginx, fcgiwrap, git http-backend) while it lives.
class GitServer {
public:
    /// Repositories lie in `directory`/repos; `options` are further words of its command line.
    GitServer(std::filesystem::path directory, std::vector<std::string> options)
        : directory_(std::move(directory)) {
        const std::filesystem::path port_file = directory_ / "port";
        std::vector<std::string> words = {
            "python3",     AUTOBACKUPD_SOURCE_DIR "/tests/gitserver/gitserver.py",
            "--repos",     repositories().string(),
            "--port-file", port_file.string()};
        words.insert(words.end(), options.begin(), options.end());
        const std::filesystem::path output = directory_ / "output";
        pid_ = ::fork();
        if (pid_ == 0) run(words, output);
        for (int i = 0; i < 1000 && !std::filesystem::exists(port_file); ++i) {
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        std::ifstream(port_file) >> port_;
        if (port_ == 0) throw std::runtime_error("the git server did not start: " + text_of(output));
        for (int i = 0; i < 200 && log_.empty(); ++i) {
            const std::string said = text_of(output);
            const std::size_t at = said.find(" log ");
            if (at != std::string::npos && said.back() == '\n')
                log_ = said.substr(at + 5, said.size() - at - 6);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    GitServer(const GitServer&) = delete;
    GitServer& operator=(const GitServer&) = delete;
    ~GitServer() {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] std::filesystem::path repositories() const { return directory_ / "repos"; }
    /// "http://127.0.0.1:PORT/" + rest
    [[nodiscard]] std::string url(const std::string& rest) const {
        return "http://127.0.0.1:" + std::to_string(port_) + "/" + rest;
    }
    /// The access log: a line for each request answered before this call. nginx writes a line after its
    /// answer is sent, so a request of our own follows the others and its line is waited for.
    [[nodiscard]] std::string access_log() const {
        const std::string marker = "log-marker-" + std::to_string(++markers_);
        if (std::system(("curl -s -o /dev/null --max-time 10 " + url(marker)).c_str()) != 0) throw std::runtime_error("curl failed");
        for (int i = 0; i < 1000; ++i) {
            std::string log = text_of(log_);
            if (log.find(marker) != std::string::npos) return log;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        throw std::runtime_error("nginx wrote no line for " + marker);
    }

private:
    [[noreturn]] static void run(const std::vector<std::string>& words, const std::filesystem::path& output) {
        if (::freopen(output.c_str(), "w", stdout) == nullptr || ::dup2(1, 2) < 0) ::_exit(126);
        std::vector<char*> argv;
        for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
        argv.push_back(nullptr);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    static std::string text_of(const std::filesystem::path& path) {
        std::ifstream in(path);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }

    std::filesystem::path directory_;
    std::filesystem::path log_;
    pid_t pid_ = -1;
    int port_ = 0;
    mutable int markers_ = 0;
};

}  // namespace autobackup::test
