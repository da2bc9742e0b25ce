// SPDX-License-Identifier: MIT
#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::test {

/// tests/lfsserver/lfsserver.py as a child process; ended with this object. README.md there tells its orders.
class LfsServer {
public:
    LfsServer() {
        const std::string port_file = (directory_.path() / "port").string();
        pid_ = ::fork();
        if (pid_ == 0) run(port_file);
        for (int i = 0; i < 1000 && port_ == 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            std::ifstream(port_file) >> port_;
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
        }
        if (port_ == 0) throw std::runtime_error("the LFS server did not start");
    }
    LfsServer(const LfsServer&) = delete;
    LfsServer& operator=(const LfsServer&) = delete;
    ~LfsServer() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] int port() const noexcept { return port_; }
    [[nodiscard]] std::string url(const std::string& repository) const {
        return "http://127.0.0.1:" + std::to_string(port_) + "/" + repository;
    }
    /// The file of an object that the server holds for `repository`.
    [[nodiscard]] std::filesystem::path object(const std::string& repository, const std::string& oid) const {
        return directory_.path() / "objects" / repository / oid;
    }
    boost::json::value order(const std::string& verb, const std::string& body = "{}") const {
        const CommandResult done = run_command("curl -sS --max-time 10 -d '" + body + "' " + url("__lfs__/" + verb));
        if (done.exit_code != 0) throw std::runtime_error("order " + verb + ": " + done.output);
        return boost::json::parse(done.output);
    }
    void fault(const std::string& body) const { order("fault", body); }
    void set(const std::string& body) const { order("set", body); }
    /// "PUT /a.git/info/lfs/store/…", … as they came.
    [[nodiscard]] boost::json::array requests() const { return order("log").as_object().at("requests").as_array(); }

private:
    [[noreturn]] void run(const std::string& port_file) const {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a killed test leaves nothing behind
        const std::string objects = (directory_.path() / "objects").string();
        if (std::freopen((directory_.path() / "log").c_str(), "w", stdout) == nullptr || ::dup2(1, 2) < 0) ::_exit(126);
        ::execlp("python3", "python3", AUTOBACKUPD_SOURCE_DIR "/tests/lfsserver/lfsserver.py", "--directory", objects.c_str(), "--port-file",
                 port_file.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }

    TempDir directory_;
    pid_t pid_ = -1;
    int port_ = 0;
};

}  // namespace autobackup::test
