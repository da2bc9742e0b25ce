// SPDX-License-Identifier: MIT
#include "daemon/restore/give_back.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "daemon/restore/history_out.hpp"
#include "daemon/restore/member_order.hpp"
#include "daemon/restore/pick.hpp"
#include "daemon/vault/large_files.hpp"
#include "tests/daemon/restore/restore_kit.hpp"

namespace autobackup::restore::give_back_test {
namespace {

class GiveBack : public Storage {
protected:
    Result<Given> zip(const Snapshot& snapshot, const std::filesystem::path& file, Prefer prefer = Prefer::any,
                      std::optional<std::int64_t> task = std::nullopt, bool force = false) {
        const Place where = place();
        const Request request{where, snapshot, task, prefer, {}};
        return to_zip(request, file, force);
    }
    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_.path()), std::filesystem::directory_iterator()));
    }
    static void flip(const std::filesystem::path& file, std::size_t byte) {
        std::filesystem::permissions(file, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekg(static_cast<std::streamoff>(byte));
        const char good = static_cast<char>(stream.get());
        stream.seekp(static_cast<std::streamoff>(byte));
        stream.put(static_cast<char>(good ^ 1));
    }
    // Turns a bit in the middle of the vault's largest pack.
    void damage_vault() const {
        std::filesystem::path largest;
        for (const auto& entry : std::filesystem::directory_iterator(places().vault() / "objects/pack")) {
            if (entry.path().extension() != ".pack") continue;
            if (largest.empty() || entry.file_size() > std::filesystem::file_size(largest)) largest = entry.path();
        }
        const std::string bytes = read_bytes(largest);
        flip(largest, bytes.find(std::string(64, 'a')) + 8);  // the stored picture
    }
};

TEST_F(GiveBack, VaultAndArchiveGiveTheSameBytes) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    const Snapshot snapshot = snapshots().at(0);
    const Result<Given> from_archive = zip(snapshot, out("a.zip"), Prefer::archive);
    const Result<Given> from_vault = zip(snapshot, out("v.zip"), Prefer::vault);
    ASSERT_TRUE(from_archive && from_vault);
    EXPECT_EQ(read_bytes(out("v.zip")), read_bytes(saved.zip));
    EXPECT_EQ(read_bytes(out("a.zip")), read_bytes(saved.zip));
    EXPECT_EQ(members_of(out("v.zip")), project("1"));
    EXPECT_EQ(from_vault->sha256, from_archive->sha256);
    EXPECT_EQ(from_vault->bytes, std::filesystem::file_size(saved.zip));
    EXPECT_EQ(from_vault->from, "the vault");
}

TEST_F(GiveBack, AnOlderVersionComesBackToo) {
    save(12, "2026-11-20T01:30:00Z", project("1"), false);
    save(12, "2026-11-21T01:30:00Z", project("2"), false);
    ASSERT_TRUE(zip(snapshots().at(0), out("a.zip")));
    EXPECT_EQ(members_of(out("a.zip")), project("1"));
}

TEST_F(GiveBack, AFileIsOverwrittenOnlyWithForce) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    std::ofstream(out("a.zip")) << "mine";
    EXPECT_EQ(zip(snapshots().at(0), out("a.zip")).error().code, Errc::bad_request);
    EXPECT_EQ(read_bytes(out("a.zip")), "mine");
    ASSERT_TRUE(zip(snapshots().at(0), out("a.zip"), Prefer::any, std::nullopt, true));
    EXPECT_EQ(members_of(out("a.zip")), project("1"));
}

TEST_F(GiveBack, APipeThatHasNoNameIsWrittenTo) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const std::filesystem::path name = "/dev/fd/" + std::to_string(pipe[1]);  // what a shell's >(command) is
    const std::size_t before = entries();
    EXPECT_EQ(zip(snapshots().at(0), name).error().code, Errc::bad_request) << "without --force";
    std::string read;
    std::thread reader([&read, fd = pipe[0]] {
        std::array<char, 4096> buffer{};
        for (ssize_t count = 0; (count = ::read(fd, buffer.data(), buffer.size())) > 0;) read.append(buffer.data(), static_cast<std::size_t>(count));
    });
    const Result<Given> given = zip(snapshots().at(0), name, Prefer::any, std::nullopt, true);
    ::close(pipe[1]);
    reader.join();
    ::close(pipe[0]);
    ASSERT_TRUE(given) << describe(given.error());
    EXPECT_EQ(read, read_bytes(saved.zip));
    EXPECT_EQ(entries(), before);
}

TEST_F(GiveBack, ALinkToAFileLeadsToIt) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    std::ofstream(out("a.zip")) << "mine";
    std::filesystem::create_symlink("a.zip", out("link"));
    ASSERT_TRUE(zip(snapshots().at(0), out("link"), Prefer::any, std::nullopt, true));
    EXPECT_TRUE(std::filesystem::is_symlink(out("link")));
    EXPECT_EQ(members_of(out("a.zip")), project("1"));
    std::filesystem::create_symlink("b.zip", out("new"));
    ASSERT_TRUE(zip(snapshots().at(0), out("new")));
    EXPECT_EQ(members_of(out("b.zip")), project("1"));
}

