// SPDX-License-Identifier: MIT
#include "lib/lfs/pointer.hpp"

#include <gtest/gtest.h>

#include <random>

#include "lib/core/file.hpp"
#include "lib/hash/digest.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::lfs::pointer_test {
namespace {

const std::string oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";

TEST(PointerText, IsTheExampleOfTheSpecification) {
    // git-lfs docs/spec.md, "The Pointer".
    const std::string text = "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 12345\n";
    EXPECT_EQ(pointer_text(Pointer{oid, 12345}), text);
    EXPECT_EQ(parse_pointer(text), (Pointer{oid, 12345}));
}

TEST(PointerText, IsWhatGitLfsWrites) {
    const test::TempDir directory;
    const std::string content = "some content\n";
    ASSERT_TRUE(write_file_durably(directory.path() / "file", content));
    const test::CommandResult done = test::run_command("cd " + directory.path().string() + " && git lfs pointer --file=file 2>/dev/null");
    ASSERT_EQ(done.exit_code, 0) << done.output;
    EXPECT_EQ(done.output, pointer_text(Pointer{hash::sha256_hex(content), content.size()}));
}

TEST(ParsePointer, TakesNothingElse) {
    const std::string good = pointer_text(Pointer{oid, 12345});
    const std::string start = "version https://git-lfs.github.com/spec/v1\n";
    for (const std::string& bad :
         {std::string(), good + "\n", good + "x 1\n", good.substr(0, good.size() - 1), " " + good, start + "size 1\noid sha256:" + oid + "\n",
          start + "oid sha256:" + oid.substr(1) + "\nsize 1\n", start + "oid sha256:" + oid + "\nsize -1\n",
          start + "oid sha256:" + oid + "\nsize \n", start + "oid sha256:" + oid + "\nsize 99999999999999999999\n",
          start + "ext-0-foo sha256:" + oid + "\noid sha256:" + oid + "\nsize 1\n", std::string("{\"version\": 1}")}) {
        EXPECT_FALSE(parse_pointer(bad)) << bad;
    }
    for (std::size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(parse_pointer(good.substr(0, length))) << length;
}

const std::vector<std::string> difficult_paths = {
    "video.mp4",      "task_0/data/a.png",    "with space/b c.mp4", "tab\tname",       "line\nbreak",       "quote\"d",
    "back\\slash",    "star*.bin",            "what?.bin",          "[set].bin",       "#hash",             "!bang",
    "[attr]macro",    " leading and trailing ", "üñí/çödé.mp4",     "\x01\x7f",        "a\\\"b *?[x]\n.z",  "\"all quoted\"",
    "-dash",          "\\",                   "\\*",                "trailing\\",      "\xff\xfe not UTF-8"};

TEST(AttributesLine, IsReadBackAsThePath) {
    std::string text = "# a comment\n*.psd filter=lfs diff=lfs merge=lfs -text\n";
    for (const std::string& path : difficult_paths) text += attributes_line(path).value();
    EXPECT_EQ(attribute_paths(text), difficult_paths);
    EXPECT_FALSE(attributes_line(std::string(2040, 'x')));
    EXPECT_TRUE(attributes_line(std::string(1900, 'x')));
}

// The judge is git: each line must mean its own path, and no other.
TEST(AttributesLine, IsUnderstoodByGit) {
    const test::TempDir directory;
    test::git(directory.path(), {"init", "-q", "."});
    for (const std::string& path : difficult_paths) {
        ASSERT_TRUE(make_directories(directory.path() / "folder"));
        ASSERT_TRUE(write_file_durably(directory.path() / "folder/.gitattributes", attributes_line(path).value()));
        for (const std::string& other : difficult_paths) {
            const std::string told = test::git(directory.path(), {"check-attr", "-z", "filter", "--", "folder/" + other});
            EXPECT_EQ(told.ends_with(std::string("lfs") + '\0'), other == path) << path << " against " << other << ": " << told;
        }
        const std::string deeper = test::git(directory.path(), {"check-attr", "-z", "filter", "--", "folder/deeper/" + path});
        EXPECT_FALSE(deeper.ends_with(std::string("lfs") + '\0')) << path;
    }
}

TEST(ReadPointer, TakesWhatGitLfsTakes) {
    const std::string plain = "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 12\n";
    const Pointer expected{oid, 12};
    EXPECT_EQ(read_pointer(plain), expected);
    EXPECT_EQ(read_pointer(plain.substr(0, plain.size() - 1)), expected);
    EXPECT_EQ(read_pointer("version https://hawser.github.com/spec/v1\noid sha256:" + oid + "\nsize 12\n"), expected);
    EXPECT_EQ(read_pointer("version https://git-lfs.github.com/spec/v1\next-0-foo sha256:" + std::string(64, 'b') + "\noid sha256:" + oid + "\nsize 12\n"),
              expected);
    EXPECT_EQ(read_pointer("version https://git-lfs.github.com/spec/v1\r\noid sha256:" + oid + "\r\nsize 12\r\n"), expected);
}

TEST(ReadPointer, TakesNothingElse) {
    const std::vector<std::string> others{"", "hello", "version 1\noid sha256:" + oid + "\nsize 1\n",
                                    "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 1\n",
                                    "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\n",
                                    "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize -1\n",
                                    "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 1\n" + std::string(1024, 'x')};
    for (const std::string& text : others) {
        EXPECT_EQ(read_pointer(text), std::nullopt) << text;
    }
}

TEST(ServerInConfig, IsThatOfTheLfsSection) {
    EXPECT_EQ(server_in_config("[lfs]\n\turl = https://lfs.example.org/a\n"), "https://lfs.example.org/a");
    EXPECT_EQ(server_in_config("[core]\nurl = x\n[LFS]\n url = \"https://h/a b\" # why\n"), "https://h/a b");
    EXPECT_EQ(server_in_config("[lfs]\nurl=https://h/a\nfetchurl=https://h/b\n"), "https://h/b");
    EXPECT_EQ(server_in_config("[lfs]\nfetchurl=https://h/b\nurl=https://h/a\n"), "https://h/b");
    EXPECT_EQ(server_in_config("[lfs \"https://x\"]\nurl=https://h/a\n"), std::nullopt);
    EXPECT_EQ(server_in_config("[lfs]\nlocksverify = true\n"), std::nullopt);
}

}  // namespace
}  // namespace autobackup::lfs::pointer_test
