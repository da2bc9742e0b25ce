// SPDX-License-Identifier: MIT
// A growing pack that another process goes on with.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/git/commit_parts.hpp"
#include "lib/git/growing_pack.hpp"
#include "lib/git/growth_log.hpp"
#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::growing_again_test {
namespace {

using test::blob_of;
using Texts = std::vector<std::string>;

class GrowingAgain : public RepositoryTest {
protected:
    Result<GrowingPack> begin_anyhow(const std::function<bool()>& stop = {}) { return GrowingPack::begin(*repository_, "project-1", stop); }
    GrowingPack begin() {
        Result<GrowingPack> pack = begin_anyhow();
        if (!pack) throw std::runtime_error(describe(pack.error()));
        return std::move(*pack);
    }
    void grow() {
        GrowingPack pack = begin();
        ASSERT_TRUE(pack.add(one_, "the first\nof two"));
        ASSERT_TRUE(pack.add(two_, "the second"));
    }
    /// Adds what is missing, and publishes and checks all of it.
    void end(GrowingPack pack) {
        std::vector<NewBlob> all = one_;
        all.insert(all.end(), two_.begin(), two_.end());
        ASSERT_TRUE(pack.add(all));
        std::vector<Oid> names;
        for (const NewBlob& blob : all) names.push_back(blob.oid);
        const PartObjects made = part_objects(names, 1'700'000'000, "all of it\n");
        const Result<std::optional<PackInfo>> done = repository_->finish_pack(std::move(pack), {}, {made.tree, made.commit});
        ASSERT_TRUE(done && done->has_value()) << describe(done.error());
        EXPECT_EQ((*done)->objects, all.size() + 2);
        set_main(made.commit.oid);
        expect_strict_fsck(path_);
        git({"verify-pack", (*done)->pack.string()});
        EXPECT_EQ(files(), 2U) << "the pack and its index";
    }
    std::size_t files() const {
        const fs::directory_iterator all(path_ / "objects" / "pack");
        return static_cast<std::size_t>(std::distance(fs::begin(all), fs::end(all)));
    }
    void restore(const std::string& part, const std::string& log) {
        ASSERT_TRUE(write_file_durably(part_, part));
        ASSERT_TRUE(write_file_durably(log_, log));
    }
    const std::vector<NewBlob> one_{blob_of(test::noise(70'000, 1), false), blob_of(test::prose(9'000, 2)), blob_of("")};
    const std::vector<NewBlob> two_{blob_of(test::noise(1'300'000, 3), false), blob_of(test::prose(50'000, 4))};
    fs::path part_ = path_ / "objects/pack/autobackup-growing-project-1.part";
    fs::path log_ = path_ / "objects/pack/autobackup-growing-project-1.log";
};

TEST_F(GrowingAgain, AnotherProcessGoesOnWithIt) {
    grow();
    EXPECT_EQ(files(), 2U);
    expect_strict_fsck(path_);
    repository_.emplace(open(path_));  // which tidies up
    GrowingPack pack = begin();
    EXPECT_EQ(pack.notes(), (Texts{"the first\nof two", "the second"}));
    EXPECT_EQ(pack.objects(), 5U);
    EXPECT_TRUE(pack.has(two_.back().oid));
    EXPECT_FALSE(repository_->has(two_.back().oid));
    const std::uint64_t bytes = pack.bytes();
    ASSERT_TRUE(pack.add(two_));
    EXPECT_EQ(pack.bytes(), bytes) << "nothing is written twice";
    ASSERT_TRUE(pack.add({blob_of("a third")}, "the third"));
    const Result<SlicePack> slice = pack.slice(0, 5, 1'700'000'000, "a part\n");
    ASSERT_TRUE(slice) << describe(slice.error());
}

TEST_F(GrowingAgain, ItEndsAsOnePack) {
    grow();
    end(begin());
}

TEST_F(GrowingAgain, WhoComesWhileItIsHeldGetsOneThatDoesNotStay) {
    grow();
    GrowingPack first = begin();
    {
        GrowingPack second = begin();
        EXPECT_TRUE(second.notes().empty());
        ASSERT_TRUE(second.add(one_, "the first"));
        EXPECT_EQ(files(), 3U);
    }
    EXPECT_EQ(files(), 2U);
    EXPECT_EQ(first.notes().size(), 2U);
    end(std::move(first));
}

TEST_F(GrowingAgain, NothingStaysOfOneThatIsGivenUp) {
    grow();
    {
        GrowingPack pack = begin();
        pack.give_up();
    }
    EXPECT_EQ(files(), 0U);
    EXPECT_TRUE(begin().notes().empty());
}

TEST_F(GrowingAgain, ALogThatIsCutTellsWhatIsWhole) {
    grow();
    const std::string part = read_file(part_).value(), log = read_file(log_).value();
    const std::vector<Growth> growths = parse_growths(log);
    ASSERT_EQ(growths.size(), 2U);
    ASSERT_EQ(growths.back().log_end, log.size());
    for (std::size_t length = 0; length <= log.size(); length += 1 + length % 3) {
        restore(part, log.substr(0, length));
        const std::size_t whole = length == log.size() ? 2 : length >= growths.front().log_end ? 1 : 0;
        EXPECT_EQ(begin().notes().size(), whole) << length;
        EXPECT_EQ(files(), whole == 0 ? 0U : 2U) << "of nothing nothing stays";
        if (whole == 0) continue;
        EXPECT_EQ(fs::file_size(log_), growths[whole - 1].log_end);
        EXPECT_EQ(fs::file_size(part_), growths[whole - 1].end);
    }
    restore(part, log.substr(0, log.size() - 1));
    end(begin());
}

TEST_F(GrowingAgain, APackThatIsCutOrDamagedTellsWhatIsWhole) {
    grow();
    const std::string part = read_file(part_).value(), log = read_file(log_).value();
    const std::uint64_t middle = parse_growths(log).front().end;
    for (std::size_t at = 12; at < part.size(); at += 1 + part.size() / 97) {
        std::string bad = part;
        bad[at] = static_cast<char>(bad[at] ^ 4);
        for (const std::string& file : {bad, part.substr(0, at)}) {
            restore(file, log);
            EXPECT_EQ(begin().notes().size(), at < middle ? 0U : 1U) << at;
        }
    }
    for (const std::string& file : {std::string(), part.substr(0, 5), std::string("PACK\0\0\0\2\0\0\0\7", 12) + part.substr(12)}) {
        restore(file, log);
        EXPECT_EQ(begin().notes().size(), file.size() > 12 ? 2U : 0U) << "the number of objects is written at the end";
    }
    restore(part + std::string(20, 'x'), log);
    end(begin());
}

TEST_F(GrowingAgain, ALogThatLiesIsFoundOut) {
    grow();
    const std::string part = read_file(part_).value(), log = read_file(log_).value();
    const std::vector<Growth> good = parse_growths(log);
    const auto found_with = [&](const std::function<void(std::vector<Growth>&)>& change) {
        std::vector<Growth> lies = good;
        change(lies);
        std::string text;
        for (const Growth& one : lies) text += to_text(one);
        restore(part, text);
        return begin().notes().size();
    };
    EXPECT_EQ(found_with([](auto&) {}), 2U);
    EXPECT_EQ(found_with([](auto& all) { all[1].entries[0].oid = all[0].entries[0].oid; }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all[1].entries[1].oid.bytes[3] ^= 1; }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all[1].entries[1].crc ^= 1; }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all[1].entries[1].offset += 1; }), 1U);
    EXPECT_EQ(found_with([](auto& all) { std::swap(all[1].entries[0], all[1].entries[1]); }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all[1].entries.erase(all[1].entries.begin()); }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all[1].entries.pop_back(); }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all[1].end += 1; }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all[1].end = UINT64_MAX; }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all[1].entries.clear(); }), 1U);
    EXPECT_EQ(found_with([](auto& all) { all.erase(all.begin()); }), 0U);
    EXPECT_EQ(found_with([](auto& all) { std::swap(all[0], all[1]); }), 0U);
    EXPECT_TRUE(parse_growths("growth 18446744073709551615 0 12\n").empty());
    EXPECT_TRUE(parse_growths("growth 0 18446744073709551615 12\n\n").empty());
    EXPECT_TRUE(parse_growths("growth 0 -1 12\n\n").empty());
    EXPECT_EQ(parse_growths("growth 0 0 12\n\n").size(), 1U);
}

