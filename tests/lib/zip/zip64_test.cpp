// SPDX-License-Identifier: MIT
// Members beyond 2 and 4 GiB. The data are zeros and the files have holes, so that they take no space.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "lib/zip/archive.hpp"
#include "lib/zip/writer.hpp"
#include "tests/support/command.hpp"
#include "tests/support/zip_builder.hpp"

namespace autobackup::zip::zip64_test {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t first_guessed =
    2'045'222'521;  // 2 GiB / 1.05: python fears that it might grow over 2 GiB
const std::vector<std::byte> zeros(std::size_t{1} << 20);

// Where holes are read fastest: the page cache of a disk's file system fills up with zeros.
class SparseDir {
public:
    SparseDir() {
        std::string pattern =
            (::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path().string());
        pattern += "/autobackupd-test-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        path_ = pattern;
    }
    SparseDir(const SparseDir&) = delete;
    SparseDir& operator=(const SparseDir&) = delete;
    ~SparseDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

std::uint32_t crc_of_zeros(std::uint64_t count) {
    std::uint32_t crc = 0;
    for (; count > 0; count -= std::min<std::uint64_t>(count, zeros.size())) {
        crc = crc32(crc, std::span(zeros).first(
                             static_cast<std::size_t>(std::min<std::uint64_t>(count, zeros.size()))));
    }
    return crc;
}

// A file that leaves holes for `zeros`.
class SparseFile {
public:
    explicit SparseFile(const std::filesystem::path& path)
        : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)) {}
    ~SparseFile() { ::close(fd_); }
    Result<void> take(std::span<const std::byte> bytes) {
        if (bytes.data() != zeros.data()) {
            if (::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at_)) < 0)
                return fail_errno(errno, "write", path_.string());
        }
        at_ += bytes.size();
        return {};
    }

private:
    std::filesystem::path path_;
    int fd_;
    std::uint64_t at_ = 0;
};

struct Sized {
    std::string name;
    std::uint64_t size;
};

void write_zeros(const std::filesystem::path& path, const std::vector<Sized>& members) {
    SparseFile file(path);
    Writer writer([&](std::span<const std::byte> bytes) { return file.take(bytes); });
    Measure measure;
    for (const auto& [name, size] : members) {
        NewMember member;
        member.name = name;
        member.size = size;
        member.crc32 = crc_of_zeros(size);
        measure.add(member);
        ASSERT_TRUE(writer.begin(member));
        for (std::uint64_t left = size; left > 0;) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size()));
            ASSERT_TRUE(writer.data(std::span(zeros).first(count)));
            left -= count;
        }
    }
    ASSERT_TRUE(writer.finish());
    EXPECT_EQ(measure.bytes(), writer.bytes());
}

// Python's file of the same members. It writes zeros as holes too.
void write_with_python(const std::filesystem::path& path, const std::vector<Sized>& members) {
    std::string script =
        "import zipfile\n"
        "Z = memoryview(bytes(1 << 20))\n"
        "class Sparse:\n"
        "    def __init__(s, p): s.f = open(p, 'w+b', buffering=0)\n"
        "    def write(s, b):\n"
        "        if isinstance(b, memoryview): s.f.seek(len(b), 1); return len(b)\n"
        "        return s.f.write(b)\n"
        "    def tell(s): return s.f.tell()\n"
        "    def seek(s, *a): return s.f.seek(*a)\n"
        "    def seekable(s): return True\n"
        "    def flush(s): pass\n"
        "z = zipfile.ZipFile(Sparse('" +
        path.string() +
        "'), 'w')\n"
        "def add(name, size):\n"
        "    i = zipfile.ZipInfo(name); i.external_attr = 0o600 << 16; i.file_size = size\n"  // as
                                                                                              // ZipFile.write()
                                                                                              // and
                                                                                              // writestr()
                                                                                              // set it
        "    with z.open(i, 'w') as m:\n"
        "        while size: m.write(Z[:size]); size -= min(size, len(Z))\n";
    for (const auto& [name, size] : members) script += "add('" + name + "', " + std::to_string(size) + ")\n";
    const auto result = test::run_command("python3 - <<'PYTHON'\n" + script + "z.close()\nPYTHON\n");
    ASSERT_EQ(result.exit_code, 0) << result.output;
}

