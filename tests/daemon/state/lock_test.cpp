// SPDX-License-Identifier: MIT
#include "daemon/state/lock.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/child.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::state::lock_test {
namespace {

using test::Child;

TEST(JobLock, IsExclusivePerJob) {
    test::TempDir dir;
    {
        const Result<JobLock> first = JobLock::acquire(dir.path(), "lab");
        ASSERT_TRUE(first);
        const Result<JobLock> second = JobLock::acquire(dir.path(), "lab");
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, Errc::busy);
        EXPECT_EQ(second.error().object, "job lab");
        EXPECT_TRUE(JobLock::acquire(dir.path(), "other"));
    }
    EXPECT_TRUE(JobLock::acquire(dir.path(), "lab"));
}

TEST(JobLock, TheFileHasItsModeWhateverTheUmask) {
    test::TempDir dir;
    const mode_t before = ::umask(077);
    const Result<JobLock> lock = JobLock::acquire(dir.path(), "lab");
    ::umask(before);
    ASSERT_TRUE(lock);
    EXPECT_EQ(std::filesystem::status(dir.path() / "locks" / "lab.lock").permissions(), std::filesystem::perms(0640));
}

TEST(JobLock, NamesTheHolder) {
    test::TempDir dir;
    Child child([&] {
        const Result<JobLock> lock = JobLock::acquire(dir.path(), "lab");
        if (!lock) return 1;
        Child::tell_parent();
        Child::wait_for_ever();
    });
    ASSERT_TRUE(child.await_word());
    const Result<JobLock> lock = JobLock::acquire(dir.path(), "lab");
    ASSERT_FALSE(lock);
    const std::string& message = lock.error().message;
    EXPECT_EQ(message.rfind("process " + std::to_string(child.pid()) + " on ", 0), 0U) << message;
    EXPECT_NE(message.find(" since 2"), std::string::npos) << message;
}

TEST(JobLock, DiesWithItsProcess) {
    test::TempDir dir;
    Child child([&] {
        const Result<JobLock> lock = JobLock::acquire(dir.path(), "lab");
        Child::tell_parent();
        Child::wait_for_ever();
        return 0;
    });
    ASSERT_TRUE(child.await_word());
    ASSERT_FALSE(JobLock::acquire(dir.path(), "lab"));
    child.kill_9();
    EXPECT_TRUE(JobLock::acquire(dir.path(), "lab"));
}

TEST(JobLock, GoesWithAMove) {
    test::TempDir dir;
    Result<JobLock> lock = JobLock::acquire(dir.path(), "lab");
    ASSERT_TRUE(lock);
    {
        const JobLock moved = std::move(*lock);
        EXPECT_FALSE(JobLock::acquire(dir.path(), "lab"));
    }
    EXPECT_TRUE(JobLock::acquire(dir.path(), "lab"));
}

TEST(JobLock, AHolderWithoutATextIsStillBusy) {
    test::TempDir dir;
    const Result<JobLock> lock = JobLock::acquire(dir.path(), "lab");
    fs::resize_file(dir.path() / "locks" / "lab.lock", 0);
    const Result<JobLock> second = JobLock::acquire(dir.path(), "lab");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "another process works on it");
}

TEST(JobLock, OneOfManyContendersWins) {
    test::TempDir dir;
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 20; ++i) {
        children.push_back(std::make_unique<Child>([&] {
            const Result<JobLock> lock = JobLock::acquire(dir.path(), "lab");
            if (!lock && lock.error().code != Errc::busy) return 1;
            if (lock) std::ofstream(dir.path() / ("winner-" + std::to_string(::getpid())));
            Child::tell_parent();
            Child::wait_for_ever();  // nobody gives the lock back before all have asked for it
        }));
    }
    int winners = 0;
    for (const auto& child : children) {
        EXPECT_TRUE(child->await_word()) << "something else than busy";
        winners += std::filesystem::exists(dir.path() / ("winner-" + std::to_string(child->pid()))) ? 1 : 0;
    }
    EXPECT_EQ(winners, 1);
}

TEST(JobLock, StaysInItsDirectory) {
    test::TempDir dir;
    for (const char* job : {"", "..", "../x", "a/b", ".hidden"}) {
        const Result<JobLock> lock = JobLock::acquire(dir.path(), job);
        ASSERT_FALSE(lock) << job;
        EXPECT_EQ(lock.error().code, Errc::config_invalid);
    }
}

}  // namespace
}  // namespace autobackup::state::lock_test
