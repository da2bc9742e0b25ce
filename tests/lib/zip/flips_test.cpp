// SPDX-License-Identifier: MIT
// One bit of an archive is wrong: it is found, or it is one of the few bits that mean nothing, each of which
// is named here.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <random>
#include <set>

#include "lib/zip/archive.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/zip_builder.hpp"

namespace autobackup::zip::flips_test {
namespace {

using test::build_zip;
using test::number_at;

const std::filesystem::path samples = std::filesystem::path(AUTOBACKUPD_TEST_DATA) / "cvat" / "samples";

// A file of which one bit is turned over for a moment.
class Flipper {
public:
    Flipper(const std::filesystem::path& path, std::string bytes) : path_(path), bytes_(std::move(bytes)) {
        test::write_bytes(path_, bytes_);
        fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    }
    ~Flipper() { ::close(fd_); }

    // nullopt: the damage was found. Otherwise all contents as they were read.
    std::optional<std::map<std::size_t, std::string>> read_with(std::size_t bit) {
        const char good = bytes_.at(bit / 8);
        put(bit / 8, static_cast<char>(static_cast<unsigned char>(good) ^ (1U << bit % 8)));
        auto contents = read();
        put(bit / 8, good);
        return contents;
    }
    std::optional<std::map<std::size_t, std::string>> read() {
        auto archive = Archive::open(path_);
        if (!archive || !archive->check(1, {}, {})) return std::nullopt;
        std::map<std::size_t, std::string> contents;
        for (std::size_t i = 0; i < archive->members().size(); ++i) {
            contents[i] = archive->read_text(archive->members()[i], 1 << 20).value();
        }
        return contents;
    }

private:
    void put(std::size_t at, char byte) {
        if (::pwrite(fd_, &byte, 1, static_cast<off_t>(at)) != 1) throw std::runtime_error("pwrite failed");
    }
    std::filesystem::path path_;
    std::string bytes_;
    int fd_ = -1;
};

void add_bits(std::set<std::size_t>& bits, std::size_t byte, unsigned mask) {
    for (std::size_t i = 0; i < 8; ++i) {
        if ((mask >> i & 1) != 0) bits.insert(byte * 8 + i);
    }
}

// The bits of one central entry that mean nothing. `own_extra` is how much of the extra field, from its
// start, is zip64.
void add_entry_bits(std::set<std::size_t>& bits, const std::string& bytes, std::size_t at, bool directory) {
    add_bits(bits, at + 4, 0xFF);   // version made by: version
    add_bits(bits, at + 5, 0xFF);   // version made by: system
    add_bits(bits, at + 36, 0x01);  // internal attributes: "text"
    // External attributes of DOS: all but "volume label" (0x08) and, for a file, "directory" (0x10).
    add_bits(bits, at + 38, directory ? 0xF7 : 0xE7);
    add_bits(bits, at + 39, 0xFF);
    // External attributes of Unix: permissions, set-id, sticky; and the one type bit without which there is
    // no type at all.
    add_bits(bits, at + 40, 0xFF);
    add_bits(bits, at + 41, directory ? 0x4F : 0x8F);
    const std::size_t comment = number_at(bytes, at + 32, 2);
    const std::size_t comment_at = at + 46 + number_at(bytes, at + 28, 2) + number_at(bytes, at + 30, 2);
    for (std::size_t i = 0; i < comment; ++i) add_bits(bits, comment_at + i, 0xFF);
}

// All bits that mean nothing in an archive without zip64 records and extra fields.
std::set<std::size_t> free_bits(const std::string& bytes, std::size_t end) {
    std::set<std::size_t> bits;
    std::size_t at = number_at(bytes, end + 16, 4);
    for (std::size_t left = number_at(bytes, end + 10, 2); left > 0; --left) {
        const std::size_t name = number_at(bytes, at + 28, 2);
        add_entry_bits(bits, bytes, at, bytes[at + 46 + name - 1] == '/');
        at += 46 + name + number_at(bytes, at + 30, 2) + number_at(bytes, at + 32, 2);
    }
    for (std::size_t i = end + 22; i < bytes.size(); ++i) add_bits(bits, i, 0xFF);  // comment of the archive
    return bits;
}

TEST(Flips, EveryBitOfASmallSample) {
    const test::TempDir dir;
    const std::string bytes = test::read_bytes(samples / "project-duplicate-assets.zip");
    const auto expected_free = free_bits(bytes, bytes.size() - 22);
    Flipper flipper(dir.path() / "a.zip", bytes);
    ASSERT_TRUE(flipper.read());
    std::set<std::size_t> unnoticed;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        if (flipper.read_with(bit)) unnoticed.insert(bit);
    }
    EXPECT_EQ(unnoticed, expected_free);
}

TEST(Flips, ThousandOfEverySample) {
    const test::TempDir dir;
    std::mt19937_64 random(20261121);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(samples)) {
        if (entry.path().extension() != ".zip") continue;
        ++files;
        const std::string bytes = test::read_bytes(entry.path());
        const auto expected_free = free_bits(bytes, bytes.size() - 22);
        Flipper flipper(dir.path() / entry.path().filename(), bytes);
        ASSERT_TRUE(flipper.read()) << entry.path();
        for (int i = 0; i < 1000; ++i) {
            const std::size_t bit = random() % (bytes.size() * 8);
            const bool noticed = !flipper.read_with(bit).has_value();
            ASSERT_EQ(noticed, !expected_free.contains(bit)) << entry.path() << " bit " << bit;
        }
    }
    EXPECT_GE(files, 20U);
}

