// SPDX-License-Identifier: MIT
#include "daemon/vault/carry.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "daemon/vault/history.hpp"
#include "daemon/vault/item_id.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::vault::carry_test {
namespace {

using Files = std::map<std::string, std::string>;  // top-level name → content
using MaybeOid = std::optional<git::Oid>;

git::RawObject blob(const std::string& text) {
    git::RawObject object;
    object.type = git::ObjectType::blob;
    object.oid = git::hash_object(git::ObjectType::blob, text);
    object.content = text;
    return object;
}

class CarryTest : public ::testing::Test {
protected:
    CarryTest() : vault_(git::Repository::open_or_init(directory_.path() / "vault.git", "main").value()) {}

    // A commit whose root holds the files; names that begin with '+' are only named, their content is not written.
    git::Oid commit(const Files& files, const MaybeOid& parent, const std::string& message, std::int64_t time = 1'795'224'600) {
        std::vector<git::RawObject> objects;
        std::vector<git::TreeEntry> entries;
        for (const auto& [name, text] : files) {
            const bool absent = name.starts_with('+');
            git::RawObject object = blob(text);
            entries.push_back(git::TreeEntry{absent ? name.substr(1) : name, git::mode_file, object.oid});
            if (!absent) objects.push_back(std::move(object));
        }
        git::RawObject tree = git::make_tree(entries);
        std::vector<git::Oid> parents;
        if (parent) parents.push_back(*parent);
        git::RawObject made = git::make_commit(tree.oid, parents, git::Signature{"A U", "a@b", time}, message);
        const git::Oid oid = made.oid;
        objects.push_back(std::move(tree));
        objects.push_back(std::move(made));
        EXPECT_TRUE(vault_.write_pack({}, objects, nullptr));
        return oid;
    }
    Files files(const git::Oid& commit) {
        Files found;
        const git::Commit read = vault_.read_commit(commit).value();
        for (const git::TreeEntry& entry : vault_.read_tree(read.tree).value()) {
            found[entry.name] = vault_.has(entry.oid) ? vault_.read_blob(entry.oid).value() : "absent";
        }
        return found;
    }
    std::vector<std::string> messages(const git::Oid& tip) {
        std::vector<std::string> found;
        for (const git::Oid& oid : commits_since(vault_, tip, std::nullopt).value()) {
            std::string text = vault_.read_commit(oid)->message;
            text.pop_back();  // the line's end
            found.push_back(std::move(text));
        }
        return found;
    }
    void cut_off(const git::Oid& commit) {
        std::ofstream(vault_.path() / "shallow", std::ios::app) << commit.hex() << '\n';
        vault_ = git::Repository::open(vault_.path()).value();
    }

