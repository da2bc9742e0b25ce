// SPDX-License-Identifier: MIT
#include "lib/core/page_cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "lib/core/file.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::page_cache_test {
namespace {

constexpr std::size_t size = std::size_t{32} << 20;

/// Bytes of the file's first `size` that are in memory.
std::size_t resident(int fd) {
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) return 0;
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> pages(size / page);
    const int looked = ::mincore(mapped, size, pages.data());
    ::munmap(mapped, size);
    EXPECT_EQ(looked, 0);
    std::size_t bytes = 0;
    for (const unsigned char one : pages) bytes += (one & 1U) * page;
    return bytes;
}

class PageCache : public ::testing::Test {
protected:
    void SetUp() override {
        Result<FileDescriptor> file = open_file(path_, O_RDWR | O_CREAT);
        ASSERT_TRUE(file);
        file_ = std::move(*file);
        fill();
    }
    // All of it in memory, and on the disk.
    void fill() {
        ASSERT_EQ(::lseek(file_.get(), 0, SEEK_SET), 0);
        for (std::size_t done = 0; done < size; done += piece_.size()) ASSERT_TRUE(write_all(file_.get(), piece_, path_));
        ASSERT_TRUE(sync_file(file_.get(), path_));
        ASSERT_GT(resident(file_.get()), size / 2);
    }

    const test::TempDir directory_;
    const fs::path path_ = directory_.path() / "file";
    const std::string piece_ = std::string(std::size_t{1} << 20, 'x');
    FileDescriptor file_;
};

TEST_F(PageCache, SmallRangesOneAfterTheOtherLeaveNothing) {
    ASSERT_EQ(::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
    if (resident(file_.get()) > size / 8) GTEST_SKIP() << "the file system of " << directory_.path() << " keeps its pages whatever it is told";
    fill();
    // Like the members of a ZIP: smaller than what the system keeps together, and not at its borders.
    constexpr std::size_t step = 200'123;
    for (std::size_t begin = 0; begin < size; begin += step) release_pages(file_.get(), begin, std::min(size, begin + step));
    EXPECT_LT(resident(file_.get()), size / 8);
    std::string read(piece_.size(), '\0');
    ASSERT_TRUE(read_exactly(file_.get(), std::as_writable_bytes(std::span(read)), 12'345, path_)) << "it is still there";
    EXPECT_EQ(read, piece_);
}

}  // namespace
}  // namespace autobackup::page_cache_test
