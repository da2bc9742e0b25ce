// SPDX-License-Identifier: MIT
// Many small packs become one; git is the judge.
#include <fstream>

#include "lib/git/join_plan.hpp"
#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::join_test {
namespace {

using Sizes = std::vector<std::uint64_t>;

TEST(JoinPlan, LeavesAProgressionAndJoinsWhatIsNone) {
    struct Case {
        Sizes sizes;
        std::size_t joined;
    };
    const Case cases[] = {
        {{}, 0},
        {{5}, 0},
        {{1, 2, 4, 8}, 0},
        {{1, 2, 4, 7}, 4},            // 7 is less than twice 4: all of it
        {{1, 1, 1, 1, 100}, 4},       // the large one stays
        {{1, 1, 1, 1, 7, 100}, 5},    // 4 joined would be more than half of 7
        {{1, 1, 8, 20}, 2},           // 2 joined leave room
        {{10, 10, 30, 60, 1000}, 4},  // 20 do not leave room to 30, nor 50 to 60
        {{0, 0}, 0},                  // nothing is gained of nothing
    };
    for (const Case& one : cases) {
        EXPECT_EQ(packs_to_join(one.sizes), one.joined) << testing::PrintToString(one.sizes);
    }
}

TEST(JoinPlan, AYearOfDailyRunsLeavesFewPacksAndRewritesLittle) {
    Sizes sizes;
    std::uint64_t written = 0;
    std::size_t most = 0;
    for (int day = 0; day < 365; ++day) {
        sizes.insert(sizes.begin(), 100);
        std::sort(sizes.begin(), sizes.end());
        most = std::max(most, sizes.size());
        if (sizes.size() < JoinRule().pile) continue;
        const std::size_t count = packs_to_join(sizes);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < count; ++i) sum += sizes[i];
        written += sum;
        sizes.erase(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(count));
        if (count > 0) sizes.push_back(sum);
        std::sort(sizes.begin(), sizes.end());
    }
    EXPECT_LE(most, JoinRule().pile);
    EXPECT_LE(written, std::uint64_t{3} * 365 * 100);
}

class Join : public RepositoryTest {
protected:
    /// Commits one after the other, a pack each, on the branch.
    void add_commits(unsigned count, std::size_t bytes = 3'000) {
        for (unsigned i = 0; i < count; ++i, ++round_) {
            std::vector<Oid> parents;
            if (tip_) parents.push_back(*tip_);
            const std::vector<test::NamedContent> files{{"image.jpg", test::noise(bytes, round_), false},
                                                        {"a.json", test::prose(bytes, round_), true}};
            const Result<Oid> commit =
                test::write_commit(*repository_, files, parents, 1'700'000'000 + round_);
            ASSERT_TRUE(commit) << describe(commit.error());
            set_main(*commit, tip_);
            tip_ = *commit;
        }
    }
    std::string everything() const {
        return git(
            {"cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize)"});
    }
    Joined join(JoinRule rule = JoinRule()) {
        const Result<Joined> joined = repository_->join_packs(rule, {});
        EXPECT_TRUE(joined) << describe(joined.error());
        return joined ? *joined : Joined();
    }
    static JoinRule at(std::size_t pile) {
        JoinRule rule;
        rule.pile = pile;
        return rule;
    }
    fs::path pack_directory() const { return path_ / "objects/pack"; }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(pack_directory()), {}));
    }
    void touch(const fs::path& pack, const char* extension) const {
        std::ofstream(fs::path(pack).replace_extension(extension));
    }
    void expect_whole() {
        expect_strict_fsck(path_);
        const Result<Repository::CheckReport> report = repository_->check();
        ASSERT_TRUE(report);
        EXPECT_EQ(report->problems, std::vector<std::string>());
        EXPECT_FALSE(fs::exists(path_ / "objects/tmp")) << "nothing temporary";
        for (const auto& entry : fs::directory_iterator(path_ / "objects"))
            EXPECT_EQ(entry.path().filename().string().find("tmp_"), std::string::npos) << entry.path();
    }

    std::optional<Oid> tip_;
    unsigned round_ = 0;
};

TEST_F(Join, EveryObjectIsKeptReachableOrNot) {
    add_commits(20);
    const Oid loose_end = commit_of("no ref leads here");
    const std::string before = everything();
    const std::string refs = git({"for-each-ref"}), log = git({"reflog", "main"});
    std::uintmax_t bytes = 0;
    for (const fs::path& pack : packs()) bytes += fs::file_size(pack);
    const Joined joined = join();
    EXPECT_EQ(joined.packs, 21U);
    ASSERT_EQ(packs().size(), 1U);
    EXPECT_EQ(joined.bytes, fs::file_size(packs().front()));
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(git({"for-each-ref"}), refs);
    EXPECT_EQ(git({"reflog", "main"}), log);
    EXPECT_TRUE(repository_->has(loose_end));
    EXPECT_EQ(files(), 2U);
    EXPECT_EQ(fs::status(packs().front()).permissions(), fs::perms(0640));
    EXPECT_EQ(joined.bytes, bytes - 20 * 32)
        << "the entries are copied as they are; 20 headers and trailers less";
    expect_whole();
}

TEST_F(Join, TheRepositoryGoesOnWithoutBeingOpenedAnew) {
    add_commits(20);
    const Oid tree = repository_->read_commit(*tip_)->tree;
    join();
    EXPECT_EQ(repository_->read_commit(*tip_)->tree, tree);
    add_commits(3);
    Result<PackReader> reader =
        PackReader::make(*repository_, repository_->missing_objects({*tip_}, {}).value());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->objects(), 23U * 4);
    expect_whole();
}

