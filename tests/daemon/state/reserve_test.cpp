// SPDX-License-Identifier: MIT
// The reserve file on a file system that is really full.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "daemon/state/reserve_file.hpp"
#include "daemon/state/store.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::state::reserve_test {
namespace {

/// A small file system of its own, as long as the test lasts.
class ReserveTest : public testing::Test {
protected:
    void SetUp() override {
        if (::mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, "size=20m,mode=0750") != 0) {
            GTEST_SKIP() << "a small file system cannot be mounted here: " << std::strerror(errno);
        }
        mounted_ = true;
    }
    void TearDown() override {
        if (mounted_) ::umount2(dir_.path().c_str(), MNT_DETACH);
    }
    [[nodiscard]] fs::path filler() const { return dir_.path() / "filler"; }
    void fill() {
        const FileDescriptor file = open_file(filler(), O_WRONLY | O_CREAT | O_APPEND).value();
        const std::string page(4'096, 'x');
        while (::write(file.get(), page.data(), page.size()) > 0) {
        }
        ASSERT_EQ(errno, ENOSPC);
    }
    [[nodiscard]] bool reserved() const {
        struct stat status {};
        if (::stat(reserve_file(dir_.path()).c_str(), &status) != 0) return false;
        EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), reserve_bytes);
        EXPECT_GE(static_cast<std::uint64_t>(status.st_blocks) * 512, reserve_bytes) << "a sparse file keeps nothing free";
        return true;
    }
    [[nodiscard]] static model::Run run_named(const char* id) {
        model::Run run;
        run.run_id = id;
        run.job = "lab";
        run.started_at = run.finished_at = now();
        return run;
    }

    test::TempDir dir_;
    bool mounted_ = false;
};

TEST_F(ReserveTest, TheEndOfARunIsWrittenOnAFullDisk) {
    const auto store = std::move(open_sqlite(dir_.path() / "state.sqlite")->store);
    ASSERT_TRUE(keep_reserve(dir_.path()));
    ASSERT_TRUE(reserved());
    ASSERT_TRUE(store->begin_run(run_named("1")));
    fill();
    const std::string report(600'000, 'x');
    const auto written = store->finish_run(run_named("1"), report);
    ASSERT_TRUE(written) << describe(written.error());
    EXPECT_FALSE(reserved()) << "it was given up";
    EXPECT_EQ(store->history("lab", 9)->size(), 1U);

    fill();
    const auto without = store->finish_run(run_named("2"), report);
    ASSERT_FALSE(without) << "nothing was left to give up";
    EXPECT_EQ(without.error().code, Errc::disk_full);
    EXPECT_FALSE(keep_reserve(dir_.path())) << "there is no room for another one";

    remove_quietly(filler());
    EXPECT_TRUE(keep_reserve(dir_.path()));
    EXPECT_TRUE(reserved());
    EXPECT_TRUE(store->finish_run(run_named("2"), report));
    EXPECT_TRUE(reserved()) << "not given up without need";
}

TEST_F(ReserveTest, ItNeverTakesMoreThanHalfOfWhatIsFree) {
    ASSERT_TRUE(write_file_durably(dir_.path() / "other", std::string(6 << 20, 'x')));
    EXPECT_FALSE(keep_reserve(dir_.path()));
    EXPECT_FALSE(reserved());
    EXPECT_FALSE(release_reserve(dir_.path()));
}

TEST_F(ReserveTest, AShortOneIsMadeWhole) {
    ASSERT_TRUE(write_file_durably(reserve_file(dir_.path()), "short"));
    EXPECT_TRUE(keep_reserve(dir_.path()));
    EXPECT_TRUE(reserved());
}

}  // namespace
}  // namespace autobackup::state::reserve_test