TEST_F(GrowingAgain, AStopLeavesAllAsItWas) {
    grow();
    const std::string part = read_file(part_).value(), log = read_file(log_).value();
    for (int at = 1; at <= 2; ++at) {
        int asked = 0;
        const Result<GrowingPack> stopped = begin_anyhow([&] { return ++asked == at; });
        ASSERT_FALSE(stopped);
        EXPECT_EQ(stopped.error().code, Errc::cancelled);
        EXPECT_TRUE(read_file(part_).value() == part && read_file(log_).value() == log);
        EXPECT_EQ(files(), 2U);
    }
    end(begin());
}

TEST_F(GrowingAgain, OneThatNobodyGoesOnWithGoesAfterAWeek) {
    grow();
    const auto age = [&](std::int64_t days) {
        const std::int64_t then = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) - days * 86'400;
        const timespec times[2] = {{then, 0}, {then, 0}};
        for (const fs::path& file : {part_, log_}) ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
        repository_.emplace(open(path_));
    };
    age(6);
    EXPECT_EQ(files(), 2U);
    age(8);
    EXPECT_EQ(files(), 0U);
}

TEST_F(GrowingAgain, WhatRootLeavesBelongsToTheOwnerOfTheVault) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root makes files for somebody else";
    constexpr uid_t somebody = 12'345;
    fs::create_directories(part_.parent_path());
    ASSERT_EQ(::chown(part_.parent_path().c_str(), somebody, somebody), 0);
    grow();
    for (const fs::path& file : {part_, log_}) {
        struct stat status {};
        ASSERT_EQ(::stat(file.c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, somebody) << file;
    }
}

TEST_F(GrowingAgain, WhatTheRepositoryHasNeedsOnlyItsNote) {
    ASSERT_TRUE(repository_->write_pack(one_, {}, {}));
    {
        GrowingPack pack = begin();
        ASSERT_TRUE(pack.add(one_, "nothing new"));
        EXPECT_EQ(pack.objects(), 0U);
    }
    EXPECT_EQ(begin().notes(), Texts{"nothing new"});
}

}  // namespace
}  // namespace autobackup::git::growing_again_test
