// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "lib/zip/archive.hpp"

namespace autobackup::zip::name_test {
namespace {

using namespace std::string_literals;

TEST(UnsafeName, OrdinaryNamesAreSafe) {
    for (const std::string& name : {"project.json"s,
                                    "task_0/data/ünï 日本.png"s,
                                    "data/a b#%.png"s,
                                    "data/"s,
                                    "task_1/data/..."s,
                                    "data/.gitignore"s,
                                    "data/.github/x"s,
                                    "data/git"s,
                                    "data/.git2/x"s,
                                    "data/a.git"s,
                                    "data/12:30.jpg"s,
                                    "data/git~2"s,
                                    "data/..a"s,
                                    "data/ .git"s,
                                    "data/-rf"s,
                                    "data/\xff\xfe.png"s,
                                    "CON"s,
                                    "data/a."s,
                                    "data/.gi"s,
                                    "data/.gitt"s}) {
        EXPECT_EQ(unsafe_name(name), std::nullopt) << name;
    }
}

TEST(UnsafeName, NothingLeavesTheFolder) {
    for (const std::string& name :
         {""s, "/"s, "/etc/passwd"s, ".."s, "../x"s, "a/../x"s, "a/.."s, "a/../"s, "."s, "./a"s, "a/./b"s,
          "a//b"s, "a//"s, "//host/x"s, "C:x"s, "c:/x"s, "a\\b"s, "..\\x"s, "\\\\host\\x"s}) {
        EXPECT_NE(unsafe_name(name), std::nullopt) << name;
    }
}

TEST(UnsafeName, NoControlCharacters) {
    for (int c = 0; c < 0x20; ++c)
        EXPECT_NE(unsafe_name("a"s + static_cast<char>(c) + "b"), std::nullopt) << c;
    EXPECT_NE(unsafe_name("a\x7F"), std::nullopt);
    EXPECT_NE(unsafe_name("a\0"s), std::nullopt);
}

TEST(UnsafeName, NoDotGitInAnyDisguise) {
    const std::string zero_width_joiner = "\xE2\x80\x8D";
    const std::string left_to_right = "\xE2\x80\xAA";
    const std::string no_break = "\xEF\xBB\xBF";
    const std::string digit_shapes = "\xE2\x81\xAF";
    for (const std::string& part :
         {".git"s, ".GIT"s, ".Git"s, ".git."s, ".git "s, ".git . ."s, ".git::$INDEX_ALLOCATION"s, ".git:x"s,
          "git~1"s, "GIT~1"s, "git~1."s, "git~1:x"s, ".g" + zero_width_joiner + "it", left_to_right + ".git",
          ".git" + no_break, ".g" + digit_shapes + "It ", ".git" + zero_width_joiner + "."}) {
        EXPECT_NE(unsafe_name(part), std::nullopt) << part;
        EXPECT_NE(unsafe_name("data/" + part), std::nullopt) << part;
        EXPECT_NE(unsafe_name("data/" + part + "/config"), std::nullopt) << part;
        EXPECT_NE(unsafe_name(part + "/"), std::nullopt) << part;
    }
    // The neighbours of the ignorable code points count as characters.
    EXPECT_EQ(unsafe_name(".g\xE2\x80\x8Bit"), std::nullopt);
    EXPECT_EQ(unsafe_name(".g\xE2\x81\xB0it"), std::nullopt);
}

TEST(LongPart, CountsBytesOfOnePart) {
    EXPECT_FALSE(long_part(std::string(255, 'a') + "/" + std::string(255, 'b')));
    EXPECT_TRUE(long_part("a/" + std::string(256, 'b')));
    EXPECT_TRUE(long_part(std::string(256, 'b') + "/a"));
    EXPECT_FALSE(long_part(""));
}

}  // namespace
}  // namespace autobackup::zip::name_test