TEST_F(Join, FewPacksAndLargePacksAreLeftAlone) {
    add_commits(15);
    EXPECT_EQ(join().packs, 0U) << "not a pile yet";
    add_commits(1, 200'000);
    EXPECT_EQ(join().packs, 15U) << "the large one leaves the others room";
    EXPECT_EQ(packs().size(), 2U);
    JoinRule small = at(2);
    small.largest = 10'000;
    EXPECT_EQ(join(small).packs, 0U);
    add_commits(4);
    EXPECT_EQ(join(small).packs, 4U);
    expect_whole();
}

TEST_F(Join, WithoutRoomNothingIsWritten) {
    add_commits(3);
    JoinRule rule = at(2);
    rule.room = 1'000;
    const Joined joined = join(rule);
    EXPECT_TRUE(joined.no_room);
    EXPECT_EQ(joined.packs, 0U);
    EXPECT_EQ(packs().size(), 3U);
}

TEST_F(Join, KeptAndCruftPacksAndAMultiPackIndexAreRespected) {
    add_commits(6);
    const std::vector<fs::path> all = packs();
    touch(all[0], ".keep");
    touch(all[1], ".mtimes");
    EXPECT_EQ(join(at(2)).packs, 4U);
    EXPECT_TRUE(fs::exists(all[0]));
    EXPECT_TRUE(fs::exists(all[1]));
    add_commits(4);
    fs::remove(fs::path(all[1]).replace_extension(".mtimes"));
    git({"multi-pack-index", "write"});
    EXPECT_EQ(join(at(2)).packs, 0U);
    expect_strict_fsck(path_);
}

TEST_F(Join, PromisedObjectsStayApart) {
    add_commits(8);
    const std::vector<fs::path> all = packs();
    for (std::size_t i = 0; i < 4; ++i) touch(all[i], ".promisor");
    EXPECT_EQ(join(at(2)).packs, 8U);
    ASSERT_EQ(packs().size(), 2U);
    std::size_t promised = 0;
    for (const fs::path& pack : packs())
        promised += fs::exists(fs::path(pack).replace_extension(".promisor")) ? 1 : 0;
    EXPECT_EQ(promised, 1U);
    EXPECT_EQ(files(), 5U);
    expect_strict_fsck(path_);
}

TEST_F(Join, DeltasOfGitsOwnPacksStayDeltas) {
    const fs::path work = directory_.path() / "work";
    test::git(directory_.path(), {"init", "-q", "work"});
    for (unsigned i = 0; i < 6; ++i) {
        std::ofstream(work / "text") << test::prose(60'000, 7) << i;
        test::git(work, {"add", "text"});
        test::git(work, {"commit", "-q", "-m", std::to_string(i)});
    }
    test::git(work, {"repack", "-q", "-a", "-d", "-f"});
    for (const auto& file : fs::directory_iterator(work / ".git/objects/pack"))
        fs::copy(file.path(), pack_directory() / file.path().filename());
    add_commits(5, 20'000);
    const std::string before = everything();
    EXPECT_EQ(join(at(2)).packs, 6U);
    EXPECT_EQ(everything(), before);
    const fs::path index = fs::path(packs().front()).replace_extension(".idx");
    EXPECT_NE(git({"verify-pack", "-v", index.string()}).find("chain length = "), std::string::npos);
    expect_whole();
}

TEST_F(Join, AnObjectThatLiesInSeveralPacksIsTakenOnce) {
    add_commits(5);
    const std::string before = everything();
    const fs::path saved = directory_.path() / "saved";
    fs::copy(pack_directory(), saved);
    join(at(2));
    const fs::path one = packs().front();
    fs::copy(saved, pack_directory());  // as a crash would leave them beside the new pack
    EXPECT_EQ(join(at(2)).packs, 5U) << "the new one is made again under the same name";
    ASSERT_EQ(packs(), std::vector<fs::path>{one});
    EXPECT_EQ(everything(), before);
    fs::copy(saved, pack_directory());
    add_commits(2);
    EXPECT_EQ(join(at(2)).packs, 8U);
    EXPECT_EQ(packs().size(), 1U);
    expect_whole();
}

TEST_F(Join, AStopAtAnyPointChangesNothing) {
    add_commits(5, 1'500'000);
    const std::string before = everything();
    int most = 0;
    for (int allowed = 0;; ++allowed) {
        int asked = 0;
        const Result<Joined> joined = repository_->join_packs(at(2), [&] { return asked++ >= allowed; });
        if (joined) break;
        most = allowed;
        EXPECT_EQ(joined.error().code, Errc::cancelled);
        EXPECT_EQ(packs().size(), 5U);
        ASSERT_EQ(files(), 10U);
    }
    EXPECT_GT(most, 20) << "it is asked while it writes and while it reads back";
    EXPECT_EQ(everything(), before);
    expect_whole();
}

TEST_F(Join, ADamagedPackIsToldAndStays) {
    add_commits(5, 50'000);
    const fs::path damaged = packs()[2];
    fs::permissions(damaged, fs::perms(0640));
    std::fstream file(damaged, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20'000);
    file.put('!');
    file.close();
    const Result<Joined> joined = repository_->join_packs(at(2), {});
    ASSERT_FALSE(joined);
    EXPECT_EQ(joined.error().code, Errc::repository_invalid);
    EXPECT_NE(describe(joined.error()).find(damaged.filename().string()), std::string::npos);
    EXPECT_EQ(packs().size(), 5U);
    EXPECT_EQ(files(), 10U);
}

}  // namespace
}  // namespace autobackup::git::join_test
