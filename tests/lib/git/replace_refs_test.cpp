// SPDX-License-Identifier: MIT
// Refs of mirrors: many in one step, deletions included; and what is in whose history.
#include <fstream>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::replace_refs_test {
namespace {

class ReplaceRefs : public RepositoryTest {
protected:
    void SetUp() override {
        RepositoryTest::SetUp();
        first_ = commit_of("1");
        second_ = commit_of("2", {first_}, 1'700'000'100);
        other_ = commit_of("other", {}, 1'700'000'050);
    }
    static RefChange change(const std::string& ref, const Oid& target, const std::optional<Oid>& expected) {
        RefChange made;
        made.ref = ref;
        made.target = target;
        made.expected = expected;
        return made;
    }
    void replace(const std::vector<RefChange>& changes) {
        const Result<void> done = repository_->replace_refs(changes);
        ASSERT_TRUE(done) << describe(done.error());
    }
    std::size_t loose() const {
        std::size_t count = 0;
        for (const auto& file : fs::recursive_directory_iterator(path_ / "refs")) count += file.is_regular_file() ? 1 : 0;
        return count;
    }
    Oid first_, second_, other_;
};

TEST_F(ReplaceRefs, SetsMovesAndDeletesInOneFile) {
    replace({change("refs/heads/a", first_, std::nullopt), change("refs/heads/b", first_, std::nullopt)});
    replace({change("refs/heads/a", second_, first_), change("refs/heads/b", Oid(), first_), change("refs/tags/c", first_, std::nullopt)});
    EXPECT_EQ(git({"for-each-ref", "--format=%(refname) %(objectname)"}), "refs/heads/a " + second_.hex() + "\nrefs/tags/c " + first_.hex() + "\n");
    EXPECT_EQ(loose(), 0U);
    expect_strict_fsck(path_);
}

TEST_F(ReplaceRefs, TakesLooseOnesOver) {
    set_main(first_);
    git({"update-ref", "refs/heads/gone", first_.hex()});
    git({"update-ref", "refs/heads/stays", first_.hex()});
    replace({change("refs/heads/main", second_, first_), change("refs/heads/gone", Oid(), first_)});
    EXPECT_EQ(git({"rev-parse", "main"}), second_.hex() + "\n");
    EXPECT_EQ(loose(), 1U);
    EXPECT_EQ(repository_->refs("refs/")->size(), 2U);
    EXPECT_FALSE(fs::exists(path_ / "logs/refs/heads/gone"));
}

TEST_F(ReplaceRefs, ARefTakesThePlaceOfAFolderOfDeletedOnes) {
    replace({change("refs/heads/t/a", first_, std::nullopt)});
    git({"update-ref", "refs/heads/t/b", first_.hex()});
    replace({change("refs/heads/t", second_, std::nullopt), change("refs/heads/t/a", Oid(), first_), change("refs/heads/t/b", Oid(), first_)});
    EXPECT_EQ(git({"for-each-ref", "--format=%(refname)"}), "refs/heads/t\n");
    replace({change("refs/heads/t", Oid(), second_), change("refs/heads/t/c", first_, std::nullopt)});
    EXPECT_EQ(git({"for-each-ref", "--format=%(refname)"}), "refs/heads/t/c\n");
}

TEST_F(ReplaceRefs, WritesNothingWhenTheyCannotStandTogetherOrOneIsElsewhere) {
    replace({change("refs/heads/a", first_, std::nullopt)});
    EXPECT_FALSE(repository_->replace_refs({change("refs/heads/b", first_, std::nullopt), change("refs/heads/a/b", first_, std::nullopt)}));
    const Result<void> elsewhere = repository_->replace_refs({change("refs/heads/b", first_, std::nullopt), change("refs/heads/a", second_, other_)});
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().code, Errc::remote_moved);
    const Result<void> nothing = repository_->replace_refs({change("refs/heads/b", *Oid::parse(std::string(40, 'a')), std::nullopt)});
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, Errc::not_found);
    EXPECT_EQ(repository_->refs("refs/")->size(), 1U);
}

TEST_F(ReplaceRefs, TellsWhatTagsStandFor) {
    git({"tag", "-m", "annotated", "v0", first_.hex()});
    const Oid tag = repository_->resolve("refs/tags/v0").value().value();
    replace({change("refs/tags/copy", tag, std::nullopt)});
    replace({change("refs/tags/again", tag, std::nullopt)});
    EXPECT_NE(git({"show-ref", "-d"}).find(first_.hex() + " refs/tags/copy^{}"), std::string::npos);
    EXPECT_NE(git({"show-ref", "-d"}).find(first_.hex() + " refs/tags/again^{}"), std::string::npos);
}

TEST_F(ReplaceRefs, HeadMayBeDetachedAndComesBack) {
    set_main(first_);
    EXPECT_EQ(repository_->head_target().value(), "refs/heads/main");
    ASSERT_TRUE(repository_->detach_head(second_));
    EXPECT_EQ(git({"rev-parse", "HEAD"}), second_.hex() + "\n");
    EXPECT_EQ(repository_->head_target().value(), std::nullopt);
    ASSERT_TRUE(repository_->set_head("main"));
    EXPECT_EQ(repository_->head_target().value(), "refs/heads/main");
}

TEST_F(ReplaceRefs, AncestryFollowsAllParentsAndPeelsTags) {
    const Oid merge = commit_of("merge", {other_, second_}, 1'700'000'200);
    git({"tag", "-m", "annotated", "v0", first_.hex()});
    const Oid tag = repository_->resolve("refs/tags/v0").value().value();
    const Oid blob = *Oid::parse(git({"rev-parse", first_.hex() + ":file"}).substr(0, 40));
    const Result<std::vector<bool>> answers = repository_->are_ancestors(
        {{first_, merge}, {merge, first_}, {other_, second_}, {tag, merge}, {first_, first_}, {blob, merge}, {other_, merge}});
    ASSERT_TRUE(answers) << describe(answers.error());
    EXPECT_EQ(*answers, (std::vector<bool>{true, false, false, true, true, false, true}));
}

TEST_F(ReplaceRefs, ConfigurationIsWrittenOnlyWhenItDiffers) {
    ASSERT_TRUE(repository_->configure({{"remote.origin.url", "https://example.org/a.git"}}));
    EXPECT_EQ(git({"config", "remote.origin.url"}), "https://example.org/a.git\n");
    EXPECT_EQ(repository_->setting("remote.origin.url").value(), "https://example.org/a.git");
    EXPECT_EQ(repository_->setting("remote.other.url").value(), std::nullopt);
    const auto before = fs::last_write_time(path_ / "config");
    ASSERT_TRUE(repository_->configure({{"remote.origin.url", "https://example.org/a.git"}}));
    EXPECT_EQ(fs::last_write_time(path_ / "config"), before);
}

}  // namespace
}  // namespace autobackup::git::replace_refs_test
