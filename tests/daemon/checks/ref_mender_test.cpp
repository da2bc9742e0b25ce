// SPDX-License-Identifier: MIT
#include "daemon/checks/ref_mender.hpp"

#include <gtest/gtest.h>

#include "lib/core/file.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::checks::ref_mender_test {
namespace {

namespace fs = std::filesystem;

const std::string one(40, '1'), two(40, '2');

git::Oid oid(const std::string& text) { return git::Oid::parse(text).value(); }

class RefMender : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(path_ / "refs/heads");
        put("HEAD", "ref: refs/heads/main\n");
    }
    void put(const std::string& name, std::string_view text) {
        fs::create_directories((path_ / name).parent_path());
        ASSERT_TRUE(write_file_durably(path_ / name, text));
    }
    std::string text(const std::string& name) const { return read_file(path_ / name).value(); }

    test::TempDir directory_;
    fs::path path_ = directory_.path() / "a.git";
    Aside aside_{directory_.path(), "job"};
};

TEST_F(RefMender, ReadsWhatCanBeRead) {
    put("packed-refs", "# pack-refs with: peeled fully-peeled sorted \n" + one + " refs/heads/dev\n" + one + " refs/heads/main\n" + one +
                           " refs/tags/v1\n^" + two + "\nzz" + one.substr(2) + " refs/tags/v2\n" + one + " refs/he..ads\n");
    put("refs/heads/main", two + "\n");
    put("refs/heads/broken", "garbage\n");
    put("refs/heads/other", "ref: refs/heads/main\n");
    const SalvagedRefs found = salvage_refs(path_);
    EXPECT_EQ(found.refs, (RefMap{{"refs/heads/dev", oid(one)}, {"refs/heads/main", oid(two)}, {"refs/tags/v1", oid(one)}}));
    EXPECT_EQ(found.bad, (std::map<std::string, std::string>{{"refs/heads/broken", "garbage"}, {"refs/tags/v2", "zz" + one.substr(2)}}));
    EXPECT_EQ(found.nameless, std::vector<std::string>(1, one + " refs/he..ads"));
    EXPECT_EQ(found.symbolic, (std::map<std::string, std::string>{{"refs/heads/other", "ref: refs/heads/main"}}));
    EXPECT_EQ(found.head, "ref: refs/heads/main");
    EXPECT_TRUE(found.packed_damaged && found.damaged());
}

TEST_F(RefMender, WholeOnesAreNotDamaged) {
    put("packed-refs", one + " refs/heads/main\n");
    EXPECT_FALSE(salvage_refs(path_).damaged());
    for (const char* head : {"", "ref: \n", "ref: ../x\n", "1234\n"}) {
        put("HEAD", head);
        EXPECT_TRUE(salvage_refs(path_).damaged()) << head;
    }
    put("HEAD", one + "\n");
    EXPECT_EQ(salvage_refs(path_).head, one);
}

TEST_F(RefMender, WhatATagStandsForIsNoRefAndALostBlockIsOneLine) {
    const std::string lost(4096, '\0');
    put("packed-refs", one + " refs/tags/v1\nx" + two + "\n");
    SalvagedRefs found = salvage_refs(path_);
    EXPECT_TRUE(found.packed_damaged && found.nameless.empty() && found.bad.empty());
    put("packed-refs", one + " refs/heads/ma" + lost + "ds/z\n" + two + " refs/tags/v1\n");
    found = salvage_refs(path_);
    EXPECT_EQ(found.refs, (RefMap{{"refs/tags/v1", oid(two)}}));
    EXPECT_EQ(found.nameless.size(), 1U);
    fs::remove(path_ / "packed-refs");
    fs::create_directory(path_ / "packed-refs");
    EXPECT_EQ(salvage_refs(path_).nameless.size(), 1U) << "what cannot be read at all is not empty";
}

TEST_F(RefMender, WhoeverKnowsEverythingTellsWhatLinesWithoutANameWere) {
    const std::string keep = "refs/autobackup/keep/20261121T013000Z/heads/main";
    SalvagedRefs found;
    found.refs = {{"refs/heads/main", oid(two)}};
    found.nameless = {"xx"};
    KnownRefs known;
    known.refs = {{"refs/heads/main", oid(two)}, {"refs/heads/dev", oid(one)}, {keep, oid(one)}};
    EXPECT_EQ(unnamed_refs(found, {}, known), std::nullopt) << "a source has a ref more, and cannot know of kept ones";
    known.kept = true;
    const RefMap more{{"refs/heads/dev", oid(one)}, {keep, oid(one)}};
    EXPECT_EQ(unnamed_refs(found, {}, known), more);
    found.nameless = {"xx", "yy", "zz"};
    EXPECT_EQ(unnamed_refs(found, {}, known), std::nullopt) << "each line was one ref at least";
    found.nameless = {"xx"};
    known.refs["refs/heads/main"] = oid(one);
    EXPECT_EQ(unnamed_refs(found, {}, known), std::nullopt) << "it is of another time";
    EXPECT_EQ(unnamed_refs(found, {{"refs/heads/main", oid(one)}}, known), more) << "as it was mended";
    found.refs["refs/tags/v1"] = oid(one);
    EXPECT_EQ(unnamed_refs(found, {{"refs/heads/main", oid(one)}}, known), std::nullopt) << "it lacks one that is here";
}

