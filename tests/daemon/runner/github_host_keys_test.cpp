// SPDX-License-Identifier: MIT
#include "daemon/runner/github_host_keys.hpp"

#include <gtest/gtest.h>

#include "lib/core/file.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::runner::github_host_keys_test {
namespace {

// The fingerprints are those of docs.github.com, "GitHub's SSH key fingerprints"; OpenSSH itself says whether the lines are these keys.
TEST(GithubHostKeys, HaveThePublishedFingerprints) {
    const test::TempDir directory;
    const Result<std::filesystem::path> file = write_github_host_keys(directory.path() / "ssh");
    ASSERT_TRUE(file) << describe(file.error());
    EXPECT_EQ(read_file(*file).value(), github_host_keys());
    const test::CommandResult told = test::run_command("ssh-keygen -lf " + file->string());
    EXPECT_EQ(told.exit_code, 0) << told.output;
    EXPECT_EQ(told.output,
              "256 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU github.com (ED25519)\n"
              "256 SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM github.com (ECDSA)\n"
              "3072 SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s github.com (RSA)\n");
    const test::CommandResult found = test::run_command("ssh-keygen -F github.com -f " + file->string() + " | grep -c '^github.com'");
    EXPECT_EQ(found.output, "3\n");
}

}  // namespace
}  // namespace autobackup::runner::github_host_keys_test
