// SPDX-License-Identifier: MIT
#include "lib/git/tree.hpp"

#include <random>

#include "lib/git/object_text.hpp"
#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::tree_test {
namespace {

TreeEntry entry(const std::string& name, std::uint32_t mode, const Oid& oid) {
    TreeEntry made;
    made.name = name;
    made.mode = mode;
    made.oid = oid;
    return made;
}

class Tree : public RepositoryTest {};

TEST_F(Tree, DirectoriesAreSortedAsIfTheirNameEndedInASlash) {
    const NewBlob blob = test::blob_of("x");
    std::vector<RawObject> objects{make_tree({entry("f", mode_file, blob.oid)})};
    const Oid folder = objects.front().oid;
    objects.push_back(make_tree({entry("a", mode_tree, folder), entry("a.b", mode_file, blob.oid),
                                 entry("a0", mode_file, blob.oid), entry("a-b", mode_file, blob.oid),
                                 entry("\xc3\xa4", 0100755, blob.oid)}));
    ASSERT_TRUE(repository_->write_pack({blob}, objects, {}));
    // git fsck --strict knows treeNotSorted.
    expect_strict_fsck(path_);
    const std::string listed = git({"ls-tree", "--name-only", "-z", objects.back().oid.hex()});
    EXPECT_EQ(listed, std::string("a-b\0a.b\0a\0a0\0\xc3\xa4\0", 16));
}

TEST_F(Tree, RandomFoldersReadBackAsTheyWereBuilt) {
    std::mt19937 random(20261121);
    const NewBlob blob = test::blob_of("x");
    for (int round = 0; round < 30; ++round) {
        Folder folder;
        std::map<std::string, Oid> expected;
        for (int i = 0; i < 60; ++i) {
            std::string path;
            for (unsigned depth = 0; depth <= random() % 3; ++depth) {
                if (!path.empty()) path += '/';
                path += "d.-0"[random() % 4];
                path += static_cast<char>('a' + random() % 5);
            }
            folder.add_file(path + "/f" + std::to_string(random() % 10), blob.oid);
            expected.emplace(path + "/f", blob.oid);
        }
        ASSERT_TRUE(folder.collisions().empty());
        std::vector<RawObject> objects;
        const Oid root = folder.build(objects);
        ASSERT_TRUE(repository_->write_pack({blob}, objects, {}));
        std::string walked;
        ASSERT_TRUE(
            repository_->walk(root, [&walked](const std::string& path, const TreeEntry&) -> Result<void> {
                walked += path + "\n";
                return {};
            }));
        EXPECT_EQ(walked, git({"-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", root.hex()}));
    }
    expect_strict_fsck(path_);
}

TEST(Folder, TheLastOneOfAPathWins) {
    const Oid first = hash_object(ObjectType::blob, "1");
    const Oid second = hash_object(ObjectType::blob, "2");
    Folder folder;
    folder.add_file("a/b", first);
    folder.add_file("a/b", second);
    Folder expected;
    expected.add_file("a/b", second);
    std::vector<RawObject> objects;
    EXPECT_EQ(folder.build(objects), expected.build(objects));
    EXPECT_TRUE(folder.collisions().empty());
}

TEST(Folder, ADirectoryWinsOverAFileOfItsName) {
    const Oid blob = hash_object(ObjectType::blob, "1");
    Folder file_first;
    file_first.add_file("x/a", blob);
    file_first.add_file("x/a/b", blob);
    Folder file_last;
    file_last.add_file("x/a/b", blob);
    file_last.add_file("x/a", blob);
    EXPECT_EQ(file_first.collisions(), std::vector<std::string>{"x/a"});
    EXPECT_EQ(file_last.collisions(), std::vector<std::string>{"x/a"});
    std::vector<RawObject> objects;
    EXPECT_EQ(file_first.build(objects), file_last.build(objects));
}

TEST(Folder, TakesAWholeSubtree) {
    const Oid blob = hash_object(ObjectType::blob, "1");
    Folder inner;
    inner.add_file("f", blob);
    std::vector<RawObject> objects;
    const Oid subtree = inner.build(objects);
    Folder outer;
    EXPECT_TRUE(outer.empty());
    outer.add_tree("a/b", subtree);
    EXPECT_FALSE(outer.empty());
    Folder whole;
    whole.add_file("a/b/f", blob);
    EXPECT_EQ(outer.build(objects), whole.build(objects));
}

TEST_F(Tree, CommitsAreWhatGitTakesForClean) {
    std::vector<RawObject> objects{make_tree({})};
    Signature author;
    author.name = " <Evil\n> \"Name\".";
    author.email = "a<b>@\nexample.org ";
    author.unix_seconds = -5;
    objects.push_back(make_commit(objects.front().oid, {}, author, "subject\n\nbody without end"));
    const Oid first = objects.back().oid;
    author = {};
    author.unix_seconds = 1'700'000'000;
    objects.push_back(make_commit(objects.front().oid, {first}, author, std::string("nul\0byte", 8)));
    const Oid second = objects.back().oid;
    ASSERT_TRUE(repository_->write_pack({}, objects, {}));
    set_main(second);
    expect_strict_fsck(path_);
    EXPECT_EQ(git({"log", "-1", "--format=%an|%ae|%at|%B", first.hex()}),
              "Evil \"Name|ab@example.org|0|subject\n\nbody without end\n\n");
    EXPECT_EQ(git({"log", "-1", "--format=%an|%ae|%at|%s", second.hex()}), "unknown||1700000000|nulbyte\n");
    const Result<Commit> read = repository_->read_commit(second);
    ASSERT_TRUE(read) << describe(read.error());
    EXPECT_EQ(read->tree, objects.front().oid);
    EXPECT_EQ(read->parents, std::vector<Oid>{first});
    EXPECT_EQ(read->author_line, "unknown <> 1700000000 +0000");
    EXPECT_EQ(read->message, "nulbyte\n");
    EXPECT_EQ(read->unix_seconds, 1'700'000'000);
}

TEST(ObjectText, ReadsWhatOthersWrote) {
    const std::string tree = std::string(40, 'a');
    const std::optional<Commit> commit = parse_commit(
        "tree " + tree +
        "\nauthor X\ngpgsig -----BEGIN\n parent not a parent\n -----END\n\nmessage\n\nparent of nothing");
    ASSERT_TRUE(commit);
    EXPECT_TRUE(commit->parents.empty());
    EXPECT_EQ(commit->unix_seconds, 0);
    EXPECT_EQ(commit->message, "message\n\nparent of nothing");
    EXPECT_FALSE(parse_commit("parent " + tree + "\n"));
    EXPECT_FALSE(parse_commit(""));
    EXPECT_FALSE(parse_commit("tree " + tree + "\nparent 12\n"));
    const std::optional<TagTarget> tag = parse_tag("object " + tree + "\ntype tree\ntag v1\n");
    ASSERT_TRUE(tag);
    EXPECT_EQ(tag->type, ObjectType::tree);
    EXPECT_FALSE(parse_tag("object " + tree + "\ntype rock\n"));
    // Ancient programs wrote modes with a leading zero.
    const std::optional<std::vector<TreeEntry>> entries = parse_tree("040000 d" + std::string(21, '\0'));
    ASSERT_TRUE(entries);
    EXPECT_TRUE(is_tree_mode(entries->front().mode));
    EXPECT_FALSE(parse_tree("100644 cut" + std::string(20, '\0')));
    EXPECT_FALSE(parse_tree("zz f" + std::string(21, '\0')));
}

TEST_F(Tree, EntriesAreFoundByPath) {
    const Result<Oid> commit = test::write_commit(*repository_, {{"a/b/c.txt", "deep"}, {"top", "t"}}, {});
    ASSERT_TRUE(commit);
    const Oid root = repository_->read_commit(*commit)->tree;
    const auto found = repository_->entry_at(root, "a/b/c.txt");
    ASSERT_TRUE(found && found->has_value());
    EXPECT_EQ((*found)->oid, hash_object(ObjectType::blob, "deep"));
    EXPECT_EQ((*found)->name, "c.txt");
    EXPECT_EQ(repository_->entry_at(root, "a/b")->value().mode, mode_tree);
    for (const char* path : {"a/x", "top/x", "a/b/c.txt/d", "", "a//b"}) {
        const auto missing = repository_->entry_at(root, path);
        ASSERT_TRUE(missing) << path;
        EXPECT_FALSE(missing->has_value()) << path;
    }
}

}  // namespace
}  // namespace autobackup::git::tree_test
