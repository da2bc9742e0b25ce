// SPDX-License-Identifier: MIT
#include "daemon/restore/verify.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "daemon/restore/prune.hpp"
#include "daemon/restore/holds.hpp"
#include "daemon/vault/large_files.hpp"
#include "tests/daemon/restore/restore_kit.hpp"

namespace autobackup::restore::verify_test {
namespace {

class Verify : public Storage {
protected:
    std::vector<Checked> look(Level level = Level::checksum) const {
        Result<std::vector<Checked>> checked = verify(place(), level, {});
        EXPECT_TRUE(checked) << describe(checked.error());
        return checked ? std::move(*checked) : std::vector<Checked>();
    }
    std::string problems(Level level) const {
        std::string all;
        for (const Checked& one : look(level)) {
            for (const std::string& problem : one.problems) all += one.where + ": " + problem + "\n";
        }
        return all;
    }
    static void turn(const std::filesystem::path& file, std::size_t bit) {
        ::chmod(file.c_str(), 0640);
        const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
        unsigned char byte = 0;
        const auto at = static_cast<off_t>(bit / 8);
        EXPECT_EQ(::pread(fd, &byte, 1, at), 1);
        byte = static_cast<unsigned char>(byte ^ (1U << bit % 8));
        EXPECT_EQ(::pwrite(fd, &byte, 1, at), 1);
        ::close(fd);
    }
};

TEST_F(Verify, WhatIsWholeIsGoodAtEveryLevel) {
    vault::LargeFilePolicy large;
    large.mode = vault::LargeFilePolicy::Mode::lfs;
    large.limit = 1000;
    save(12, "2026-11-20T01:30:00Z", project("1"));
    save(12, "2026-11-21T01:30:00Z", project("2"), true, large);
    for (const Level level : {Level::exists, Level::structure, Level::checksum}) {
        EXPECT_EQ(problems(level), "") << name(level);
        EXPECT_EQ(look(level).size(), 3U);
        EXPECT_EQ(exit_code_of(look(level)), 0);
    }
    EXPECT_EQ(look().front().versions, 2U);
}

TEST_F(Verify, EachLevelFindsWhatItIsFor) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    const std::string bytes = read_bytes(saved.zip);
    turn(saved.zip, bytes.find("picture b") * 8);
    EXPECT_EQ(problems(Level::exists) + problems(Level::structure), "");
    EXPECT_NE(problems(Level::checksum).find("SHA-256"), std::string::npos);
    turn(saved.zip, bytes.find("picture b") * 8);
    const std::size_t central = bytes.rfind("task_2/task.json");
    turn(saved.zip, central * 8);
    EXPECT_EQ(problems(Level::exists), "");
    EXPECT_NE(problems(Level::structure).find("manifest lists \"task_2/task.json\""), std::string::npos) << problems(Level::structure);
    turn(saved.zip, central * 8);
    std::filesystem::remove(saved.zip);
    EXPECT_NE(problems(Level::exists).find("the ZIP is missing"), std::string::npos);
    EXPECT_EQ(exit_code_of(look(Level::exists)), 3) << "the vault is whole";
}

// A sample; all thousand at night. The seed is fixed, so that what is missed once can be looked at.
TEST_F(Verify, FlippedBitsAreAllFound) {
    vault::LargeFilePolicy large;
    large.mode = vault::LargeFilePolicy::Mode::lfs;
    large.limit = 1000;
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    save(13, "2026-11-20T01:30:00Z", project("x"), false, large);
    std::vector<std::filesystem::path> files{saved.zip, std::filesystem::path(saved.zip).replace_extension(".json")};
    for (const char* folder : {"objects/pack", "lfs/objects"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(places().vault() / folder)) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
    }
    ASSERT_GE(files.size(), 7U) << "ZIP, manifest, two packs, two indexes, a large file";
    constexpr std::mt19937::result_type seed = 20261121;
    const int flips = std::getenv("AUTOBACKUPD_NIGHTLY") != nullptr ? 1000 : 200;
    RecordProperty("flips", flips);
    RecordProperty("seed", std::to_string(seed));
    std::mt19937 random(seed);
    for (int i = 0; i < flips; ++i) {
        const std::filesystem::path& file = files[static_cast<std::size_t>(i) % files.size()];
        const std::size_t bit = std::uniform_int_distribution<std::size_t>(0, std::filesystem::file_size(file) * 8 - 1)(random);
        turn(file, bit);
        EXPECT_NE(exit_code_of(look()), 0) << file << " bit " << bit;
        turn(file, bit);
    }
    EXPECT_EQ(problems(Level::checksum), "");
}

TEST_F(Verify, ARecordedCheckFollowsTheRules) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    const auto level = [&] { return archive::dated_copies(saved.zip.parent_path()).at(0).manifest->verified_level; };
    const auto check = [&](Level one, const char* time) { EXPECT_TRUE(record(look(one), one, at(time)).empty()); };
    check(Level::exists, "2026-11-21T00:00:00Z");
    EXPECT_EQ(level(), "checksum") << "a lower level does not replace a higher one";
    check(Level::checksum, "2026-11-22T00:00:00Z");
    EXPECT_EQ(archive::dated_copies(saved.zip.parent_path()).at(0).manifest->verified_at, "2026-11-22T00:00:00Z");
    turn(saved.zip, 400);
    check(Level::checksum, "2026-11-23T00:00:00Z");
    EXPECT_EQ(level(), "failed");
    EXPECT_FALSE(archive::dated_copies(saved.zip.parent_path()).at(0).verified());
    Place archive_alone = place();
    archive_alone.vault.clear();
    EXPECT_NE(snapshots_in(archive_alone).at(0).reason.find("found damaged on 2026-11-23"), std::string::npos);
    turn(saved.zip, 400);
    check(Level::structure, "2026-11-24T00:00:00Z");
    EXPECT_EQ(level(), "failed") << "only every byte proves the contrary";
    check(Level::checksum, "2026-11-24T00:00:00Z");
    EXPECT_EQ(level(), "checksum");
    EXPECT_EQ(problems(Level::checksum), "") << "the manifest carries a good checksum of itself";
}

