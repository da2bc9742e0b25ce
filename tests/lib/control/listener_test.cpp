// SPDX-License-Identifier: MIT
// The socket's name: who gets it, with which rights, and what happens to a dead one.
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "lib/control/listener.hpp"
#include "tests/lib/control/control_fixture.hpp"
#include "tests/support/child.hpp"

namespace autobackup::test::listener_test {
namespace {

struct stat seen(const std::filesystem::path& path) {
    struct stat found {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found;
}

TEST(ControlSocket, HasItsRightsWhateverTheUmask) {
    const TempDir directory;
    const mode_t before = ::umask(0);
    {
        const RunningServer server(settings_in(directory));
        EXPECT_TRUE(server.listening());
        EXPECT_EQ(seen(server.path()).st_mode, S_IFSOCK | 0660U);
    }
    ::umask(0777);
    {
        const RunningServer server(settings_in(directory));
        EXPECT_TRUE(server.listening());
        EXPECT_EQ(seen(server.path()).st_mode, S_IFSOCK | 0660U);
    }
    ::umask(before);
}

TEST(ControlSocket, BelongsToTheGroup) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may give a file to any group";
    const group* const games = ::getgrnam("games");
    ASSERT_NE(games, nullptr);
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.group = "games";
    const RunningServer server(settings);
    EXPECT_EQ(seen(server.path()).st_gid, games->gr_gid);
}

TEST(ControlSocket, GoesWithTheServerButNotAnother) {
    const TempDir directory;
    {
        RunningServer server(settings_in(directory));
        server.stop();
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
    const RunningServer server(settings_in(directory));
    std::filesystem::remove(server.path());
    RunningServer second(settings_in(directory));
    ASSERT_TRUE(second.listening());
    const_cast<RunningServer&>(server).stop();
    EXPECT_TRUE(ask(second.path(), "echo"));
}

TEST(ControlSocket, OfADeadProcessIsReplaced) {
    const TempDir directory;
    const auto path = directory.path() / "control.sock";
    Child child([&] {
        const auto made = control::Listener::make(path, std::nullopt);
        Child::tell_parent();
        if (made) Child::wait_for_ever();
        return 1;
    });
    ASSERT_TRUE(child.await_word());
    {
        const RunningServer refused(settings_in(directory));
        ASSERT_FALSE(refused.listening());
        EXPECT_EQ(refused.listening().error().code, Errc::busy);
        EXPECT_NE(describe(refused.listening().error()).find(path.native()), std::string::npos);
    }
    child.kill_9();
    ASSERT_TRUE(std::filesystem::exists(path));
    const RunningServer server(settings_in(directory));
    ASSERT_TRUE(server.listening()) << describe(server.listening().error());
    EXPECT_TRUE(ask(path, "echo"));
}

TEST(ControlSocket, AFileThatIsNoSocketIsLeftAlone) {
    const TempDir directory;
    std::ofstream(directory.path() / "control.sock") << "precious";
    const RunningServer server(settings_in(directory));
    ASSERT_FALSE(server.listening());
    EXPECT_EQ(server.listening().error().code, Errc::io_error);
    EXPECT_EQ(std::filesystem::file_size(directory.path() / "control.sock"), 8U);
}

TEST(ControlSocket, AMissingDirectoryAndALongPathSayWhatToDo) {
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    settings.path = directory.path() / "none" / "control.sock";
    const RunningServer missing(settings);
    ASSERT_FALSE(missing.listening());
    EXPECT_NE(missing.listening().error().hint.find("RuntimeDirectory"), std::string::npos);
    settings.path = directory.path() / std::string(100, 'x');
    const RunningServer long_path(settings);
    ASSERT_FALSE(long_path.listening());
    EXPECT_EQ(long_path.listening().error().code, Errc::config_invalid);
}

TEST(ControlSocket, OfManyThatStartAtOnceExactlyOneListens) {
    for (int round = 0; round < 10; ++round) {
        const TempDir directory;
        const auto path = directory.path() / "control.sock";
        {  // a dead one, which all of them find
            Child dead([&] { return control::Listener::make(path, std::nullopt) ? ::raise(SIGKILL) : 1; });
            ASSERT_EQ(dead.wait(), 128 + SIGKILL);
        }
        std::vector<std::unique_ptr<Child>> rivals;
        for (int i = 0; i < 6; ++i) {
            rivals.push_back(std::make_unique<Child>([&] {
                const auto made = control::Listener::make(path, std::nullopt);
                Child::tell_parent();
                if (made) Child::wait_for_ever();
                return made.error().code == Errc::busy ? 7 : 8;
            }));
        }
        for (const auto& rival : rivals) ASSERT_TRUE(rival->await_word());
        // The losers end by themselves; a second winner would stay. Not reaped here: that is their owner's.
        std::ptrdiff_t alive = 0;
        const bool one_left = soon([&] {
            alive = std::count_if(rivals.begin(), rivals.end(), [](const auto& rival) {
                siginfo_t ended{};
                ::waitid(P_PID, static_cast<id_t>(rival->pid()), &ended, WEXITED | WNOHANG | WNOWAIT);
                EXPECT_TRUE(ended.si_pid == 0 || ended.si_status == 7);
                return ended.si_pid == 0;
            });
            return alive == 1;
        });
        EXPECT_TRUE(one_left) << alive << " listen";
        EXPECT_EQ(control::Listener::make(path, std::nullopt).error().code, Errc::busy);
    }
}

TEST(ControlSocket, AListeningDescriptorIsTakenOver) {
    const TempDir directory;
    const auto path = directory.path() / "given.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    const int given = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(given, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(given, 5), 0);
    control::Settings settings = settings_in(directory);
    settings.descriptor = given;
    {
        const RunningServer server(settings);
        ASSERT_TRUE(server.listening());
        EXPECT_TRUE(ask(path, "echo"));
        EXPECT_FALSE(std::filesystem::exists(settings.path));
    }
    EXPECT_TRUE(std::filesystem::exists(path));  // its owner is the service manager
}

TEST(ControlSocket, AnotherDescriptorIsRefused) {
    const TempDir directory;
    control::Settings settings = settings_in(directory);
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
        settings.descriptor = ::socket(AF_UNIX, type, 0);  // does not listen
        const RunningServer server(settings);
        ASSERT_FALSE(server.listening());
        EXPECT_EQ(server.listening().error().code, Errc::config_invalid);
    }
}

}  // namespace
}  // namespace autobackup::test::listener_test
