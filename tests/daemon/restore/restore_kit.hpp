// SPDX-License-Identifier: MIT
// A storage with a vault and dated ZIPs, written by what a run writes them with.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "daemon/cvat/dated_zip.hpp"
#include "daemon/restore/catalogue.hpp"
#include "daemon/restore/give_back.hpp"
#include "lib/zip/archive.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::restore {

using Files = std::vector<std::pair<std::string, std::string>>;

inline std::string read_bytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

inline Instant at(const std::string& text) { return *parse_rfc3339(text); }

class Storage : public ::testing::Test {
protected:
    static void SetUpTestSuite() { git::initialise_library(); }

    std::filesystem::path root() const { return directory_.path() / "storage"; }
    cvat_job::Places places() const { return cvat_job::Places{root(), "signs"}; }

    Place place() const {
        Place one;
        one.job = "signs";
        one.vault = places().vault();
        one.branch = "main";
        one.archives = places().archives();
        return one;
    }

    git::Repository vault() {
        EXPECT_TRUE(make_directories(places().vault().parent_path()));
        Result<git::Repository> opened = git::Repository::open_or_init(places().vault(), "main");
        EXPECT_TRUE(opened) << describe(opened.error());
        return std::move(*opened);
    }

    // The files of a project of two tasks, in the server's order.
    static Files project(const std::string& mark) {
        return {{"assets/a.png", "asset"},
                {"annotation_guide.md", "see assets/a.png"},
                {"project.json", "{\"name\": \"Signs\"}"},
                {"task_0/data/b.png", "picture b " + mark},
                {"task_0/data/a.png", std::string(5000, 'a')},
                {"task_0/task.json", "{\"name\": \"one\"}"},
                {"task_0/annotations.json", "[" + mark + "]"},
                {"task_2/data/c.png", "picture c"},
                {"task_2/task.json", "{\"name\": \"two\"}"},
                {"task_2/annotations.json", "[]"},
                {"task_2/assets/g.png", "guide asset"},
                {"task_2/annotation_guide.md", "see task_2/assets/g.png"}};
    }

    struct Saved {
        std::string commit;
        std::filesystem::path zip;  // empty: none
    };

    // One more version, as a run saves it.
    Saved save(std::int64_t id, const std::string& time, const Files& files, bool dated = true, vault::LargeFilePolicy large = {}) {
        git::Repository repository = vault();
        vault::Version version;
        version.manifest.item = vault::ItemId{vault::ItemId::Kind::project, id};
        version.manifest.name = "Signs";
        version.manifest.created_at = time;
        version.manifest.verified_level = "checksum";
        version.manifest.verified_at = time;
        version.manifest.tasks = {task(0, 7, "one"), task(2, 9, "two")};
        for (const auto& [name, content] : files) version.members.push_back(archive::text_member(name, content, 0x5b75'0c20));
        version.time = at(time);
        version.author = git::Signature{"t", "t@t", std::chrono::duration_cast<std::chrono::seconds>(version.time.time_since_epoch()).count()};
        version.large_files = large;
        const Result<vault::Committed> committed = vault::commit_version(repository, "main", version);
        EXPECT_TRUE(committed) << describe(committed.error());
        Saved saved;
        saved.commit = committed->commit.hex();
        if (!dated) return saved;
        version.manifest.commit = saved.commit;
        const Result<cvat_job::DatedZip> zip = cvat_job::write_dated_zip(repository, places(), version, nullptr, std::nullopt, {});
        EXPECT_TRUE(zip) << describe(zip.error());
        saved.zip = root() / zip->file.path;
        return saved;
    }

    std::vector<Snapshot> snapshots() const { return snapshots_in(place()); }
    static std::vector<Snapshot> snapshots_in(const Place& where) {
        Result<std::vector<Snapshot>> all = snapshots_of(where);
        EXPECT_TRUE(all) << describe(all.error());
        return all ? std::move(*all) : std::vector<Snapshot>();
    }

    static Files members_of(const std::filesystem::path& path) {
        Result<zip::Archive> archive = zip::Archive::open(path);
        EXPECT_TRUE(archive) << describe(archive.error());
        const Result<void> checked = archive->check(1, {}, {});
        EXPECT_TRUE(checked) << describe(checked.error());
        Files files;
        for (const zip::Member& member : archive->members()) files.emplace_back(member.name, archive->read_text(member, 1 << 20).value());
        return files;
    }

    std::filesystem::path out(const char* name) const { return directory_.path() / name; }

    static vault::ManifestTask task(std::size_t index, std::int64_t id, const std::string& name) {
        vault::ManifestTask one;
        one.index = index;
        one.id = id;
        one.name = name;
        return one;
    }

    test::TempDir directory_;
};

}  // namespace autobackup::restore