// Everything but the holes: where the two files have data, byte by byte.
void expect_same(const std::filesystem::path& a, const std::filesystem::path& b) {
    ASSERT_EQ(std::filesystem::file_size(a), std::filesystem::file_size(b));
    for (const auto& path : {a, b}) {
        const int fd_a = ::open(a.c_str(), O_RDONLY);
        const int fd_b = ::open(b.c_str(), O_RDONLY);
        const int fd = path == a ? fd_a : fd_b;
        std::vector<char> left(1 << 20), right(1 << 20);
        std::size_t compared = 0;
        for (off_t at = 0; (at = ::lseek(fd, at, SEEK_DATA)) >= 0;) {
            const off_t hole = ::lseek(fd, at, SEEK_HOLE);
            while (at < hole) {
                const auto want = static_cast<std::size_t>(std::min<off_t>(hole - at, 1 << 20));
                const auto got = ::pread(fd_a, left.data(), want, at);
                ASSERT_GT(got, 0);
                ASSERT_EQ(::pread(fd_b, right.data(), want, at), got);
                ASSERT_TRUE(std::equal(left.begin(), left.begin() + got, right.begin()))
                    << "within 1 MiB from " << at;
                at += got;
                compared += static_cast<std::size_t>(got);
            }
        }
        EXPECT_GT(compared, 100U);
        EXPECT_LT(compared, std::size_t{200} << 20);  // the holes are holes
        ::close(fd_a);
        ::close(fd_b);
    }
}

TEST(Zip64, LikePythonAroundTheLimits) {
    const SparseDir dir;
    const std::vector<Sized> members = {
        {"below the guess", first_guessed - 1}, {"small", 5}, {"large", 2 * gib}, {"ünder", 9}, {"last", 7}};
    write_zeros(dir.path() / "ours.zip", members);
    write_with_python(dir.path() / "python.zip", members);
    expect_same(dir.path() / "ours.zip", dir.path() / "python.zip");
}

// CPython up to 3.11.3 (CVAT's images have 3.10) adds the zip64 extra field to such a member and leaves all
// else as it is; later ones saturate the sizes too. We write the former and read both.
TEST(Zip64, WherePythonGuesses) {
    const SparseDir dir;
    const std::vector<Sized> members = {{"guessed", first_guessed}, {"behind", 5}};
    write_zeros(dir.path() / "ours.zip", members);
    write_with_python(dir.path() / "python.zip", members);
    for (const char* const name : {"ours.zip", "python.zip"}) {
        auto archive = Archive::open(dir.path() / name).value();
        const auto checked = archive.check(2, {}, {});
        EXPECT_TRUE(checked) << name << describe(checked.error());
        EXPECT_EQ(archive.members()[0].data_offset, 30U + 7 + 20) << name;
    }
    std::string head(57, '\0');
    const int fd = ::open((dir.path() / "ours.zip").c_str(), O_RDONLY);
    ASSERT_EQ(::pread(fd, head.data(), head.size(), 0), 57);
    ::close(fd);
    using test::le;
    EXPECT_EQ(head, le(0x04034b50, 4) + le(20, 2) + le(0, 4) + le(0x00210000, 4) +
                        le(crc_of_zeros(first_guessed), 4) + le(first_guessed, 4) + le(first_guessed, 4) +
                        le(7, 2) + le(20, 2) + "guessed" + le(1, 2) + le(16, 2) + le(first_guessed, 8) +
                        le(first_guessed, 8));
}

TEST(Zip64, OthersReadOursBeyondFourGib) {
    const SparseDir dir;
    const auto path = dir.path() / "ours.zip";
    write_zeros(path, {{"first", 3}, {"over 4 GiB", 4 * gib + 10}, {"behind it", 300}});
    const auto python =
        test::run_command("python3 -c \"import zipfile; z = zipfile.ZipFile('" + path.string() +
                          "'); print(z.testzip(), [i.file_size for i in z.infolist()])\"");
    EXPECT_EQ(python.output, "None [3, 4294967306, 300]\n");
    const auto unzip = test::run_command("unzip -tqq '" + path.string() + "' first 'behind it'");
    EXPECT_EQ(unzip.exit_code, 0) << unzip.output;
}

TEST(Zip64, WeReadAndCheckThem) {
    const SparseDir dir;
    const auto path = dir.path() / "ours.zip";
    const std::vector<Sized> members = {
        {"first", 3}, {"large", 2 * gib}, {"over 4 GiB", 4 * gib + 10}, {"behind it", 300}};
    write_zeros(path, members);
    auto archive = Archive::open(path).value();
    ASSERT_EQ(archive.members().size(), members.size());
    for (std::size_t i = 0; i < members.size(); ++i) EXPECT_EQ(archive.members()[i].size, members[i].size);
    EXPECT_GT(archive.members()[3].header_offset, 6 * gib);
    const auto checked = archive.check(2, {}, {});
    ASSERT_TRUE(checked) << describe(checked.error());
    EXPECT_EQ(archive.read_text(archive.members()[3], 300).value(), std::string(300, '\0'));

    // One bit in the last byte of the long member: found.
    const int fd = ::open(path.c_str(), O_RDWR);
    ASSERT_EQ(::pwrite(fd, "\x01", 1, static_cast<off_t>(archive.members()[3].header_offset - 1)), 1);
    ::close(fd);
    EXPECT_EQ(archive.check(2, {}, {}).error().code, Errc::archive_invalid);
}

}  // namespace
}  // namespace autobackup::zip::zip64_test
