// SPDX-License-Identifier: MIT
#pragma once

#include <pwd.h>
#include <sys/stat.h>

#include "tests/support/git_work_tree.hpp"
#include "tests/support/server_process.hpp"

namespace autobackup::test {

/// tests/sshserver/sshserver.py (a real sshd) while it lives; its README.md tells the keys.
class SshServer {
public:
    SshServer(std::filesystem::path directory,
              const std::vector<std::string>& options = {"--create", "a.git"})
        : directory_(std::move(directory)),
          process_(directory_, "sshserver", "sshserver/sshserver.py", words(options)) {}

    [[nodiscard]] int port() const { return process_.port(); }
    [[nodiscard]] std::filesystem::path repository(const std::string& name = "a.git") const {
        return directory_ / "repos" / name;
    }
    /// "ssh://USER@127.0.0.1:PORT/…/repos/NAME"; `port` is another one than its own for a proxy in front of
    /// it.
    [[nodiscard]] std::string url(const std::string& name = "a.git", int port = 0) const {
        return "ssh://" + user() + "@127.0.0.1:" + std::to_string(port == 0 ? this->port() : port) +
               repository(name).string();
    }
    /// A private key, as a secret has it: without the last line's end.
    [[nodiscard]] std::string key(const std::string& name = "client") const {
        std::string text = read_text(directory_ / name);
        text.pop_back();
        return text;
    }
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return directory_ / name; }
    /// What sshd wrote about its sessions.
    [[nodiscard]] std::string log() const { return read_text(directory_ / "sshd.log"); }
    static std::string user() { return ::getpwuid(::geteuid())->pw_name; }

private:
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& options) const {
        std::vector<std::string> all = {"--directory", directory_.string()};
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }

    std::filesystem::path directory_;
    ServerProcess process_;
};

/// tests/standin/chaos_proxy.py in front of a port of this machine.
class ChaosProxy {
public:
    ChaosProxy(const std::filesystem::path& directory, int port, const std::vector<std::string>& rules)
        : process_(directory, "proxy-" + std::to_string(port), "standin/chaos_proxy.py", words(port, rules)) {
    }
    [[nodiscard]] int port() const { return process_.port(); }

private:
    static std::vector<std::string> words(int port, const std::vector<std::string>& rules) {
        std::vector<std::string> all = {"--target", "127.0.0.1:" + std::to_string(port)};
        all.insert(all.end(), rules.begin(), rules.end());
        return all;
    }
    ServerProcess process_;
};

}  // namespace autobackup::test
