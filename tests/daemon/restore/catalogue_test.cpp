// SPDX-License-Identifier: MIT
#include "daemon/restore/catalogue.hpp"

#include "daemon/restore/holds.hpp"
#include "daemon/restore/places.hpp"
#include "daemon/vault/target.hpp"
#include "tests/daemon/restore/restore_kit.hpp"

namespace autobackup::restore::catalogue_test {
namespace {

using Texts = std::vector<std::string>;

class Catalogue : public Storage {};

TEST_F(Catalogue, AVersionInVaultAndArchiveIsOneSnapshot) {
    const Saved first = save(12, "2026-11-20T01:30:00Z", project("1"));
    const Saved second = save(12, "2026-11-21T01:30:00Z", project("2"), /*dated=*/false);
    const std::vector<Snapshot> all = snapshots();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, "project-12@20261120T013000Z");
    EXPECT_EQ(all[0].where, (Texts{"vault", "archive"}));
    EXPECT_EQ(all[0].bytes, std::filesystem::file_size(first.zip));
    EXPECT_EQ(all[0].name, "Signs");
    EXPECT_EQ(all[0].verified_level, "checksum");
    EXPECT_EQ(all[1].where, Texts{"vault"});
    EXPECT_EQ(all[1].in_vault->commit.hex(), second.commit);
    EXPECT_TRUE(all[0].restorable && all[1].restorable);
    EXPECT_EQ(all[1].reason, "");
    const std::string json = boost::json::serialize(snapshots_json(all));
    for (const char* key : {"\"format\":1", "\"item\":\"project:12\"", "\"held\":false", "\"restorable\":true", "\"level\":\"checksum\""})
        EXPECT_NE(json.find(key), std::string::npos) << key << json;
}

TEST_F(Catalogue, TheSizeOfAVaultVersionIsThatOfItsZip) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    Place vault_alone = place();
    vault_alone.archives.clear();
    EXPECT_EQ(snapshots_in(vault_alone).at(0).bytes, std::filesystem::file_size(saved.zip));
}

TEST_F(Catalogue, TwoVersionsOfOneSecondHaveTwoNames) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    save(12, "2026-11-20T01:30:00Z", project("2"));
    const std::vector<Snapshot> all = snapshots();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].id, "project-12@20261120T013000Z-2");
    EXPECT_EQ(all[1].where, (Texts{"vault", "archive"}));
}

TEST_F(Catalogue, OnlyTheFolderMakesAVersion) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    save(13, "2026-11-20T02:30:00Z", project("1"));
    const std::vector<Snapshot> all = snapshots();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].item.id, 12);
    EXPECT_EQ(all[1].item.id, 13);
}

TEST_F(Catalogue, ATargetHoldsWhatItWasSeenToHold) {
    const Saved first = save(12, "2026-11-20T01:30:00Z", project("1"), false);
    save(12, "2026-11-21T01:30:00Z", project("2"), false);
    git::Repository repository = vault();
    const std::string ref = vault::settled_ref("https://h/a.git", "main", true);
    ASSERT_TRUE(repository.set_ref(ref, *git::Oid::parse(first.commit), std::nullopt, "seen"));
    Place with_target = place();
    with_target.targets.push_back(KnownTarget{"https://h/a.git", ref});
    const std::vector<Snapshot> all = snapshots_in(with_target);
    EXPECT_EQ(all.at(0).where, (Texts{"vault", "https://h/a.git"}));
    EXPECT_EQ(all.at(1).where, Texts{"vault"});
}

TEST_F(Catalogue, APredecessorsFolderIsRestorableAndSaysWhatItLacks) {
    vault();
    const std::filesystem::path tree = out("tree");
    test::git(directory_.path(), {"clone", "-q", places().vault().string(), tree.string()});
    std::filesystem::create_directories(tree / "cvat_backup_project_3/task_0");
    std::ofstream(tree / "cvat_backup_project_3/project.json") << "{}";
    std::ofstream(tree / "cvat_backup_project_3/task_0/task.json") << "{}";
    test::git(tree, {"add", "-A"});
    test::git(tree, {"commit", "-q", "-m", "chore(backup): add cvat project 3 backup x.zip @ 2026-01-02T03:04:05Z"});
    test::git(tree, {"push", "-q", "origin", "HEAD:refs/heads/main"});
    const std::vector<Snapshot> all = snapshots();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].id, "project-3@20260102T030405Z");
    EXPECT_TRUE(all[0].restorable);
    EXPECT_NE(all[0].reason.find("no manifest"), std::string::npos) << all[0].reason;
}

