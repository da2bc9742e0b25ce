// SPDX-License-Identifier: MIT
#include "lib/git/oid.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::git::oid_test {
namespace {

TEST(Oid, IsExactlyFortyHexDigits) {
    const std::string text = "0123456789abcdef0123456789abcdef01234567";
    const std::optional<Oid> oid = Oid::parse(text);
    ASSERT_TRUE(oid);
    EXPECT_EQ(oid->hex(), text);
    EXPECT_EQ(oid->short_hex(), "01234567");
    EXPECT_EQ(Oid::parse("0123456789ABCDEF0123456789ABCDEF01234567"), oid);
    EXPECT_FALSE(Oid::parse(text.substr(1)));
    EXPECT_FALSE(Oid::parse(text + "0"));
    EXPECT_FALSE(Oid::parse("g" + text.substr(1)));
    for (const char wrong : {'/', ':', '@', 'G', '`', '\xff', '\0'}) {
        EXPECT_FALSE(Oid::parse(std::string(1, wrong) + text.substr(1)));
        EXPECT_FALSE(Oid::parse(text.substr(0, 39) + wrong));
    }
    EXPECT_FALSE(Oid::parse(""));
}

TEST(Oid, ZeroIsZero) {
    EXPECT_TRUE(Oid().is_zero());
    EXPECT_FALSE(Oid::parse("0000000000000000000000000000000000000001")->is_zero());
}

TEST(HashObject, AgreesWithGit) {
    const test::TempDir directory;
    for (const std::string& content : {std::string(), std::string("hello\n"), std::string(100'000, '\0')}) {
        const std::filesystem::path file = directory.path() / "content";
        std::ofstream(file, std::ios::binary) << content;
        const std::string name = test::git(directory.path(), {"hash-object", file.string()});
        EXPECT_EQ(hash_object(ObjectType::blob, content).hex() + "\n", name);
    }
    EXPECT_EQ(hash_object(ObjectType::tree, "").hex(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

TEST(BlobHasher, GivesTheSameNameInPieces) {
    const std::string content(70'001, 'x');
    BlobHasher hasher(content.size());
    for (std::size_t at = 0; at < content.size(); at += 7'000) {
        hasher.update(std::as_bytes(std::span(std::string_view(content).substr(at, 7'000))));
    }
    EXPECT_EQ(hasher.finish(), hash_object(ObjectType::blob, content));
    hasher.restart(ObjectType::tree, 0);
    EXPECT_EQ(hasher.finish(), hash_object(ObjectType::tree, ""));
}

}  // namespace
}  // namespace autobackup::git::oid_test