TEST(Flips, EveryBitOfDescriptorsDirectoriesAndComments) {
    const test::TempDir dir;
    for (const int descriptor : {12, 16, 20, 24}) {
        const auto zip =
            build_zip({{.name = "d/", .attributes = 0x41ed0010},
                       {.name = "d/é", .content = "stored", .flags = 0x800, .descriptor = descriptor},
                       {.name = "x", .content = "", .comment = "of x"}},
                      "of all");
        const auto expected_free = free_bits(zip.bytes, zip.end);
        Flipper flipper(dir.path() / "a.zip", zip.bytes);
        ASSERT_TRUE(flipper.read()) << descriptor;
        std::set<std::size_t> unnoticed;
        for (std::size_t bit = 0; bit < zip.bytes.size() * 8; ++bit) {
            if (flipper.read_with(bit)) unnoticed.insert(bit);
        }
        EXPECT_EQ(unnoticed, expected_free) << descriptor;
    }
}

TEST(Flips, EveryBitOfZip64Records) {
    const test::TempDir dir;
    const auto zip = build_zip(
        {{.name = "a", .content = "first", .zip64 = true}, {.name = "b", .content = "second"}}, {}, true);
    Flipper flipper(dir.path() / "a.zip", zip.bytes);
    ASSERT_TRUE(flipper.read());
    std::set<std::size_t> expected_free;
    for (const std::size_t at : zip.central) add_entry_bits(expected_free, zip.bytes, at, false);
    add_bits(expected_free, zip.end - 76 + 12, 0xFF);  // version made by, in the zip64 end record
    add_bits(expected_free, zip.end - 76 + 13, 0xFF);
    std::set<std::size_t> unnoticed;
    for (std::size_t bit = 0; bit < zip.bytes.size() * 8; ++bit) {
        if (flipper.read_with(bit)) unnoticed.insert(bit);
    }
    EXPECT_EQ(unnoticed, expected_free);
}

// Deflate can say the same thing in several ways (and leaves up to 7 bits at its end unused): what is not
// noticed gives the same bytes.
TEST(Flips, EveryBitOfDeflatedMembers) {
    const test::TempDir dir;
    std::string text;
    for (int i = 0; i < 40; ++i) text += "frame_" + std::to_string(i * i) + ".png,";
    const auto zip = build_zip({{.name = "a", .content = text, .deflated = true},
                                {.name = "b", .content = "aaaaaaaaaaaaaa", .deflated = true}});
    const auto expected_free = free_bits(zip.bytes, zip.end);
    Flipper flipper(dir.path() / "a.zip", zip.bytes);
    const auto good = flipper.read();
    ASSERT_TRUE(good);
    for (std::size_t bit = 0; bit < zip.bytes.size() * 8; ++bit) {
        const auto contents = flipper.read_with(bit);
        if (!contents || expected_free.contains(bit)) continue;
        const bool in_data = (bit / 8 >= zip.data[0] && bit / 8 < zip.local[1]) ||
                             (bit / 8 >= zip.data[1] && bit / 8 < zip.directory);
        EXPECT_TRUE(in_data) << "bit " << bit;
        EXPECT_EQ(*contents, *good) << "bit " << bit;
    }
}

TEST(Truncation, AtEveryPercentAndEveryByteOfTheEnd) {
    const test::TempDir dir;
    for (const char* const name : {"project-images-video-gt-skeleton-guide.zip",
                                   "task-unicode-file-names.zip", "project-no-tasks.zip"}) {
        const std::string bytes = test::read_bytes(samples / name);
        std::set<std::size_t> lengths;
        for (std::size_t percent = 0; percent < 100; ++percent) lengths.insert(bytes.size() * percent / 100);
        for (std::size_t cut = 1; cut <= 200; ++cut) lengths.insert(bytes.size() - cut);
        for (const std::size_t length : lengths) {
            const auto path = test::write_bytes(dir.path() / "cut.zip", bytes.substr(0, length));
            auto archive = Archive::open(path);
            EXPECT_FALSE(archive && archive->check(2, {}, {})) << name << " cut to " << length;
            if (!archive) {
                EXPECT_EQ(archive.error().code, Errc::archive_invalid);
            }
        }
    }
}

}  // namespace
}  // namespace autobackup::zip::flips_test