TEST_F(Catalogue, WhatIsDamagedIsListedWithTheReason) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    std::filesystem::resize_file(saved.zip, 10);
    Place archive_alone = place();
    archive_alone.vault.clear();
    const std::vector<Snapshot> cut = snapshots_in(archive_alone);
    EXPECT_FALSE(cut.at(0).restorable);
    EXPECT_NE(cut.at(0).reason.find("another size"), std::string::npos);
    EXPECT_TRUE(snapshots().at(0).restorable) << "the vault has it";
    std::filesystem::remove(saved.zip);
    EXPECT_NE(snapshots_in(archive_alone).at(0).reason.find("missing"), std::string::npos);
}

TEST_F(Catalogue, AVaultThatCannotBeReadDoesNotHideTheArchives) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    std::ofstream(places().vault() / "HEAD") << "nonsense";
    std::vector<std::string> warnings;
    const Result<std::vector<Snapshot>> all = snapshots_of(place(), &warnings);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->at(0).where, Texts{"archive"});
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings[0].find("cannot be read"), std::string::npos);
    Place vault_alone = place();
    vault_alone.archives.clear();
    EXPECT_FALSE(snapshots_of(vault_alone));
}

TEST_F(Catalogue, AHoldLiesBesideWhatItHolds) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    ASSERT_TRUE(hold(place(), snapshots().at(0)));
    EXPECT_TRUE(snapshots().at(0).held);
    Place archive_alone = place();
    archive_alone.vault.clear();
    EXPECT_TRUE(snapshots_in(archive_alone).at(0).held);
    EXPECT_EQ(vault().resolve("refs/autobackup/hold/project-12/20261120T013000Z").value()->hex(), saved.commit);
    ASSERT_TRUE(hold(place(), snapshots().at(0))) << "twice is once";
    ASSERT_TRUE(release(place(), snapshots().at(0)));
    EXPECT_FALSE(snapshots().at(0).held);
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(saved.zip).replace_extension(".hold")));
}

TEST_F(Catalogue, AHeldVersionThatTheBranchLostIsStillThere) {
    const Saved first = save(12, "2026-11-20T01:30:00Z", project("1"), false);
    ASSERT_TRUE(hold(place(), snapshots().at(0)));
    {
        git::Repository repository = vault();
        ASSERT_TRUE(repository.delete_ref("refs/heads/main"));
    }
    save(12, "2026-11-21T01:30:00Z", project("2"), false);
    const std::vector<Snapshot> all = snapshots();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_TRUE(all[0].held);
    EXPECT_EQ(all[0].in_vault->commit.hex(), first.commit);
    EXPECT_FALSE(all[1].held);
}

TEST_F(Catalogue, PlacesAreTold) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    const auto count = [&](const std::filesystem::path& path) {
        const Result<std::vector<Place>> found = places_at(path);
        std::size_t snapshots = 0;
        for (const Place& one : found ? *found : std::vector<Place>()) snapshots += snapshots_in(one).size();
        return snapshots;
    };
    test::git(directory_.path(), {"clone", "-q", places().vault().string(), out("clone").string()});
    test::git(directory_.path(), {"clone", "-q", "--bare", places().vault().string(), out("bare").string()});
    for (const std::filesystem::path& path : {root(), root() / "archives", root() / "archives/signs/", root() / "archives/signs/project-12", places().vault(),
                                              out("clone"), out("clone") / ".git", out("bare")})
        EXPECT_EQ(count(path), 1U) << path;
    EXPECT_EQ(places_at(out("nothing")).error().code, Errc::not_found);
    EXPECT_EQ(places_at(root() / "vaults").error().code, Errc::bad_request);
    EXPECT_TRUE(is_url("https://h/a.git") && is_url("git@h:a.git") && is_url("file:///a"));
    EXPECT_FALSE(is_url("/srv/a") || is_url("a/b:c"));
}

}  // namespace
}  // namespace autobackup::restore::catalogue_test
