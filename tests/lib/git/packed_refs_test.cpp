// SPDX-License-Identifier: MIT
// packed-refs as git, other programs and accidents write it.
#include "lib/git/packed_lookup.hpp"
#include "lib/git/packed_refs.hpp"

#include <fstream>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::packed_refs_test {
namespace {

std::string row(char digit, const std::string& name) {
    return std::string(40, digit) + " " + name + "\n";
}

Oid oid(char digit) {
    return *Oid::parse(std::string(40, digit));
}

RefChange change(const std::string& ref, const Oid& target) {
    RefChange made;
    made.ref = ref;
    made.target = target;
    return made;
}

std::optional<Oid> no_tags(const Oid&) {
    return std::nullopt;
}

std::vector<std::string> names(const PackedRefs& refs) {
    std::vector<std::string> out;
    for (const PackedRefs::Row& each : refs) out.emplace_back(each.name());
    return out;
}

const std::string header = "# pack-refs with: peeled fully-peeled sorted \n";
const std::string peeled_row = "^" + std::string(40, 'e') + "\n";

TEST(PackedRefsText, NothingIsNothing) {
    for (const std::string& text : {std::string(), header, std::string("\n\n")}) {
        const std::optional<PackedRefs> refs = PackedRefs::parse(text);
        ASSERT_TRUE(refs);
        EXPECT_TRUE(names(*refs).empty());
        EXPECT_EQ(refs->find("refs/heads/a"), nullptr);
        EXPECT_EQ(refs->with({}, no_tags), header);
    }
    EXPECT_EQ(PackedRefs().with({change("refs/heads/a", oid('1'))}, no_tags), header + row('1', "refs/heads/a"));
}

TEST(PackedRefsText, FindsNamesThatBeginAlike) {
    const std::vector<std::string> sorted{"refs/heads/a", "refs/heads/a-b", "refs/heads/a/b", "refs/heads/a0", "refs/heads/\xc3\xa4"};
    std::string text = header;
    for (const std::string& name : sorted) text += row('1', name);
    const PackedRefs refs = std::move(*PackedRefs::parse(text));
    EXPECT_EQ(names(refs), sorted);
    for (const std::string& name : sorted) EXPECT_TRUE(refs.contains(name)) << name;
    for (const char* name : {"", "refs/heads/", "refs/heads/a/", "refs/heads/b", "refs/heads/\xc3", "refs/heads/\xff"}) EXPECT_FALSE(refs.contains(name)) << name;
    EXPECT_EQ(refs.first_below("refs/heads/a/"), "refs/heads/a/b");
    EXPECT_EQ(refs.first_below("refs/heads/b"), "");
    EXPECT_EQ(refs.first_below("refs/heads/\xc3"), "refs/heads/\xc3\xa4");
}

TEST(PackedRefsText, OtherOrdersAreSortedAndTheLastOfANameCounts) {
    const std::string text = row('1', "refs/heads/b") + row('2', "refs/tags/t") + peeled_row + row('3', "refs/heads/a") + row('4', "refs/tags/t") + row('5', "refs/heads/b");
    const PackedRefs refs = std::move(*PackedRefs::parse(header + text));
    EXPECT_EQ(names(refs), (std::vector<std::string>{"refs/heads/a", "refs/heads/b", "refs/tags/t"}));
    EXPECT_EQ(refs.find("refs/heads/b")->oid, oid('5'));
    EXPECT_EQ(refs.with({}, no_tags), header + row('3', "refs/heads/a") + row('5', "refs/heads/b") + row('4', "refs/tags/t"));
}

TEST(PackedRefsText, AChangeLeavesAllOthersAsTheyStand) {
    const std::string text = header + row('1', "refs/heads/a") + row('2', "refs/heads/c") + row('3', "refs/tags/t") + peeled_row + row('4', "refs/tags/u");
    const PackedRefs refs = std::move(*PackedRefs::parse(text.substr(0, text.size() - 1)));  // the last line without its end
    EXPECT_EQ(refs.with({}, no_tags), text);
    const auto peel = [](const Oid& one) { return one == oid('5') ? std::optional<Oid>(oid('6')) : std::nullopt; };
    const std::vector<RefChange> changes{change("refs/tags/v", oid('5')), change("refs/heads/b", oid('7')), change("refs/heads/c", Oid()), change("refs/heads/a", oid('8')),
                                         change("refs/heads/none", Oid()), change("refs/heads/b", oid('9'))};
    EXPECT_EQ(refs.with(changes, peel), header + row('8', "refs/heads/a") + row('9', "refs/heads/b") + row('3', "refs/tags/t") + peeled_row + row('4', "refs/tags/u") +
                                            row('5', "refs/tags/v") + "^" + oid('6').hex() + "\n");
}

// Its header does not promise it: what each tag stands for is looked up.
TEST(PackedRefsText, AnOlderFileGetsWhatItDidNotTell) {
    const PackedRefs refs = std::move(*PackedRefs::parse("# pack-refs with: peeled \n" + row('1', "refs/heads/a") + row('2', "refs/tags/t")));
    const auto peel = [](const Oid& one) { return one == oid('2') ? std::optional<Oid>(oid('e')) : std::nullopt; };
    EXPECT_EQ(refs.with({}, peel), header + row('1', "refs/heads/a") + row('2', "refs/tags/t") + peeled_row);
}

TEST(PackedRefsText, WhatGitDoesNotReadIsDamage) {
    const std::string good = row('1', "refs/tags/t");
    for (const std::string& text : {std::string("x\n"), std::string(40, '1') + "\n", std::string(40, '1') + " \n", std::string(40, 'g') + " refs/heads/a\n",
                                    std::string(40, '1') + "\trefs/heads/a\n", peeled_row, good + "^" + std::string(39, 'e') + "\n", good + peeled_row + peeled_row,
                                    good + "^" + std::string(40, 'e') + " \n", good + "# a remark\n" + peeled_row, good.substr(0, 30)}) {
        EXPECT_FALSE(PackedRefs::parse(text)) << text;
    }
}

class PackedLookups : public testing::Test {
protected:
    PackedLookup look(const std::string& text, const std::string& name) const {
        std::ofstream(file_) << text;
        return look_up_packed(file_, name);
    }
    test::TempDir dir_;
    fs::path file_ = dir_.path() / "packed-refs";
};

// Every name of it and one before and behind each, in files from nothing to many times what one read brings.
TEST_F(PackedLookups, SayWhatTheWholeFileSays) {
    for (const int count : {0, 1, 2, 200, 700, 5'000}) {
        std::string text = header;
        for (int i = 0; i < count; ++i) {
            const std::string number = std::to_string(10'000 + i);
            const std::string name = "refs/" + std::string(i % 7 == 0 ? "heads/long" + std::string(static_cast<std::size_t>(i) % 900, 'x') : "changes/") + number;
            text += hash_object(ObjectType::blob, name).hex() + " refs/" + number + name.substr(4) + "\n";
            if (i % 3 == 0) text += peeled_row;
        }
        const PackedRefs whole = std::move(*PackedRefs::parse(text));
        std::ofstream(file_) << text;
        for (const PackedRefs::Row& each : whole) {
            const std::string name(each.name());
            for (const std::string& wanted : {name, name + "0", name.substr(0, name.size() - 1)}) {
                const PackedLookup found = look_up_packed(file_, wanted);
                ASSERT_TRUE(found.answered) << wanted;
                const PackedRefs::Row* row = whole.find(wanted);
                ASSERT_EQ(found.oid, row == nullptr ? std::nullopt : std::optional<Oid>(row->oid)) << wanted;
            }
        }
        for (const char* wanted : {"", "refs/", "refs/zz", "HEAD"}) {
            const PackedLookup found = look_up_packed(file_, wanted);
            EXPECT_TRUE(found.answered && !found.oid) << wanted;
        }
    }
}

TEST_F(PackedLookups, LeaveToOthersWhatTheyCannotBeSureOf) {
    const std::string good = row('1', "refs/heads/a");
    for (const std::string& text : {std::string(), good, "# pack-refs with: peeled fully-peeled \n" + good, header + "x\n" + good, header + good.substr(0, 45),
                                    header + std::string(40, 'g') + " refs/heads/a\n", header + row('1', "refs/" + std::string(60'000, 'y')) + good}) {
        EXPECT_FALSE(look(text, "refs/heads/a").answered) << text;
    }
    fs::remove(file_);
    EXPECT_FALSE(look_up_packed(file_, "refs/heads/a").answered);
}

class PackedRefsFile : public RepositoryTest {
protected:
    void pack(const std::string& text) const { std::ofstream(path_ / "packed-refs") << text; }
};

TEST_F(PackedRefsFile, IsReadAgainWhenSomebodyElseWroteIt) {
    const Oid first = commit_of("1"), second = commit_of("2");
    pack(header + first.hex() + " refs/heads/a\n");
    EXPECT_EQ(repository_->refs("refs/").value(), (std::vector<std::pair<std::string, Oid>>{{"refs/heads/a", first}}));
    git({"update-ref", "refs/heads/a", second.hex()});
    git({"update-ref", "refs/heads/b", second.hex()});
    git({"symbolic-ref", "refs/heads/s", "refs/heads/b"});
    git({"pack-refs", "--all"});
    EXPECT_EQ(repository_->refs("refs/heads/").value(),
              (std::vector<std::pair<std::string, Oid>>{{"refs/heads/a", second}, {"refs/heads/b", second}, {"refs/heads/s", second}}));
    git({"update-ref", "refs/heads/a", first.hex()});
    git({"update-ref", "-d", "refs/heads/b"});
    EXPECT_EQ(repository_->refs("refs/heads/").value(), (std::vector<std::pair<std::string, Oid>>{{"refs/heads/a", first}}));  // s stands for nothing now
}

TEST_F(PackedRefsFile, OutOfOrderAndTwiceIsMendedByTheNextChange) {
    const Oid first = commit_of("1"), second = commit_of("2");
    pack(first.hex() + " refs/heads/b\n" + first.hex() + " refs/heads/a\n" + second.hex() + " refs/heads/b\n");
    RefChange made = change("refs/heads/c", first);
    ASSERT_TRUE(repository_->replace_refs({made}));
    EXPECT_EQ(git({"for-each-ref", "--format=%(refname) %(objectname)"}),
              "refs/heads/a " + first.hex() + "\nrefs/heads/b " + second.hex() + "\nrefs/heads/c " + first.hex() + "\n");
    expect_strict_fsck(path_);
}

// Only new names are in question, and only those below them: many that go must not make it slow.
TEST_F(PackedRefsFile, ManyGoAndManyComeInOneStep) {
    const Oid commit = commit_of("1");
    std::vector<RefChange> come, change_places;
    for (int i = 0; i < 5'000; ++i) {
        const std::string number = std::to_string(i);
        come.push_back(change("refs/a/" + number, commit));
        change_places.push_back(change("refs/a/" + number, Oid()));
        change_places.back().expected = commit;
        change_places.push_back(change("refs/b/" + number, commit));
    }
    ASSERT_TRUE(repository_->replace_refs(come));
    change_places.push_back(change("refs/a", commit));
    const Result<void> done = repository_->replace_refs(change_places);
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(repository_->refs("refs/")->size(), 5'001U);
    const Result<void> below = repository_->replace_refs({change("refs/b/7/x", commit)});
    ASSERT_FALSE(below);
    EXPECT_NE(describe(below.error()).find("refs/b/7 is in the way"), std::string::npos);
    EXPECT_FALSE(repository_->replace_refs({change("refs/b", commit)}));
}

}  // namespace
}  // namespace autobackup::git::packed_refs_test
