// SPDX-License-Identifier: MIT
#include "lib/core/file.hpp"

#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.hpp"

namespace autobackup::file_test {
namespace {

TEST(DurableFile, AppearsWholeAndReplaces) {
    const test::TempDir dir;
    const fs::path path = dir.path() / "a.json";
    ASSERT_TRUE(write_file_durably(path, "one", 0640));
    ASSERT_TRUE(write_file_durably(path, "two", 0600));
    EXPECT_EQ(read_file(path).value(), "two");
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
}

TEST(DurableFile, FailureNamesThePathAndLeavesNothing) {
    const Result<void> written = write_file_durably("/proc/nowhere/x", "one");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::io_error);
    EXPECT_NE(written.error().object.find("/proc/nowhere/x"), std::string::npos);
}

TEST(DurableFile, ADeviceThatIsFullIsTold) {
    const Result<FileDescriptor> full = open_file("/dev/full", O_WRONLY);
    ASSERT_TRUE(full);
    const Result<void> written = write_all(full->get(), "x", "/dev/full");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::disk_full);
}

TEST(ReadFile, RefusesMoreThanItsLimit) {
    const test::TempDir dir;
    ASSERT_TRUE(write_file_durably(dir.path() / "big", std::string(1000, 'x')));
    EXPECT_EQ(read_file(dir.path() / "big", 999).error().code, Errc::response_too_large);
    EXPECT_TRUE(read_file(dir.path() / "big", 1000));
}

TEST(MakeDirectories, GivesModesPastTheUmask) {
    const test::TempDir dir;
    const mode_t old = ::umask(0077);
    const Result<void> made = make_directories(dir.path() / "a/b", 0750);
    ::umask(old);
    ASSERT_TRUE(made);
    struct stat status {};
    ASSERT_EQ(::stat((dir.path() / "a").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0750U);
    ASSERT_TRUE(write_file_durably(dir.path() / "file", ""));
    EXPECT_FALSE(make_directories(dir.path() / "file/x"));
}

}  // namespace
}  // namespace autobackup::file_test
