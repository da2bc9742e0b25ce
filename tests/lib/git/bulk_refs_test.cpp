// SPDX-License-Identifier: MIT
#include <fstream>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::bulk_refs_test {
namespace {

class BulkRefs : public RepositoryTest {
protected:
    void SetUp() override {
        RepositoryTest::SetUp();
        first_ = commit_of("1");
        second_ = commit_of("2", {first_});
    }
    static RefChange change(const std::string& ref, const Oid& target, const std::optional<Oid>& expected) {
        RefChange made;
        made.ref = ref;
        made.target = target;
        made.expected = expected;
        return made;
    }
    Oid first_, second_;
};

TEST_F(BulkRefs, ManyAreOneFile) {
    git({"tag", "-m", "annotated", "v0", first_.hex()});
    const Oid tag = repository_->resolve("refs/tags/v0").value().value();
    std::vector<RefChange> changes;
    for (int i = 0; i < 500; ++i)
        changes.push_back(change("refs/heads/b" + std::to_string(i), first_, std::nullopt));
    changes.push_back(change("refs/tags/copy", tag, std::nullopt));
    const Result<void> set = repository_->set_refs(changes, "mirror");
    ASSERT_TRUE(set) << describe(set.error());
    EXPECT_TRUE(fs::is_empty(path_ / "refs/heads"));
    EXPECT_EQ(repository_->refs("refs/")->size(), 502U);
    EXPECT_EQ(git({"rev-parse", "b499"}), first_.hex() + "\n");
    // git believes what a fully-peeled file says of tags.
    EXPECT_EQ(git({"for-each-ref", "--format=%(objectname) %(*objectname)", "refs/tags/copy"}),
              tag.hex() + " " + first_.hex() + "\n");
    EXPECT_NE(git({"show-ref", "-d"}).find(first_.hex() + " refs/tags/copy^{}"), std::string::npos);
    expect_strict_fsck(path_);
}

TEST_F(BulkRefs, LooseOnesAmongThemMoveToo) {
    set_main(first_);
    std::vector<RefChange> changes{change("refs/heads/main", second_, first_)};
    for (int i = 0; i < 50; ++i)
        changes.push_back(change("refs/pull/" + std::to_string(i) + "/head", first_, std::nullopt));
    ASSERT_TRUE(repository_->set_refs(changes, "mirror"));
    EXPECT_EQ(git({"rev-parse", "main"}), second_.hex() + "\n");
    for (RefChange& each : changes) each = change(each.ref, second_, repository_->resolve(each.ref).value());
    ASSERT_TRUE(repository_->set_refs(changes, "mirror"));
    EXPECT_EQ(git({"rev-parse", "refs/pull/49/head"}), second_.hex() + "\n");
}

TEST_F(BulkRefs, NothingIsWrittenWhenOneStandsElsewhere) {
    for (const int count : {2, 50}) {
        std::vector<RefChange> changes;
        for (int i = 0; i < count; ++i)
            changes.push_back(change("refs/heads/b" + std::to_string(i), first_, std::nullopt));
        changes.push_back(change("refs/heads/none", second_, first_));
        const Result<void> set = repository_->set_refs(changes, "mirror");
        ASSERT_FALSE(set);
        EXPECT_EQ(set.error().code, Errc::remote_moved);
        EXPECT_TRUE(repository_->refs("refs/")->empty());
    }
}

TEST_F(BulkRefs, ConflictsWithinTheBatchAreFound) {
    std::vector<RefChange> changes;
    for (int i = 0; i < 50; ++i)
        changes.push_back(change("refs/heads/b" + std::to_string(i), first_, std::nullopt));
    changes.push_back(change("refs/heads/b7/below", first_, std::nullopt));
    EXPECT_FALSE(repository_->set_refs(changes, "mirror"));
    EXPECT_TRUE(repository_->refs("refs/")->empty());
}

TEST_F(BulkRefs, PackedRefsOfOldProgramsKeepTheirTags) {
    git({"tag", "-m", "annotated", "v0", first_.hex()});
    const Oid tag = repository_->resolve("refs/tags/v0").value().value();
    fs::remove(path_ / "refs/tags/v0");
    std::ofstream(path_ / "packed-refs") << tag.hex() << " refs/tags/v0\n";
    std::vector<RefChange> changes;
    for (int i = 0; i < 50; ++i)
        changes.push_back(change("refs/heads/b" + std::to_string(i), first_, std::nullopt));
    ASSERT_TRUE(repository_->set_refs(changes, "mirror"));
    EXPECT_NE(git({"show-ref", "-d"}).find(first_.hex() + " refs/tags/v0^{}"), std::string::npos);
}

TEST_F(BulkRefs, DamagedPackedRefsAreAnError) {
    std::ofstream(path_ / "packed-refs") << "garbage\n";
    EXPECT_EQ(repository_->refs("refs/").error().code, Errc::repository_invalid);
    EXPECT_EQ(repository_->resolve("refs/heads/main").error().code, Errc::repository_invalid);
}

}  // namespace
}  // namespace autobackup::git::bulk_refs_test