TEST_F(RefMender, PullRequestsMustBeKnownWhereThereAreSome) {
    SalvagedRefs found;
    found.refs = {{"refs/pull/1/head", oid(two)}};
    found.nameless = {"xx"};
    KnownRefs known;
    known.kept = true;
    known.refs = {{"refs/heads/main", oid(one)}};
    EXPECT_EQ(unnamed_refs(found, {}, known), std::nullopt);
    known.pulls = true;
    EXPECT_EQ(unnamed_refs(found, {}, known), (RefMap{{"refs/heads/main", oid(one)}}));
    found.bad["refs/heads/other"] = "zz";
    EXPECT_EQ(unnamed_refs(found, {}, known), std::nullopt) << "it lacks one of which the name is known";
}

TEST_F(RefMender, WhatNobodyKnowsStaysInPackedRefs) {
    const std::string before = one + " refs/heads/dev\nzz" + one.substr(2) + " refs/tags/v1\nzz" + one.substr(2) + " refs/tags/v2\n";
    put("packed-refs", before);
    fs::create_directories(path_ / "refs/tags/v1");  // as a deleted refs/tags/v1/x leaves it
    SalvagedRefs found = salvage_refs(path_);
    found.bad.erase("refs/tags/v1");
    ASSERT_TRUE(write_mended(path_, found, RefMap{{"refs/tags/v1", oid(two)}}, aside_));
    EXPECT_EQ(text("packed-refs"), before);
    EXPECT_EQ(text("refs/tags/v1"), two + "\n");
    found = salvage_refs(path_);
    EXPECT_EQ(found.refs, (RefMap{{"refs/heads/dev", oid(one)}, {"refs/tags/v1", oid(two)}}));
    EXPECT_EQ(found.bad, (std::map<std::string, std::string>{{"refs/tags/v2", "zz" + one.substr(2)}}));
    found.bad.clear();
    ASSERT_TRUE(write_mended(path_, found, RefMap{{"refs/tags/v2", oid(two)}}, aside_));
    EXPECT_FALSE(salvage_refs(path_).damaged());
    EXPECT_EQ(text("packed-refs"), one + " refs/heads/dev\n" + two + " refs/tags/v1\n" + two + " refs/tags/v2\n");
}

TEST_F(RefMender, OneWrongLetterIsFound) {
    const std::vector<git::Oid> names{oid(one), oid(two)};
    std::string text = one;
    EXPECT_EQ(nearly(text, names), std::nullopt) << "it is that one itself";
    text[17] = 'x';
    EXPECT_EQ(nearly(text, names), oid(one));
    text[18] = 'x';
    EXPECT_EQ(nearly(text, names), std::nullopt);
    std::string close = one;
    close[0] = '3';
    std::string between = one;
    between[0] = '4';
    EXPECT_EQ(nearly(between, {oid(one), oid(close)}), std::nullopt) << "two are as near";
    EXPECT_EQ(nearly(between, {oid(one), oid(one)}), oid(one)) << "in two packs";
    EXPECT_EQ(nearly("short", names), std::nullopt);
}

TEST_F(RefMender, WritesWhatWasMendedAndKeepsWhatWasThere) {
    const std::string before = one + " refs/heads/dev\nzz" + one.substr(2) + " refs/tags/v2\n";
    put("packed-refs", before);
    put("refs/heads/broken", "garbage\n");
    const SalvagedRefs found = salvage_refs(path_);
    ASSERT_TRUE(write_mended(path_, found, RefMap{{"refs/heads/broken", oid(two)}, {"refs/tags/v2", oid(two)}}, aside_));
    EXPECT_EQ(text("refs/heads/broken"), two + "\n");
    const SalvagedRefs after = salvage_refs(path_);
    EXPECT_FALSE(after.damaged());
    EXPECT_EQ(after.refs, (RefMap{{"refs/heads/broken", oid(two)}, {"refs/heads/dev", oid(one)}, {"refs/tags/v2", oid(two)}}));
    EXPECT_EQ(read_file(fs::path(aside_.folder()) / "refs/packed-refs").value(), before);
    EXPECT_EQ(read_file(fs::path(aside_.folder()) / "refs/refs/heads/broken").value(), "garbage\n");
}

TEST_F(RefMender, ALooseOneLeavesPackedRefsAlone) {
    put("packed-refs", one + " refs/heads/dev\n");
    put("refs/heads/main", "zz\n");
    ASSERT_TRUE(write_mended(path_, salvage_refs(path_), RefMap{{"refs/heads/main", oid(two)}}, aside_));
    EXPECT_EQ(text("packed-refs"), one + " refs/heads/dev\n");
    EXPECT_EQ(text("refs/heads/main"), two + "\n");
}

}  // namespace
}  // namespace autobackup::checks::ref_mender_test
