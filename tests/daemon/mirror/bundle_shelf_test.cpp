// SPDX-License-Identifier: MIT
#include "daemon/mirror/bundle_shelf.hpp"

#include <gtest/gtest.h>

#include <set>

#include "lib/core/file.hpp"
#include "lib/git/bundle.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::mirror::bundle_shelf_test {
namespace {

class BundleShelf : public testing::Test {
protected:
    void SetUp() override { repository_.emplace(git::Repository::open_or_init(path_, "main").value()); }

    void commit(const std::string& text) {
        const std::optional<git::Oid> before = repository_->resolve("refs/heads/main").value();
        const std::vector<git::Oid> parents = before ? std::vector<git::Oid>{*before} : std::vector<git::Oid>();
        const git::Oid made = test::write_commit(*repository_, {{"file", text, true}}, parents, 1'700'000'000 + ++time_).value();
        ASSERT_TRUE(repository_->set_ref("refs/heads/main", made, before, "test"));
    }
    Result<BundleKept> keep(int count, bool again = false, std::uint64_t reserve = 0) {
        return keep_bundle(path_, config::Bundles{directory_.path() / "bundles", count}, "group/a", again, reserve, std::stop_token());
    }
    std::set<std::string> files() const {
        std::set<std::string> names;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(folder_, ignored)) names.insert(entry.path().filename().string());
        return names;
    }

    test::TempDir directory_;
    fs::path path_ = directory_.path() / "a.git";
    fs::path folder_ = directory_.path() / "bundles" / "group" / "a";
    std::optional<git::Repository> repository_;
    int time_ = 0;
};

TEST_F(BundleShelf, WritesNothingForAnEmptyMirrorAndNothingTwice) {
    EXPECT_FALSE(keep(2).value().written);
    EXPECT_TRUE(files().empty());
    commit("one");
    const BundleKept first = keep(2).value();
    EXPECT_TRUE(first.written);
    EXPECT_EQ(first.bytes, fs::file_size(first.file));
    EXPECT_FALSE(keep(2).value().written);
    EXPECT_EQ(files().size(), 1U);
    EXPECT_EQ(test::try_git(path_, {"bundle", "verify", first.file.string()}).exit_code, 0);
}

TEST_F(BundleShelf, KeepsSoManyAndLeavesWhatIsNotItsOwn) {
    commit("one");
    ASSERT_TRUE(keep(2));
    for (const char* foreign : {"mine.bundle", "20261121T013000Z-x.bundle", "notes.txt"}) ASSERT_TRUE(write_file_durably(folder_ / foreign, "x"));
    for (int i = 0; i < 5; ++i) {
        commit("again " + std::to_string(i));
        ASSERT_TRUE(keep(2).value().written);
    }
    EXPECT_EQ(files().size(), 5U);
    EXPECT_TRUE(files().contains("mine.bundle"));
}

TEST_F(BundleShelf, AFutureDateTakesNoGoodOneAway) {
    commit("one");
    const BundleKept first = keep(1).value();
    fs::rename(first.file, folder_ / "29991231T000000Z.bundle");
    commit("two");
    const BundleKept second = keep(1).value();
    ASSERT_TRUE(second.written);
    EXPECT_EQ(files(), std::set<std::string>{second.file.filename().string()});
    EXPECT_FALSE(keep(1).value().written);
}

TEST_F(BundleShelf, ADamagedOneIsFoundWhenAskedFor) {
    commit("one");
    const BundleKept first = keep(3).value();
    std::string text = read_file(first.file).value();
    text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
    text.back() = static_cast<char>(text.back() ^ 1);
    ASSERT_TRUE(write_file_durably(first.file, text));
    EXPECT_FALSE(keep(3).value().written);
    const BundleKept again = keep(3, /*again=*/true).value();
    EXPECT_TRUE(again.written);
    EXPECT_TRUE(git::check_bundle(again.file, {}));
}

TEST_F(BundleShelf, WhatARunThatWasKilledDidNotRemoveGoesLater) {
    for (const char* text : {"one", "two", "three"}) {
        commit(text);
        ASSERT_TRUE(keep(3).value().written);
    }
    const fs::path newest = bundles_of(config::Bundles{directory_.path() / "bundles", 2}, "group/a").front();
    EXPECT_FALSE(keep(2).value().written);
    EXPECT_EQ(files().size(), 2U);
    EXPECT_TRUE(fs::exists(newest));
    std::string text = read_file(newest).value();
    text.back() = static_cast<char>(text.back() ^ 1);
    ASSERT_TRUE(write_file_durably(newest, text));
    const BundleKept anew = keep(1).value();
    EXPECT_TRUE(anew.written) << "a damaged one takes no other with it";
    EXPECT_EQ(files(), std::set<std::string>{anew.file.filename().string()});
}

TEST_F(BundleShelf, LeavesTheReserveFree) {
    commit("one");
    EXPECT_EQ(keep(1, false, std::uint64_t{1} << 62).error().code, Errc::reserve);
    EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace autobackup::mirror::bundle_shelf_test