    test::TempDir directory_;
    git::Repository vault_;
    const std::string one_ = ItemId{ItemId::Kind::project, 1}.manifest_name(), two_ = ItemId{ItemId::Kind::task, 2}.manifest_name();
};

TEST_F(CarryTest, EveryItemThatDiffersIsOneCommitInItsOrder) {
    const git::Oid a = commit({{one_, "1"}, {"README", "ours"}}, std::nullopt, "one");
    const git::Oid b = commit({{one_, "1"}, {two_, "2"}, {"README", "ours"}}, a, "two");
    const git::Oid c = commit({{one_, "1b"}, {two_, "2"}, {"README", "ours"}}, b, "one again");
    const MaybeOid alone = carry_items(vault_, c, std::nullopt).value();
    ASSERT_TRUE(alone);
    EXPECT_EQ(files(*alone), (Files{{one_, "1b"}, {two_, "2"}}));
    EXPECT_EQ(messages(*alone), (std::vector<std::string>{"one again", "two"}));

    const git::Oid theirs = commit({{one_, "old"}, {two_, "2"}, {"notes", "theirs"}}, std::nullopt, "theirs");
    const MaybeOid onto = carry_items(vault_, c, theirs).value();
    EXPECT_EQ(files(*onto), (Files{{one_, "1b"}, {two_, "2"}, {"notes", "theirs"}}));
    EXPECT_EQ(messages(*onto), (std::vector<std::string>{"one again", "theirs"}));
    EXPECT_EQ(carry_items(vault_, c, *onto).value(), *onto) << "nothing differs any more";
    EXPECT_EQ(carry_items(vault_, theirs, std::nullopt).value().has_value(), true);
    const git::Oid nothing = commit({{"README", "ours"}}, std::nullopt, "no item");
    EXPECT_FALSE(carry_items(vault_, nothing, std::nullopt).value());
}

TEST_F(CarryTest, ALineRepeatsWhatIsNewAndTheSameTwiceGivesTheSame) {
    const git::Oid theirs = commit({{"notes", "theirs"}}, std::nullopt, "theirs");
    const git::Oid a = commit({{one_, "1"}}, std::nullopt, "one");
    const git::Oid b = commit({{one_, "1b"}}, a, "one again");
    const MaybeOid line = line_onto(vault_, b, std::nullopt, theirs).value();
    EXPECT_EQ(messages(*line), (std::vector<std::string>{"one again", "one", "theirs"}));
    EXPECT_EQ(line_onto(vault_, b, std::nullopt, theirs).value(), line);
    const git::Oid c = commit({{one_, "1c"}}, b, "one more");
    const git::Oid d = commit({{one_, "1d"}}, c, "and more");
    const MaybeOid next = line_onto(vault_, d, b, line).value();
    EXPECT_EQ(messages(*next), (std::vector<std::string>{"and more", "one more", "one again", "one", "theirs"}));
    EXPECT_EQ(files(*next), (Files{{one_, "1d"}, {"notes", "theirs"}}));
    // The vault's branch was built anew: what is settled is not in it any more, and nothing is repeated that is there.
    const git::Oid anew = commit({{one_, "1d"}, {"README", "x"}}, std::nullopt, "and more");
    EXPECT_EQ(line_onto(vault_, anew, d, next).value(), next);
}

TEST_F(CarryTest, AShallowVaultIsNotWhole) {
    const git::Oid foreign = commit({{"+README", "not here"}, {"+" + two_, "theirs"}}, std::nullopt, "foreign");
    const git::Oid ours = commit({{"+README", "not here"}, {"+" + two_, "theirs"}, {one_, "1"}}, foreign, "one");
    EXPECT_TRUE(whole_since(vault_, ours, std::nullopt).value()) << "neither shallow nor partial: not looked at";
    cut_off(foreign);
    EXPECT_FALSE(whole_since(vault_, ours, std::nullopt).value());
    EXPECT_TRUE(whole_since(vault_, ours, foreign).value());
    EXPECT_TRUE(whole_since(vault_, ours, ours).value());
    // An item of theirs whose content is not here cannot be brought elsewhere, and that is said.
    const Result<MaybeOid> carried = carry_items(vault_, ours, std::nullopt);
    ASSERT_FALSE(carried);
    EXPECT_EQ(carried.error().code, Errc::repository_invalid);
    EXPECT_EQ(carried.error().object, "task 2");
    EXPECT_FALSE(carried.error().hint.empty());
    // Beside that item it can.
    EXPECT_EQ(files(*carry_items(vault_, ours, foreign).value()), (Files{{"README", "absent"}, {two_, "absent"}, {one_, "1"}}));
    const git::Oid later = commit({{"+README", "not here"}, {"+" + two_, "theirs"}, {one_, "1b"}}, ours, "one again");
    EXPECT_TRUE(whole_since(vault_, later, ours).value());
    const git::Oid brings_absent = commit({{"+README", "another"}, {one_, "1b"}}, later, "by hand");
    EXPECT_FALSE(whole_since(vault_, brings_absent, ours).value());
}

TEST_F(CarryTest, CommonGroundIsTheNewestSharedCommit) {
    const git::Oid a = commit({{one_, "1"}}, std::nullopt, "a");
    const git::Oid b = commit({{one_, "2"}}, a, "b");
    const git::Oid ours = commit({{one_, "3"}}, b, "ours");
    const git::Oid theirs = commit({{one_, "4"}}, b, "theirs");
    EXPECT_EQ(common_ground(vault_, ours, theirs).value(), b);
    EXPECT_EQ(common_ground(vault_, ours, a).value(), a);
    EXPECT_FALSE(common_ground(vault_, ours, commit({{"x", "y"}}, std::nullopt, "other")).value());
}

}  // namespace
}  // namespace autobackup::vault::carry_test