TEST_F(GiveBack, ADamagedArchiveIsReplacedByTheVaultAndThatIsSaid) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    const std::string good = read_bytes(saved.zip);
    flip(saved.zip, 40);
    const Result<Given> given = zip(snapshots().at(0), out("a.zip"));
    ASSERT_TRUE(given) << describe(given.error());
    EXPECT_EQ(read_bytes(out("a.zip")), good);
    EXPECT_EQ(given->from, "the vault");
    ASSERT_EQ(given->warnings.size(), 2U);
    EXPECT_NE(given->warnings[0].find("SHA-256"), std::string::npos);
    EXPECT_NE(given->warnings[1].find("restored from the vault instead"), std::string::npos);
}

TEST_F(GiveBack, ADamagedVaultIsReplacedByTheArchive) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    damage_vault();
    const Place where = place();
    const Snapshot snapshot = snapshots().at(0);
    EXPECT_FALSE(zip(snapshot, out("v.zip"), Prefer::vault));
    EXPECT_TRUE(zip(snapshot, out("a.zip")));
    EXPECT_EQ(members_of(out("a.zip")), project("1"));
}

TEST_F(GiveBack, DamageEverywhereLeavesNoFile) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    flip(saved.zip, 40);
    damage_vault();
    const std::size_t before = entries();
    const Result<Given> given = zip(snapshots().at(0), out("a.zip"));
    ASSERT_FALSE(given);
    EXPECT_EQ(entries(), before);
    const Place where = place();
    const Snapshot snapshot = snapshots().at(0);
    EXPECT_FALSE(to_directory(Request{where, snapshot, std::nullopt, Prefer::any, {}}, out("files")));
    EXPECT_EQ(entries(), before);
}

TEST_F(GiveBack, AStreamGetsNothingOfADamagedArchive) {
    const Saved saved = save(12, "2026-11-20T01:30:00Z", project("1"));
    flip(saved.zip, 40);
    const int fd = ::open(out("stream").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const Place where = place();
    const Snapshot snapshot = snapshots().at(0);
    EXPECT_FALSE(to_stream(Request{where, snapshot, std::nullopt, Prefer::archive, {}}, fd));
    EXPECT_EQ(std::filesystem::file_size(out("stream")), 0U);
    EXPECT_TRUE(to_stream(Request{where, snapshot, std::nullopt, Prefer::any, {}}, fd));
    ::close(fd);
    EXPECT_EQ(members_of(out("stream")), project("1"));
}

TEST_F(GiveBack, ATaskComesOutOfAProject) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    const Files expected{{"data/c.png", "picture c"}, {"task.json", "{\"name\": \"two\"}"}, {"annotations.json", "[]"},
                         {"assets/g.png", "guide asset"}, {"annotation_guide.md", "see assets/g.png"}};
    ASSERT_TRUE(zip(snapshots().at(0), out("v.zip"), Prefer::vault, 9));
    EXPECT_EQ(members_of(out("v.zip")), expected);
    ASSERT_TRUE(zip(snapshots().at(0), out("a.zip"), Prefer::archive, 9));
    EXPECT_EQ(read_bytes(out("a.zip")), read_bytes(out("v.zip")));
    EXPECT_EQ(zip(snapshots().at(0), out("n.zip"), Prefer::vault, 8).error().code, Errc::not_found);
}

TEST_F(GiveBack, LargeFilesTakeThePlaceOfTheirPointers) {
    vault::LargeFilePolicy large;
    large.mode = vault::LargeFilePolicy::Mode::lfs;
    large.limit = 1000;
    save(12, "2026-11-20T01:30:00Z", project("1"), false, large);
    ASSERT_TRUE(zip(snapshots().at(0), out("a.zip")));
    EXPECT_EQ(members_of(out("a.zip")), project("1")) << "no .gitattributes, no pointer";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(places().vault() / "lfs/objects")) {
        if (entry.is_regular_file()) flip(entry.path(), 7);
    }
    const Result<Given> damaged = zip(snapshots().at(0), out("b.zip"));
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, Errc::content_mismatch);
    std::filesystem::remove_all(places().vault() / "lfs");
    EXPECT_FALSE(snapshots().at(0).restorable);
    EXPECT_NE(snapshots().at(0).reason.find("1 large files are not in"), std::string::npos);
}

TEST_F(GiveBack, FilesGoBelowADirectory) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    const Place where = place();
    const Snapshot snapshot = snapshots().at(0);
    for (const Prefer copy : {Prefer::vault, Prefer::archive}) {
        const std::filesystem::path directory = out(copy == Prefer::vault ? "v" : "a");
        const Result<Given> given = to_directory(Request{where, snapshot, std::nullopt, copy, {}}, directory);
        ASSERT_TRUE(given) << describe(given.error());
        EXPECT_EQ(given->members, project("1").size());
        for (const auto& [name, content] : project("1")) EXPECT_EQ(read_bytes(directory / name), content) << name;
        EXPECT_FALSE(to_directory(Request{where, snapshot, std::nullopt, copy, {}}, directory)) << "it is not empty";
    }
}

