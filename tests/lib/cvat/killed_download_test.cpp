// SPDX-License-Identifier: MIT
// A process that is killed in the middle of a download, and a large download's memory.
#include <gtest/gtest.h>

#include "lib/hash/digest.hpp"
#include "tests/lib/cvat/standin_fixture.hpp"
#include "tests/support/child.hpp"

namespace autobackup::cvat::killed_download_test {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
const Object project_1{Kind::project, 1};

class KilledDownloadTest : public testing::Test {
protected:
    /// Resident memory of this process in bytes.
    static std::uint64_t resident() {
        std::ifstream statm("/proc/self/statm");
        std::uint64_t pages = 0, in_memory = 0;
        statm >> pages >> in_memory;
        return in_memory * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
    test::CvatStandin server_{{"--seed", "big:1:1200:100000:0"}};  // 120 MB
    test::TempDir directory_;
    std::filesystem::path file_ = directory_.path() / "x.zip";
};

TEST_F(KilledDownloadTest, TheNextProcessGoesOn) {
    const std::string url = server_.url();
    test::Child killed([&] {
        Lab lab(url, Lab::password());
        lab.observer_.on_progress = [](std::uint64_t received) {
            if (received < 40 * mebibyte) return;
            test::Child::tell_parent();
            test::Child::wait_for_ever();
        };
        const auto file =
            test::run_coroutine([&] { return lab.fetch(project_1, file_); }, Milliseconds(60'000));
        return file ? 0 : 1;
    });
    ASSERT_TRUE(killed.await_word());
    killed.kill_9();
    server_.order("log/clear");

    Lab lab(url, Lab::password());
    const std::string rq_id = "action=export&target=project&target_id=1&user_id=1&subresource=backup";
    const auto file =
        test::run_coroutine([&] { return lab.fetch(project_1, file_, rq_id); }, Milliseconds(60'000));
    ASSERT_TRUE(file) << describe(file.error());
    EXPECT_EQ(file->resumed, 1);
    EXPECT_EQ(file->sha256, hash::sha256_hex(read_file(file_, 1 << 30).value()));
    EXPECT_EQ(server_.count_log("method=POST&path=backup/export"), 0U)
        << "attached to the export of the killed process";
    EXPECT_LE(lab.http_->traffic().bytes_received, file->bytes - 40 * mebibyte + 17 * mebibyte);
}

TEST_F(KilledDownloadTest, MemoryStaysFlat) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer keeps freed memory: resident memory says nothing";
#endif
    Lab lab(server_.url(), Lab::password());
    const std::uint64_t before = resident();
    std::uint64_t peak = 0;
    lab.observer_.on_progress = [&](std::uint64_t) { peak = std::max(peak, resident()); };
    const auto file = test::run_coroutine([&] { return lab.fetch(project_1, file_); }, Milliseconds(60'000));
    ASSERT_TRUE(file) << describe(file.error());
    EXPECT_GT(file->bytes, 100 * mebibyte);
    EXPECT_LT(peak, before + 24 * mebibyte);
}

}  // namespace
}  // namespace autobackup::cvat::killed_download_test
