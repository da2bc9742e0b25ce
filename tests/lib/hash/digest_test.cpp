// SPDX-License-Identifier: MIT
#include "lib/hash/digest.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "lib/core/text.hpp"

namespace autobackup::hash::digest_test {
namespace {

// FIPS 180-4 examples.
TEST(Digest, KnownAnswers) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Digest sha1(Algorithm::sha1);
    sha1.update("abc");
    EXPECT_EQ(sha1.finish_hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Digest, PiecesAreTheWhole) {
    Digest pieces(Algorithm::sha256);
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
        pieces.update(std::as_bytes(std::span(piece)));
        text += piece;
    }
    EXPECT_EQ(pieces.finish_hex(), sha256_hex(text));
}

TEST(Digest, StartsAnewAfterFinish) {
    Digest digest(Algorithm::sha1);
    digest.update("something else");
    digest.finish();
    digest.update("abc");
    EXPECT_EQ(digest.finish_hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(digest.finish_hex(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(Digest, RawLengthsAndMove) {
    Digest sha1(Algorithm::sha1);
    Digest sha256(Algorithm::sha256);
    EXPECT_EQ(sha1.finish().size(), 20U);
    EXPECT_EQ(sha256.finish().size(), 32U);
    sha256.update("ab");
    Digest moved = std::move(sha256);
    moved.update("c");
    EXPECT_EQ(moved.finish_hex(), sha256_hex("abc"));
}

}  // namespace
}  // namespace autobackup::hash::digest_test
