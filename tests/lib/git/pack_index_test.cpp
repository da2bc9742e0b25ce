// SPDX-License-Identifier: MIT
#include "lib/git/pack_index_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <random>

#include "lib/git/pack_file.hpp"
#include "lib/git/zlib_encoder.hpp"
#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::pack_index_test {
namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

IndexEntry row(const Oid& oid, std::uint64_t offset, std::uint32_t crc) {
    IndexEntry entry;
    entry.oid = oid;
    entry.offset = offset;
    entry.crc = crc;
    return entry;
}

TEST(EntryHead, SurvivesARoundTrip) {
    for (const unsigned type : {1U, 2U, 3U, 4U, offset_delta, reference_delta}) {
        for (std::uint64_t size = 0, step = 0; step < 64;
             size = (std::uint64_t{1} << step) + (step % 2), ++step) {
            std::array<std::byte, longest_entry_head> bytes{};
            const std::size_t length = encode_entry_head(type, size, bytes);
            const std::optional<EntryHead> head =
                decode_entry_head(std::span<const std::byte>(bytes).first(length));
            ASSERT_TRUE(head) << size;
            EXPECT_EQ(head->type, type);
            EXPECT_EQ(head->size, size);
            EXPECT_EQ(head->length, length);
            EXPECT_FALSE(decode_entry_head(std::span<const std::byte>(bytes).first(length - 1))) << size;
        }
    }
    const std::array<std::byte, 1> no_type{std::byte{0x00}};
    EXPECT_FALSE(decode_entry_head(no_type));
    std::array<std::byte, 16> endless{};
    endless.fill(std::byte{0xff});
    EXPECT_FALSE(decode_entry_head(endless));
    EXPECT_FALSE(decode_base_distance(endless));
}

TEST(PackIndex, OffsetsBeyondTwoGibibytesAreReadByGit) {
    const test::TempDir directory;
    std::mt19937_64 random(1);
    std::vector<IndexEntry> entries;
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        const Oid oid = hash_object(ObjectType::blob, std::to_string(i));
        const std::uint64_t offset = i == 0   ? 2 * gibibyte - 1
                                     : i == 1 ? 2 * gibibyte
                                     : i == 2 ? 4 * gibibyte
                                              : random() % (gibibyte << (i % 12));
        entries.push_back(row(oid, offset, static_cast<std::uint32_t>(random())));
    }
    const fs::path path = directory.path() / "pack-test.idx";
    {
        const Result<FileDescriptor> file = open_file(path, O_WRONLY | O_CREAT);
        ASSERT_TRUE(file);
        ASSERT_TRUE(write_pack_index(file->get(), path, entries, RawDigest{}));
    }
    std::sort(entries.begin(), entries.end(),
              [](const IndexEntry& a, const IndexEntry& b) { return a.oid < b.oid; });
    for (const IndexEntry& entry : entries) {
        char crc[16];
        std::snprintf(crc, sizeof crc, "%08x", entry.crc);
        expected += std::to_string(entry.offset) + " " + entry.oid.hex() + " (" + crc + ")\n";
    }
    EXPECT_EQ(test::git(directory.path(), {"show-index"}, path), expected);
    const Result<std::unique_ptr<PackFile>> read = PackFile::open(path);
    ASSERT_TRUE(read) << describe(read.error());
    ASSERT_EQ((*read)->count(), entries.size());
    for (const IndexEntry& entry : entries) {
        const std::optional<std::uint32_t> found = (*read)->find(entry.oid);
        ASSERT_TRUE(found);
        EXPECT_EQ((*read)->offset(*found), entry.offset);
        EXPECT_EQ((*read)->crc(*found), entry.crc);
        EXPECT_EQ((*read)->oid(*found), entry.oid);
    }
    EXPECT_FALSE((*read)->find(hash_object(ObjectType::blob, "none")));
}

class BigPack : public RepositoryTest {};

// A pack with a hole between two objects: git finds entries by their offset alone, so that it need not have 5
// GiB of content.
TEST_F(BigPack, ObjectsBehindFiveGibibytesAreReadByGitAndByUs) {
    const std::string content = "far out";
    const Oid oid = hash_object(ObjectType::blob, content);
    const std::string near = "near";
    const Oid near_oid = hash_object(ObjectType::blob, near);
    const fs::path path = path_ / "objects/pack" / ("pack-" + std::string(40, 'c') + ".pack");
    const Result<FileDescriptor> file = open_file(path, O_RDWR | O_CREAT);
    ASSERT_TRUE(file);
    const auto put_at = [&file](std::uint64_t offset, std::span<const std::byte> bytes) {
        ASSERT_EQ(::pwrite(file->get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
                  static_cast<ssize_t>(bytes.size()));
    };
    const auto entry_of = [](const std::string& text) {
        std::array<std::byte, longest_entry_head> head{};
        std::vector<std::byte> bytes(
            head.begin(),
            head.begin() + static_cast<std::ptrdiff_t>(encode_entry_head(3, text.size(), head)));
        std::copy_n(head.begin(), bytes.size(), bytes.begin());
        ZlibEncoder encoder;
        const TakeBytes append = [&bytes](std::span<const std::byte> more) -> Result<void> {
            bytes.insert(bytes.end(), more.begin(), more.end());
            return {};
        };
        encoder.begin(text.size(), true);
        EXPECT_TRUE(encoder.update(std::as_bytes(std::span(text)), append));
        EXPECT_TRUE(encoder.finish(append));
        return bytes;
    };
    put_at(0, pack_header(2));
    put_at(12, entry_of(near));
    const std::vector<std::byte> far = entry_of(content);
    put_at(5 * gibibyte, far);
    RawDigest trailer{};
    trailer.fill(7);
    put_at(5 * gibibyte + far.size(), std::as_bytes(std::span(trailer)));
    const fs::path index = fs::path(path).replace_extension(".idx");
    const Result<FileDescriptor> index_file = open_file(index, O_WRONLY | O_CREAT);
    ASSERT_TRUE(index_file);
    ASSERT_TRUE(write_pack_index(index_file->get(), index, {row(oid, 5 * gibibyte, 0), row(near_oid, 12, 0)},
                                 trailer));
    EXPECT_EQ(git({"cat-file", "blob", oid.hex()}), content);
    EXPECT_EQ(git({"cat-file", "blob", near_oid.hex()}), near);
    EXPECT_EQ(repository_->read_blob(oid).value(), content);
    EXPECT_EQ(repository_->read_blob(near_oid).value(), near);
}

TEST_F(BigPack, DamagedIndexesAreNotBelieved) {
    commit_of("1");
    const fs::path index = fs::path(packs().front()).replace_extension(".idx");
    const std::string good = read_file(index).value();
    fs::permissions(index, fs::perms::owner_all);
    const fs::path bad = directory_.path() / "bad.idx";
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{7}, std::size_t{1071}, good.size() - 4, good.size() - 1}) {
        ASSERT_TRUE(write_file_durably(bad, good.substr(0, length)));
        EXPECT_EQ(PackFile::open(bad).error().code, Errc::repository_invalid) << length;
    }
    std::string fanout = good;
    fanout[8] = '\x7f';
    ASSERT_TRUE(write_file_durably(bad, fanout));
    EXPECT_FALSE(PackFile::open(bad));
    std::string version = good;
    version[7] = 3;
    ASSERT_TRUE(write_file_durably(bad, version));
    EXPECT_FALSE(PackFile::open(bad));
}

}  // namespace
}  // namespace autobackup::git::pack_index_test
