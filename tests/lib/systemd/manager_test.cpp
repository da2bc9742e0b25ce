// SPDX-License-Identifier: MIT
// Against a datagram socket of our own in the manager's place: what is checked is what goes over the wire.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/systemd/manager.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::systemd::manager_test {
namespace {

class FakeManager : public testing::Test {
protected:
    FakeManager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
        const std::string path = (dir_.path() / "notify").string();
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("bind");
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~FakeManager() override {
        ::close(fd_);
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    }
    std::string heard() {
        char text[4096];
        const ssize_t got = ::recv(fd_, text, sizeof text, 0);
        return got < 0 ? "" : std::string(text, static_cast<std::size_t>(got));
    }

    test::TempDir dir_;
    int fd_;
};

TEST_F(FakeManager, HearsEachMessage) {
    EXPECT_TRUE(Manager::listens());
    Manager::ready("3 jobs");
    EXPECT_EQ(heard(), "READY=1\nSTATUS=3 jobs");
    Manager::status("1 running");
    EXPECT_EQ(heard(), "STATUS=1 running");
    Manager::stopping("waiting for 1 run");
    EXPECT_EQ(heard(), "STOPPING=1\nSTATUS=waiting for 1 run");
    Manager::extend_timeout(std::chrono::seconds(30));
    EXPECT_EQ(heard(), "EXTEND_TIMEOUT_USEC=30000000");
    Manager::alive();
    EXPECT_EQ(heard(), "WATCHDOG=1");
    Manager::reloading();
    const std::string reloading = heard();
    EXPECT_EQ(reloading.rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0U) << reloading;
    EXPECT_GT(std::stoll(reloading.substr(reloading.rfind('=') + 1)), 0);
}

// A name from a server must not become an assignment of its own.
TEST_F(FakeManager, AStatusIsOneLine) {
    Manager::status("job a\nREADY=1\n" + std::string(2000, 'x'));
    const std::string text = heard();
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_LT(text.size(), 600U);
}

TEST_F(FakeManager, TheWatchdogIsForThisProcess) {
    EXPECT_EQ(Manager::watchdog().count(), 0);
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    EXPECT_EQ(Manager::watchdog().count(), 60'000'000);
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(Manager::watchdog().count(), 0);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT_EQ(Manager::watchdog().count(), 60'000'000);
}

TEST(Manager, OutsideSystemdNothingHappens) {
    ::unsetenv("NOTIFY_SOCKET");
    EXPECT_FALSE(Manager::listens());
    Manager::ready("nobody hears");
    Manager::alive();
    EXPECT_EQ(Manager::watchdog().count(), 0);
}

}  // namespace
}  // namespace autobackup::systemd::manager_test
