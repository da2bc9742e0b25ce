// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <zlib.h>

#include "lib/git/file_window.hpp"
#include "lib/git/zlib_encoder.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::git::zlib_test {
namespace {

class Zlib : public testing::Test {
protected:
    /// What the stream in `bytes` unpacks to, by way of a file and a small window; `crc` is that of the
    /// stream.
    Result<std::string> unpack(const std::string& bytes, std::uint64_t* behind = nullptr,
                               std::uint32_t* crc = nullptr) {
        const fs::path path = directory_.path() / "stream";
        EXPECT_TRUE(write_file_durably(path, bytes));
        const Result<FileDescriptor> file = open_file(path, O_RDONLY);
        FileWindow window(file->get(), path, 1000);
        Inflater inflater;
        std::string content;
        const Result<std::uint64_t> end = inflater.run(
            window, 0, bytes.size(),
            [&content](std::span<const std::byte> piece) -> Result<void> {
                content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
                return {};
            },
            crc);
        if (!end) return end.error();
        if (behind != nullptr) *behind = *end;
        return content;
    }
    static std::string encode(ZlibEncoder& encoder, const std::string& content, bool compress,
                              std::size_t piece) {
        std::string encoded;
        const TakeBytes append = [&encoded](std::span<const std::byte> bytes) -> Result<void> {
            encoded.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        };
        encoder.begin(content.size(), compress);
        for (std::size_t at = 0; at < content.size(); at += piece) {
            EXPECT_TRUE(encoder.update(std::as_bytes(std::span(std::string_view(content).substr(at, piece))),
                                       append));
        }
        EXPECT_TRUE(encoder.finish(append));
        return encoded;
    }
    test::TempDir directory_;
};

TEST_F(Zlib, WhatIsEncodedUnpacksWithZlibAndWithOurReader) {
    ZlibEncoder encoder;
    for (const std::size_t size : {0U, 1U, 1'000U, 65'535U, 65'536U, 200'000U, 4'194'304U, 4'194'305U}) {
        for (const std::string& content :
             {test::noise(size, 3), test::prose(size, 4), std::string(size, '\0')}) {
            for (const bool compress : {false, true}) {
                const std::string encoded = encode(encoder, content, compress, 50'021);
                std::string plain(size + 1, '\0');
                uLongf length = plain.size();
                ASSERT_EQ(::uncompress(reinterpret_cast<Bytef*>(plain.data()), &length,
                                       reinterpret_cast<const Bytef*>(encoded.data()), encoded.size()),
                          Z_OK);
                plain.resize(length);
                EXPECT_EQ(plain, content);
                std::uint64_t behind = 0;
                std::uint32_t crc = 0;
                const Result<std::string> unpacked = unpack(encoded + "next", &behind, &crc);
                ASSERT_TRUE(unpacked) << describe(unpacked.error());
                EXPECT_EQ(*unpacked, content);
                EXPECT_EQ(behind, encoded.size());
                EXPECT_EQ(crc, ::crc32(0, reinterpret_cast<const Bytef*>(encoded.data()),
                                       static_cast<uInt>(encoded.size())));
                EXPECT_LE(encoded.size(), size + 5 * (size / 65'535 + 1) + 11 + size / 1000);
            }
        }
    }
}

// Adler-32 of 65521 zero bytes is 1 again, as before the first byte.
TEST_F(Zlib, AnAdlerSumThatComesBackToOneIsNoBeginning) {
    ZlibEncoder encoder;
    const std::string content(65'521, '\0');
    const std::string encoded = encode(encoder, content, false, 65'521);
    EXPECT_EQ(unpack(encoded).value(), content);
    EXPECT_EQ(encoded.size(), 2 + 5 + content.size() + 4);
}

// zlib's fastest level writes the same first two bytes as we do for stored streams, and mixes stored with
// compressed blocks.
TEST_F(Zlib, StoredBlocksMayBeFollowedByOthers) {
    const std::string noise = test::noise(200'000, 5);
    const std::string content = noise + test::prose(200'000, 6) + noise.substr(150'000);
    std::string encoded(compressBound(content.size()), '\0');
    uLongf length = encoded.size();
    ASSERT_EQ(::compress2(reinterpret_cast<Bytef*>(encoded.data()), &length,
                          reinterpret_cast<const Bytef*>(content.data()), content.size(), 1),
              Z_OK);
    encoded.resize(length);
    ASSERT_EQ(encoded.substr(0, 2), "\x78\x01");
    ASSERT_LE(static_cast<unsigned char>(encoded[2]), 1)
        << "the first block must be a stored one for this test to say anything";
    std::uint32_t crc = 0;
    EXPECT_EQ(unpack(encoded, nullptr, &crc).value(), content);
    EXPECT_EQ(crc,
              ::crc32(0, reinterpret_cast<const Bytef*>(encoded.data()), static_cast<uInt>(encoded.size())));
}

TEST_F(Zlib, DamageIsFound) {
    ZlibEncoder encoder;
    for (const bool compress : {false, true}) {
        const std::string content = test::prose(70'000, 9);
        const std::string good = encode(encoder, content, compress, 10'000);
        for (std::size_t at = 0; at < good.size(); at += 1 + good.size() / 97) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ 0x10);
            const Result<std::string> unpacked = unpack(bad);
            EXPECT_TRUE(!unpacked || *unpacked == content) << at;
            EXPECT_FALSE(unpack(good.substr(0, at))) << at;
        }
        EXPECT_EQ(unpack(good.substr(0, good.size() - 1)).error().code, Errc::repository_invalid);
    }
}

}  // namespace
}  // namespace autobackup::git::zlib_test
