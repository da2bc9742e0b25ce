// SPDX-License-Identifier: MIT
// Against a real sshd and the system's ssh.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "lib/remote/run_folder.hpp"
#include "lib/remote/ssh_address.hpp"
#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/ssh_server.hpp"

namespace autobackup::remote {

using namespace std::chrono_literals;
using test::git;
using test::shell;
using Clock = std::chrono::steady_clock;

class SshRemoteTest : public testing::Test {
protected:
    [[nodiscard]] fs::path run_directory() const { return dir_.path() / "run"; }
    [[nodiscard]] Settings settings(const std::string& url, const std::string& key = "client",
                                    const std::string& hosts = "known_hosts") const {
        Settings settings = at(url);
        settings.ssh.key = Secret(server_.key(key));
        settings.ssh.known_hosts = server_.file(hosts);
        settings.ssh.run_directory = run_directory();
        settings.no_progress = 20s;
        settings.connect = 20s;
        return settings;
    }
    Kit kit(const std::string& key = "client", const std::string& hosts = "known_hosts") {
        return Kit(settings(server_.url(), key, hosts));
    }
    [[nodiscard]] long folders() const {
        return fs::exists(run_directory()) ? std::distance(fs::directory_iterator(run_directory()), {}) : 0;
    }
    static long logins(const std::string& log) {
        long count = 0;
        for (std::size_t at = log.find("Accepted publickey"); at != std::string::npos;
             at = log.find("Accepted publickey", at + 1))
            ++count;
        return count;
    }
    Result<PushReport> push_through(const std::vector<std::string>& rules, std::size_t bytes,
                                    Milliseconds no_progress) {
        test::ChaosProxy proxy(dir_.path(), server_.port(), rules);
        std::string noise;
        shell("head -c " + std::to_string(bytes) + " /dev/urandom > '" + (dir_.path() / "noise").string() +
              "'");
        const Oid head = work_.commit("noise", test::read_text(dir_.path() / "noise"));
        Settings through = settings(server_.url("a.git", proxy.port()));
        through.no_progress = no_progress;
        Kit remote(through);
        return remote.push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()));
    }

    test::TempDir dir_;
    test::SshServer server_{dir_.path() / "server"};
    test::WorkTree work_{dir_.path() / "work"};
};

}  // namespace autobackup::remote