TEST_F(GiveBack, AFolderWithoutManifestComesInTheServersOrder) {
    vault();
    const std::filesystem::path tree = out("tree");
    test::git(directory_.path(), {"clone", "-q", places().vault().string(), tree.string()});
    const Files files = project("1");
    for (const auto& [name, content] : files) {
        const std::filesystem::path path = tree / "cvat_backup_project_3" / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << content;
    }
    test::git(tree, {"add", "-A"});
    test::git(tree, {"commit", "-q", "-m", "by another program"});
    test::git(tree, {"push", "-q", "origin", "HEAD:refs/heads/main"});
    ASSERT_TRUE(zip(snapshots().at(0), out("a.zip")));
    Files expected = files;
    std::swap(expected[3], expected[4]);  // data by name
    EXPECT_EQ(members_of(out("a.zip")), expected);
}

TEST_F(GiveBack, ABundleHoldsTheHistory) {
    save(12, "2026-11-20T01:30:00Z", project("1"), false);
    const Saved last = save(12, "2026-11-21T01:30:00Z", project("2"), false);
    const Result<HistoryGiven> given = to_bundle(place(), *git::Oid::parse(last.commit), "refs/heads/main", out("a.bundle"), false, {});
    ASSERT_TRUE(given) << describe(given.error());
    test::git(directory_.path(), {"clone", "-q", "-b", "main", out("a.bundle").string(), out("clone").string()});
    EXPECT_EQ(test::git(out("clone"), {"rev-parse", "HEAD"}), last.commit + "\n");
    EXPECT_EQ(test::git(out("clone"), {"rev-list", "--count", "HEAD"}), "2\n");
    EXPECT_EQ(test::git(out("clone"), {"fsck", "--full", "--strict"}), "");
    EXPECT_FALSE(to_bundle(place(), *git::Oid::parse(last.commit), "refs/heads/main", out("a.bundle"), false, {})) << "it exists";
}

TEST(MemberOrder, IsTheServers) {
    std::vector<std::string> names{"task_10/task.json", "project.json", "task_2/annotations.json", "task_2/task.json", "task_2/data/z", "assets/a", "task_2/data/a"};
    sort_as_server(names);
    EXPECT_EQ(names, (std::vector<std::string>{"assets/a", "project.json", "task_2/data/a", "task_2/data/z", "task_2/task.json", "task_2/annotations.json",
                                               "task_10/task.json"}));
}

class Picking : public Storage {};

TEST_F(Picking, ByItemTimeAndName) {
    save(12, "2026-11-20T01:30:00Z", project("1"), false);
    save(12, "2026-11-21T01:30:00Z", project("2"), false);
    const std::vector<Snapshot> one = snapshots();
    Wish wish;
    EXPECT_EQ(pick(one, wish)->index, 1U) << "the newest of the only item";
    wish.at = at("2026-11-20T23:59:59Z");
    EXPECT_EQ(pick(one, wish)->index, 0U);
    wish.at = at("2026-11-19T00:00:00Z");
    EXPECT_NE(pick(one, wish).error().message.find("the oldest is project-12@20261120T013000Z"), std::string::npos);
    wish.at.reset();
    wish.item = "task:9";
    EXPECT_EQ(pick(one, wish)->task, 9);
    wish.item = "Signs";
    EXPECT_EQ(pick(one, wish)->index, 1U);
    wish.item = "project:99";
    EXPECT_NE(pick(one, wish).error().message.find("there are project:12 \"Signs\""), std::string::npos);
    wish.item.clear();
    wish.snapshot = "project-12@20261120T013000Z";
    EXPECT_EQ(pick(one, wish)->index, 0U);
    wish.snapshot = "project-12@20261120T013001Z";
    EXPECT_NE(pick(one, wish).error().hint.find("did you mean"), std::string::npos);
    save(13, "2026-11-21T01:30:00Z", project("1"), false);
    wish.snapshot.clear();
    const Result<Picked> several = pick(snapshots(), wish);
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error().code, Errc::bad_request);
    EXPECT_NE(several.error().message.find("project:12 \"Signs\", project:13"), std::string::npos) << several.error().message;
}

TEST_F(Picking, WhatCannotBeGivenBackNamesWhatCan) {
    save(12, "2026-11-20T01:30:00Z", project("1"));
    const Saved newest = save(12, "2026-11-21T01:30:00Z", project("2"));
    std::filesystem::remove(newest.zip);
    Place archive_alone = place();
    archive_alone.vault.clear();
    const Result<Picked> picked = pick(snapshots_in(archive_alone), Wish());
    ASSERT_FALSE(picked);
    EXPECT_NE(picked.error().hint.find("--snapshot project-12@20261120T013000Z"), std::string::npos);
}

}  // namespace
}  // namespace autobackup::restore::give_back_test