TEST_F(Verify, AMemberThatTheManifestDoesNotListIsTold) {
    save(12, "2026-11-20T01:30:00Z", project("1"), false);
    Place where = place();
    git::Repository repository = vault();
    // The manifest of another version, for a folder that is not its own but says so.
    const git::Oid tip = *repository.resolve("refs/heads/main").value();
    vault::Held held = *vault::read_held(repository, tip, vault::ItemId{vault::ItemId::Kind::project, 12}).value();
    vault::Manifest manifest = *held.manifest;
    manifest.members.erase(manifest.members.begin());
    git::RawObject text;
    text.type = git::ObjectType::blob;
    text.content = vault::to_text(manifest);
    text.oid = git::hash_object(text.type, text.content);
    std::vector<git::TreeEntry> root = repository.read_tree(repository.read_commit(tip).value().tree).value();
    for (git::TreeEntry& entry : root) {
        if (entry.name.ends_with(".manifest.json")) entry.oid = text.oid;
    }
    const git::RawObject tree = git::make_tree(root);
    const git::RawObject commit = git::make_commit(tree.oid, {}, git::Signature{"t", "t@t", 1}, "m");
    ASSERT_TRUE(repository.write_pack({}, {text, tree, commit}, nullptr));
    ASSERT_TRUE(repository.set_ref("refs/heads/main", commit.oid, tip, "m"));
    EXPECT_NE(problems(Level::structure).find("holds \"assets/a.png\", which the manifest does not list"), std::string::npos) << problems(Level::structure);
}

class Prune : public Verify {
protected:
    std::string kept(const config::Keep& keep, const char* now, const std::set<vault::ItemId>& untouched = {}) const {
        const Result<std::vector<PruneRow>> rows = plan_prune(place(), keep, at(now), untouched);
        EXPECT_TRUE(rows);
        std::string marks;
        for (const PruneRow& row : *rows) marks += row.keep ? 'k' : '-';
        return marks;
    }
};

TEST_F(Prune, CountsVerifiedCopiesKeepsTheHeldAndTheNewest) {
    save(12, "2026-11-18T01:30:00Z", project("1"));
    const Saved second = save(12, "2026-11-19T01:30:00Z", project("2"));
    save(12, "2026-11-20T01:30:00Z", project("3"));
    const Saved newest = save(12, "2026-11-21T01:30:00Z", project("4"));
    config::Keep keep;
    keep.last = 1;
    EXPECT_EQ(kept(keep, "2026-11-22T00:00:00Z"), "---k");
    EXPECT_EQ(kept(keep, "2026-11-22T00:00:00Z", {vault::ItemId{vault::ItemId::Kind::project, 12}}), "kkkk") << "its last backup failed";
    EXPECT_EQ(kept(keep, "2026-11-21T00:00:00Z"), "--kk") << "what is of the future neither counts nor goes";
    EXPECT_EQ(kept(config::Keep(), "2026-11-22T00:00:00Z"), "kkkk") << "no rule";
    ASSERT_TRUE(hold(place(), snapshots().at(1)));
    EXPECT_EQ(kept(keep, "2026-11-22T00:00:00Z"), "-k-k");
    turn(newest.zip, 400);
    EXPECT_TRUE(record(look(), Level::checksum, at("2026-11-22T00:00:00Z")).empty());
    EXPECT_EQ(kept(keep, "2026-11-22T00:00:00Z"), "-kkk") << "a damaged copy takes no good one's place";
    Result<std::vector<PruneRow>> rows = plan_prune(place(), keep, at("2026-11-22T00:00:00Z"), {});
    carry_out(*rows);
    EXPECT_EQ(archive::dated_copies(newest.zip.parent_path()).size(), 3U);
    EXPECT_TRUE(std::filesystem::exists(second.zip));
    EXPECT_EQ(kept(keep, "2026-11-22T00:00:00Z"), "kkk");
}

}  // namespace
}  // namespace autobackup::restore::verify_test
