// SPDX-License-Identifier: MIT
#include <algorithm>
#include <fstream>
#include <random>
#include <set>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::pack_reader_test {
namespace {

class PackReading : public RepositoryTest {
protected:
    /// Reads it to the end in pieces of odd sizes and stores it; checks the size announced.
    Result<fs::path> drain(PackReader& reader) {
        const fs::path file = directory_.path() / "sent.pack";
        std::ofstream out(file, std::ios::binary | std::ios::trunc);
        std::vector<std::byte> buffer(70'001);
        std::mt19937 random(1);
        std::uint64_t total = 0;
        for (;;) {
            const Result<std::size_t> got =
                reader.read(std::span(buffer).first(1 + random() % buffer.size()));
            if (!got) return got.error();
            if (*got == 0) break;
            out.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(*got));
            total += *got;
        }
        EXPECT_EQ(total, reader.size());
        EXPECT_EQ(reader.read(buffer).value(), 0U) << "the end stays the end";
        return file;
    }
    /// What git makes of the pack in an empty repository, or in a clone of what the peer has.
    void expect_git_takes(const std::vector<Oid>& objects, const fs::path& peer) {
        Result<PackReader> reader = PackReader::make(*repository_, objects);
        ASSERT_TRUE(reader) << describe(reader.error());
        EXPECT_EQ(reader->objects(), std::set<Oid>(objects.begin(), objects.end()).size());
        const Result<fs::path> file = drain(*reader);
        ASSERT_TRUE(file) << describe(file.error());
        test::git(peer, {"index-pack", "--strict", "--stdin"}, *file);
        for (const Oid& oid : objects) test::git(peer, {"cat-file", "-e", oid.hex()});
    }
    fs::path empty_peer(const std::string& name = "peer.git") {
        const fs::path peer = directory_.path() / name;
        test::git(directory_.path(), {"init", "-q", "--bare", peer.string()});
        return peer;
    }
    std::set<std::string> listed_by_git(const std::vector<std::string>& revisions) const {
        std::vector<std::string> words{"rev-list", "--objects", "--no-object-names"};
        words.insert(words.end(), revisions.begin(), revisions.end());
        std::istringstream lines(git(words));
        std::set<std::string> names;
        for (std::string line; std::getline(lines, line);) names.insert(line);
        return names;
    }
    static std::set<std::string> names(const std::vector<Oid>& objects) {
        std::set<std::string> found;
        for (const Oid& oid : objects) found.insert(oid.hex());
        EXPECT_EQ(found.size(), objects.size()) << "an object is listed twice";
        return found;
    }
};

TEST_F(PackReading, OnePackFileGoesOutAsItIs) {
    const Oid commit = commit_of(test::noise(500'000, 1));
    const Result<std::vector<Oid>> objects = repository_->missing_objects({commit}, {});
    ASSERT_TRUE(objects);
    Result<PackReader> reader = PackReader::make(*repository_, *objects);
    ASSERT_TRUE(reader);
    const std::string file = read_file(packs().front()).value();
    EXPECT_EQ(reader->size(), file.size());
    EXPECT_EQ(read_file(drain(*reader).value()).value(), file);
    std::vector<std::byte> start(100);
    reader->rewind();
    ASSERT_TRUE(reader->read(start));
    reader->rewind();
    EXPECT_EQ(read_file(drain(*reader).value()).value(), file);
    expect_git_takes(*objects, empty_peer());
}

TEST_F(PackReading, ObjectsOfSeveralPacksLooseOnesAndDeltas) {
    const std::string base = test::noise(100'000, 1);
    Oid tip = commit_of(base);
    for (int i = 0; i < 5; ++i) tip = commit_of(base + std::to_string(i), {tip}, 1'700'000'000 + i);
    set_main(tip);
    git({"repack", "-adfq", "--depth=4"});
    ASSERT_NE(git({"verify-pack", "-v", packs().front()}).find("chain length"), std::string::npos);
    tip = commit_of(test::prose(5'000'000, 2), {tip}, 1'700'000'100);
    git({"update-ref", "refs/heads/main", tip.hex()});
    const std::string loose = git({"hash-object", "-w", packs().front()});
    std::vector<Oid> objects = repository_->missing_objects({tip}, {}).value();
    expect_git_takes(objects, empty_peer("all.git"));
    objects.push_back(Oid::parse(std::string_view(loose).substr(0, 40)).value());
    objects.push_back(objects.front());
    expect_git_takes(objects, empty_peer("more.git"));
    // Some only: deltas whose base stays behind.
    std::mt19937 random(5);
    for (int round = 0; round < 10; ++round) {
        std::shuffle(objects.begin(), objects.end(), random);
        const std::vector<Oid> some(
            objects.begin(), objects.begin() + static_cast<std::ptrdiff_t>(1 + random() % objects.size()));
        Result<PackReader> reader = PackReader::make(*repository_, some);
        ASSERT_TRUE(reader) << describe(reader.error());
        // Without --strict: what these refer to is not all there.
        test::git(empty_peer("some" + std::to_string(round)), {"index-pack", "--stdin"},
                  drain(*reader).value());
    }
}

TEST_F(PackReading, AnEmptyListIsAnEmptyPack) {
    Result<PackReader> reader = PackReader::make(*repository_, {});
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->size(), 32U);
    EXPECT_EQ(reader->objects(), 0U);
    test::git(empty_peer(), {"index-pack", "--stdin"}, drain(*reader).value());
}

TEST_F(PackReading, WhatIsNotThereIsTold) {
    const Result<PackReader> reader = PackReader::make(*repository_, {hash_object(ObjectType::blob, "none")});
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Errc::not_found);
}

TEST_F(PackReading, DamageIsNotSent) {
    const Oid commit = commit_of(test::noise(300'000, 1));
    const std::vector<Oid> whole = repository_->missing_objects({commit}, {}).value();
    const std::vector<Oid> blob_alone{whole.back()};
    const fs::path pack = packs().front();
    fs::permissions(pack, fs::perms::owner_all);
    std::fstream stream(pack, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(150'000);
    stream.put('\x55');
    stream.close();
    for (const std::vector<Oid>& objects : {whole, blob_alone}) {
        Result<PackReader> reader = PackReader::make(*repository_, objects);
        ASSERT_TRUE(reader);
        const Result<fs::path> file = drain(*reader);
        ASSERT_FALSE(file);
        EXPECT_EQ(file.error().code, Errc::repository_invalid);
    }
}

TEST_F(PackReading, MissingObjectsAreThoseOfRevList) {
    std::mt19937 random(7);
    std::vector<Oid> commits;
    for (int i = 0; i < 40; ++i) {
        std::vector<test::NamedContent> files;
        for (int file = 0; file < 6; ++file) {
            files.push_back({"d" + std::to_string(random() % 3) + "/f" + std::to_string(file),
                             std::to_string(random() % 12), true});
        }
        std::vector<Oid> parents;
        for (unsigned p = 0; !commits.empty() && p < 1 + random() % 2; ++p) {
            const Oid parent =
                commits[commits.size() - 1 - random() % std::min<std::size_t>(commits.size(), 5)];
            if (std::find(parents.begin(), parents.end(), parent) == parents.end()) parents.push_back(parent);
        }
        // Wrong clocks among them.
        const std::int64_t time = 1'700'000'000 + i * 60 - (random() % 10 == 0 ? 100'000 : 0);
        const Result<Oid> commit = test::write_commit(*repository_, files, parents, time, std::to_string(i));
        ASSERT_TRUE(commit);
        commits.push_back(*commit);
    }
    for (int round = 0; round < 60; ++round) {
        std::vector<Oid> tips{commits[random() % commits.size()]};
        if (round % 3 == 0) tips.push_back(commits[random() % commits.size()]);
        std::vector<Oid> known;
        for (unsigned k = 0; k < random() % 3; ++k) known.push_back(commits[random() % commits.size()]);
        std::vector<std::string> words;
        for (const Oid& tip : tips) words.push_back(tip.hex());
        words.push_back("--not");
        for (const Oid& oid : known) words.push_back(oid.hex());
        known.push_back(hash_object(ObjectType::commit, "a commit that is not here"));
        const Result<std::vector<Oid>> missing = repository_->missing_objects(tips, known);
        ASSERT_TRUE(missing) << describe(missing.error());
        const std::set<std::string> ours = names(*missing);
        const std::set<std::string> theirs = listed_by_git(words);
        // Never less than what git finds. More only by commits that a wrong clock hides from the early end of
        // the walk, and objects that come back from further down the history than the border.
        EXPECT_TRUE(std::includes(theirs.begin(), theirs.end(), ours.begin(), ours.end()) ||
                    std::includes(ours.begin(), ours.end(), theirs.begin(), theirs.end()));
        std::set<std::string> needed;
        const std::set<std::string> whole =
            listed_by_git({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(tips.size())});
        std::set<std::string> peer_has;
        if (known.size() > 1) {
            std::vector<std::string> of_known;
            for (std::size_t k = 0; k + 1 < known.size(); ++k) of_known.push_back(known[k].hex());
            peer_has = listed_by_git(of_known);
        }
        std::set_difference(whole.begin(), whole.end(), peer_has.begin(), peer_has.end(),
                            std::inserter(needed, needed.end()));
        EXPECT_TRUE(std::includes(ours.begin(), ours.end(), needed.begin(), needed.end()))
            << "the peer would lack objects";
        for (const std::string& name : ours) EXPECT_TRUE(whole.contains(name)) << name;
    }
}

TEST_F(PackReading, AContentThatMovedIsNotSentAgain) {
    const Result<Oid> first = test::write_commit(
        *repository_, {{"task_0/data/1.jpg", "one", false}, {"task_1/data/2.jpg", "two", false}}, {});
    const Result<Oid> second =
        test::write_commit(*repository_, {{"task_0/data/2.jpg", "two", false}}, {*first});
    const std::vector<Oid> missing = repository_->missing_objects({*second}, {*first}).value();
    ASSERT_EQ(missing.size(), 2U) << "the commit and its root";
    EXPECT_EQ(missing.front(), *second);
}

TEST_F(PackReading, TagsAreObjectsToo) {
    const Oid commit = commit_of("x");
    git({"tag", "-m", "one", "v1", commit.hex()});
    git({"tag", "-m", "two", "v2", "v1"});
    const Oid tag = repository_->resolve("refs/tags/v2").value().value();
    EXPECT_EQ(names(repository_->missing_objects({tag}, {}).value()), listed_by_git({"v2"}));
    EXPECT_EQ(names(repository_->missing_objects({tag}, {commit}).value()).size(), 2U);
    EXPECT_TRUE(repository_->missing_objects({tag}, {tag})->empty());
    expect_git_takes(repository_->missing_objects({tag}, {}).value(), empty_peer());
}

TEST_F(PackReading, AHoleInAFullRepositoryIsAnError) {
    const NewBlob absent = test::blob_of("absent");
    Folder folder;
    folder.add_file("f", absent.oid);
    std::vector<RawObject> objects;
    const Oid tree = folder.build(objects);
    objects.push_back(make_commit(tree, {}, Signature(), "m"));
    ASSERT_TRUE(repository_->write_pack({}, objects, {}));
    const Result<std::vector<Oid>> missing = repository_->missing_objects({objects.back().oid}, {});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::repository_invalid);
    EXPECT_NE(missing.error().message.find(absent.oid.hex()), std::string::npos);
}

}  // namespace
}  // namespace autobackup::git::pack_reader_test
