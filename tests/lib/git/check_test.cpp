// SPDX-License-Identifier: MIT
#include <fstream>
#include <random>
#include <set>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::check_test {
namespace {

class Check : public RepositoryTest {
protected:
    void SetUp() override {
        RepositoryTest::SetUp();
        const Oid first = commit_of(test::noise(20'000, 1));
        tip_ = commit_of(test::prose(20'000, 1), {first});
        set_main(tip_);
        git({"tag", "-m", "a tag", "v1"});  // a loose object
    }
    std::vector<std::string> problems() const {
        // Opened anew: what a run finds that comes upon the damage.
        const Result<Repository> fresh = Repository::open(path_);
        if (!fresh) return {describe(fresh.error())};
        const Result<Repository::CheckReport> report = fresh->check();
        return report ? report->problems : std::vector<std::string>{describe(report.error())};
    }
    std::vector<fs::path> object_files() const {
        std::vector<fs::path> files;
        for (const auto& file : fs::recursive_directory_iterator(path_ / "objects")) {
            if (file.is_regular_file()) files.push_back(file.path());
        }
        return files;
    }
    void flip_bits(int rounds, unsigned seed) const {
        std::mt19937 random(seed);
        std::vector<fs::path> files;
        for (const fs::path& file : object_files()) {
            const std::string extension = file.extension();
            // What git itself can do without and makes anew.
            if (extension != ".bitmap" && extension != ".rev" && file.parent_path().filename() != "info")
                files.push_back(file);
        }
        for (int round = 0; round < rounds; ++round) {
            const fs::path& file = files[random() % files.size()];
            const std::string good = read_file(file).value();
            std::string bad = good;
            const std::size_t at = random() % bad.size();
            bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
            fs::permissions(file, fs::perms::owner_all);
            std::ofstream(file, std::ios::binary | std::ios::trunc) << bad;
            EXPECT_FALSE(problems().empty()) << file << " at " << at;
            std::ofstream(file, std::ios::binary | std::ios::trunc) << good;
        }
    }
    Oid tip_;
};

TEST_F(Check, ASoundRepositoryHasNoProblems) {
    const Result<Repository::CheckReport> report = repository_->check();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
    EXPECT_EQ(report->objects, 7U);
    git({"repack", "-adfq"});
    EXPECT_TRUE(problems().empty());
    EXPECT_EQ(repository_->check()->objects, 7U);
}

TEST_F(Check, EveryFlippedBitIsFound) {
    ASSERT_EQ(object_files().size(), 5U);
    flip_bits(150, 3);
    // The same in one pack with deltas.
    Oid tip = tip_;
    for (int i = 0; i < 20; ++i)
        tip = commit_of(test::noise(3'000, 5) + std::to_string(i), {tip}, 1'700'000'000 + i);
    set_main(tip, tip_);
    git({"repack", "-adfq"});
    git({"prune-packed"});
    ASSERT_NE(git({"verify-pack", "-v", packs().front()}).find("chain length"), std::string::npos);
    EXPECT_TRUE(problems().empty());
    flip_bits(300, 4);
    EXPECT_TRUE(problems().empty());
}

TEST_F(Check, CutAndMissingFilesAreFound) {
    for (const fs::path& file : object_files()) {
        const std::string good = read_file(file).value();
        const bool is_pack = file.extension() == ".pack";
        fs::permissions(file, fs::perms::owner_all);
        for (const std::size_t length : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
            std::ofstream(file, std::ios::binary | std::ios::trunc) << good.substr(0, length);
            EXPECT_FALSE(problems().empty()) << file << " cut to " << length;
        }
        fs::remove(file);
        EXPECT_FALSE(problems().empty()) << file << (is_pack ? " (pack)" : "");
        std::ofstream(file, std::ios::binary) << good;
    }
    EXPECT_TRUE(problems().empty());
}

TEST_F(Check, DamagedRefsAreFound) {
    const auto with_ref = [this](const std::string& text) {
        std::ofstream(path_ / "refs/heads/other", std::ios::trunc) << text;
        return problems();
    };
    EXPECT_EQ(with_ref(tip_.hex() + "\n").size(), 0U);
    EXPECT_EQ(with_ref("").size(), 1U);
    const std::string none = std::string(40, 'e');
    const std::vector<std::string> found = with_ref(none + "\n");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found.front().find(none), std::string::npos);
    EXPECT_NE(found.front().find("refs/heads/other"), std::string::npos);
}

TEST_F(Check, SaysWhichObjectsAreDamagedAndWhichAreMissing) {
    const Oid tag = *repository_->resolve("refs/tags/v1").value();
    const fs::path file = path_ / "objects" / tag.hex().substr(0, 2) / tag.hex().substr(2);
    fs::permissions(file, fs::perms::owner_all);
    std::ofstream(file, std::ios::trunc) << "no object";
    const Result<Repository::CheckReport> damaged = Repository::open(path_)->check();
    ASSERT_TRUE(damaged);
    EXPECT_EQ(std::set<Oid>(damaged->damaged.begin(), damaged->damaged.end()), std::set<Oid>{tag});
    EXPECT_TRUE(damaged->missing.empty());
    fs::remove(file);
    const Result<Repository::CheckReport> missing = Repository::open(path_)->check();
    ASSERT_TRUE(missing);
    EXPECT_TRUE(missing->damaged.empty());
    EXPECT_EQ(missing->missing, std::vector<Oid>{tag});
}

TEST_F(Check, WhatAPromisorPackNamesMayBeMissingButNothingElse) {
    const NewBlob promised = test::blob_of("promised");
    const NewBlob lost = test::blob_of("lost");
    const auto commit_with = [this](const Oid& blob, const std::vector<Oid>& parents) {
        Folder folder;
        folder.add_file("f", blob);
        std::vector<RawObject> objects;
        const Oid tree = folder.build(objects);
        objects.push_back(make_commit(tree, parents, Signature(), "m"));
        const auto written = repository_->write_pack({}, objects, {});
        EXPECT_TRUE(written && written->has_value());
        return std::pair(objects.back().oid, (*written)->pack);
    };
    const auto [theirs, their_pack] = commit_with(promised.oid, {tip_});
    set_main(theirs, tip_);
    EXPECT_EQ(problems().size(), 1U);
    std::ofstream(fs::path(their_pack).replace_extension(".promisor")) << "";
    EXPECT_EQ(problems().size(), 1U) << "a mark without a remote that promises is worth nothing";
    git({"config", "remote.origin.promisor", "true"});
    git({"config", "remote.origin.url", "https://example.org/"});
    EXPECT_EQ(problems(), std::vector<std::string>());
    const auto [ours, our_pack] = commit_with(lost.oid, {theirs});
    set_main(ours, theirs);
    const std::vector<std::string> found = problems();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found.front().find(lost.oid.hex()), std::string::npos);
    EXPECT_NE(test::try_git(path_, {"fsck", "--full"}).exit_code, 0) << "git is of the same opinion";
}

}  // namespace
}  // namespace autobackup::git::check_test
