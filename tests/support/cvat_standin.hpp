// SPDX-License-Identifier: MIT
#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/standin_control.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::test {

/// tests/standin/cvat_standin.py as a child process; ended with this object. README.md there tells its verbs.
class CvatStandin {
public:
    explicit CvatStandin(std::vector<std::string> options = std::vector<std::string>()) {
        const std::string port_file = (directory_.path() / "port").string();
        std::vector<std::string> words = {
            "python3",     std::string(AUTOBACKUPD_SOURCE_DIR) + "/tests/standin/cvat_standin.py",
            "--port-file", port_file,
            "--directory", directory_.path().string()};
        words.insert(words.end(), options.begin(), options.end());
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a killed test leaves nothing behind
            static_cast<void>(std::freopen((directory_.path() / "log").c_str(), "w", stdout));
            ::dup2(STDOUT_FILENO, STDERR_FILENO);
            ::execvp("python3", argv.data());
            ::_exit(127);
        }
        for (int i = 0; i < 600 && port_ == 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            std::ifstream(port_file) >> port_;
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_)
                throw std::runtime_error("the stand-in ended by itself");
        }
        if (port_ == 0) throw std::runtime_error("the stand-in did not start");
    }
    CvatStandin(const CvatStandin&) = delete;
    CvatStandin& operator=(const CvatStandin&) = delete;
    ~CvatStandin() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// POST /__standin__/<verb> with a JSON body; throws when the stand-in refuses it.
    boost::json::value order(const std::string& verb, const std::string& body = "{}") {
        return standin_call(url(), http::Method::post, verb, body);
    }
    boost::json::value ask(const std::string& verb) { return standin_call(url(), http::Method::get, verb, std::string()); }
    /// Requests that came so far whose "path?query" matches.
    std::size_t count_log(const std::string& query) { return ask("log?" + query).as_array().size(); }

private:
    TempDir directory_;
    pid_t pid_ = -1;
    int port_ = 0;
};

}  // namespace autobackup::test
