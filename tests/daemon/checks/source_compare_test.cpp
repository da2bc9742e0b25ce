// SPDX-License-Identifier: MIT
#include "daemon/checks/source_compare.hpp"

#include <gtest/gtest.h>

#include <set>

#include "lib/core/file.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::checks::source_compare_test {
namespace {

namespace fs = std::filesystem;

// A mirror with two branches, and what its source tells.
class SourceCompare : public testing::Test {
protected:
    void SetUp() override {
        const fs::path work = directory_.path() / "work";
        test::git(directory_.path(), {"init", "-q", work.string()});
        for (const char* name : {"one", "two"}) {
            ASSERT_TRUE(write(work / name, name));
            test::git(work, {"add", name});
            test::git(work, {"commit", "-q", "-m", name});
        }
        test::git(work, {"branch", "dev", "main~1"});
        test::git(work, {"tag", "-a", "-m", "v1", "v1"});
        test::git(directory_.path(), {"clone", "-q", "--mirror", work.string(), path().string()});
        what_.path = path();
        for (const char* name : {"refs/heads/dev", "refs/heads/main", "refs/tags/v1"}) listed_.refs.push_back(ref(name, at(name)));
        listed_.refs.back().peeled = at("refs/heads/main");
        remote::Ref head = ref("HEAD", at("HEAD"));
        head.symref_target = "refs/heads/main";
        listed_.refs.insert(listed_.refs.begin(), std::move(head));
    }
    static bool write(const fs::path& file, const std::string& text) { return write_file_durably(file, text).has_value(); }
    fs::path path() const { return directory_.path() / "mirror.git"; }
    git::Oid at(const std::string& name) const { return git::Oid::parse(test::git(path(), {"rev-parse", name}).substr(0, 40)).value(); }
    static remote::Ref ref(std::string name, const git::Oid& oid) {
        remote::Ref made;
        made.name = std::move(name);
        made.oid = oid;
        return made;
    }
    RefsCompared compared() const {
        const Result<RefsCompared> done = compare_refs(what_, listed_);
        EXPECT_TRUE(done) << (done ? "" : describe(done.error()));
        return done ? *done : RefsCompared();
    }

    test::TempDir directory_;
    mirror::Repository what_;
    remote::Advertisement listed_;
};

TEST_F(SourceCompare, TheSameOnBothSides) {
    const RefsCompared both = compared();
    EXPECT_EQ(both.same, 3U);
    EXPECT_EQ(moves_in_words(both), "");
    EXPECT_TRUE(both.problems.empty());
    ASSERT_EQ(both.tips.size(), 2U) << "an annotated tag is no commit";
    EXPECT_EQ(both.tips[0].first, "refs/heads/dev");
}

TEST_F(SourceCompare, WhatMovedIsNoDamage) {
    listed_.refs[0].symref_target = "refs/heads/dev";
    listed_.refs[1].oid = git::Oid::parse(std::string(40, 'a')).value();
    listed_.refs[2].name = "refs/heads/new";
    const RefsCompared both = compared();
    EXPECT_EQ(moves_in_words(both), "1 ref has moved (refs/heads/dev), 1 is not saved yet (refs/heads/new), 1 is gone there (refs/heads/main), "
                                    "HEAD stands for refs/heads/dev");
    EXPECT_TRUE(both.problems.empty());
}

TEST_F(SourceCompare, ARefThatNamesNothingIsDamage) {
    const std::string nothing(40, 'b');
    ASSERT_TRUE(write(path() / "refs/heads/dev", nothing + "\n"));
    const RefsCompared both = compared();
    ASSERT_EQ(both.problems.size(), 1U);
    EXPECT_EQ(both.problems[0], "refs/heads/dev names " + nothing + ", which is missing; the source has it at " + listed_.refs[1].oid.hex());
}

TEST_F(SourceCompare, ContentIsComparedObjectByObject) {
    const git::Oid tip = at("main"), blob = at("main:two");
    const Result<git::Repository> came = git::Repository::open(path());
    ASSERT_TRUE(came);
    const fs::path other = directory_.path() / "other.git";
    test::git(directory_.path(), {"clone", "-q", "--bare", "--no-hardlinks", path().string(), other.string()});
    const auto look = [&] {
        const Result<git::Repository> mirror = git::Repository::open(other);
        std::uint64_t objects = 0;
        const Result<std::vector<std::string>> problems = compare_content(*came, tip, *mirror, {}, objects);
        EXPECT_EQ(objects, 4U) << "a commit, a tree, two files";
        return problems ? *problems : std::vector<std::string>(1, describe(problems.error()));
    };
    EXPECT_TRUE(look().empty());
    fs::create_directories(directory_.path() / "away");
    for (const auto& entry : fs::directory_iterator(other / "objects/pack")) fs::rename(entry.path(), directory_.path() / "away" / entry.path().filename());
    for (const auto& entry : fs::directory_iterator(directory_.path() / "away")) {
        if (entry.path().extension() == ".pack") test::git(other, {"unpack-objects", "-q"}, entry.path().string());
    }
    EXPECT_TRUE(look().empty());
    fs::remove(other / "objects" / blob.hex().substr(0, 2) / blob.hex().substr(2));
    EXPECT_EQ(look(), std::vector<std::string>(1, "blob " + blob.hex() + ", which the source gives, is missing"));
}

TEST_F(SourceCompare, ContentIsCountedUpToALimit) {
    const Result<git::Repository> mirror = git::Repository::open(path());
    ASSERT_TRUE(mirror);
    EXPECT_EQ(content_bytes(*mirror, at("main"), 1000), 6U);
    EXPECT_EQ(content_bytes(*mirror, at("main"), 2), 3U) << "no more is looked at than shows that it is too much";
}

TEST(SourceChoice, IsTheSameForTheSameWord) {
    std::set<std::size_t> seen;
    for (int word = 0; word < 100; ++word) {
        const std::size_t number = chosen(std::to_string(word), 5);
        EXPECT_EQ(number, chosen(std::to_string(word), 5));
        EXPECT_LT(number, 5U);
        seen.insert(number);
    }
    EXPECT_EQ(seen.size(), 5U);
    EXPECT_EQ(chosen("x", 0), 0U);
}

}  // namespace
}  // namespace autobackup::checks::source_compare_test
