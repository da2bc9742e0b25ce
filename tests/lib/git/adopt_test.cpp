// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <fstream>
#include <map>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::adopt_test {
namespace {

class Adopt : public RepositoryTest {
protected:
    void SetUp() override {
        RepositoryTest::SetUp();
        test::git(directory_.path(), {"init", "-q", source_.string()});
        commit_to_source("one", test::noise(50'000, 1));
        commit_to_source("two", test::noise(50'000, 1) + "changed");
        commit_to_source("three", test::noise(50'000, 1) + "changed again");
    }
    void commit_to_source(const std::string& name, const std::string& content) {
        fs::create_directories(source_ / name);
        std::ofstream(source_ / "file", std::ios::binary) << content;
        std::ofstream(source_ / name / "other", std::ios::binary) << name;
        test::git(source_, {"add", "-A"});
        test::git(source_, {"commit", "-q", "-m", name});
    }
    Oid source_tip(const std::string& revision = "HEAD") const {
        return Oid::parse(std::string_view(test::git(source_, {"rev-parse", revision})).substr(0, 40))
            .value();
    }
    /// `git pack-objects` of these revisions ("^" excludes), as a peer would send it.
    Fetched packed(const std::vector<std::string>& revisions, const std::vector<std::string>& options) {
        const fs::path list = directory_.path() / "revisions";
        std::ofstream lines(list);
        for (const std::string& revision : revisions) lines << revision << "\n";
        lines.close();
        Fetched fetched;
        fetched.pack = directory_.path() / "received";
        std::string words =
            "cd " + test::shell_quoted(source_.string()) + " && git pack-objects -q --revs --stdout";
        for (const std::string& option : options) words += " " + option;
        const test::CommandResult run = test::run_command(words + " <" + test::shell_quoted(list.string()) +
                                                          " >" + test::shell_quoted(fetched.pack.string()));
        EXPECT_EQ(run.exit_code, 0) << run.output;
        return fetched;
    }
    void adopt(const Fetched& fetched) {
        const Result<void> adopted = repository_->adopt_pack(fetched, "origin", "https://example.org/a.git");
        ASSERT_TRUE(adopted) << describe(adopted.error());
    }
    /// A clone without history and without blobs, as a vault is started.
    Fetched shallow_and_partial() {
        test::git(source_, {"config", "uploadpack.allowFilter", "true"});
        const fs::path clone = directory_.path() / "clone.git";
        test::git(directory_.path(), {"clone", "-q", "--bare", "--depth=1", "--filter=blob:none",
                                      "file://" + source_.string(), clone.string()});
        Fetched fetched;
        for (const auto& file : fs::directory_iterator(clone / "objects/pack")) {
            if (file.path().extension() != ".pack") continue;
            fetched.pack = directory_.path() / "received";
            fs::copy_file(file.path(), fetched.pack);
        }
        std::ifstream shallow(clone / "shallow");
        for (std::string line; std::getline(shallow, line);) fetched.shallow.push_back(*Oid::parse(line));
        fetched.promisor = true;
        EXPECT_EQ(fetched.shallow.size(), 1U);
        return fetched;
    }
    fs::path source_ = directory_.path() / "source";
};

TEST_F(Adopt, AWholePackBecomesPartOfTheRepository) {
    const Fetched fetched = packed({"HEAD"}, {});
    adopt(fetched);
    set_main(source_tip());
    expect_strict_fsck(path_);
    EXPECT_EQ(git({"log", "--format=%s", "main"}), "three\ntwo\none\n");
    EXPECT_FALSE(fs::exists(fetched.pack)) << "consumed";
    EXPECT_FALSE(repository_->partial());
    for (const auto& file : fs::directory_iterator(path_ / "objects/pack")) {
        struct stat status {};
        ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0640U) << file.path();
    }
    for (const auto& file : fs::directory_iterator(path_ / "objects")) {
        EXPECT_FALSE(file.path().filename().string().starts_with("tmp_")) << file.path();
    }
}

TEST_F(Adopt, AThinPackIsCompleted) {
    adopt(packed({"HEAD~1"}, {}));
    set_main(source_tip("HEAD~1"));
    const Fetched thin = packed({"HEAD", "^HEAD~1"}, {"--thin", "--delta-base-offset"});
    // It really is thin: git cannot index it on its own.
    const test::CommandResult alone =
        test::try_git(directory_.path(), {"index-pack", "-o", "/dev/null", thin.pack.string()});
    ASSERT_NE(alone.exit_code, 0);
    adopt(thin);
    set_main(source_tip(), source_tip("HEAD~1"));
    expect_strict_fsck(path_);
    for (const fs::path& pack : packs()) git({"verify-pack", pack.string()});
    EXPECT_EQ(git({"show", "main:file"}), test::noise(50'000, 1) + "changed again");
}

TEST_F(Adopt, AThinPackWithoutItsBaseIsRefused) {
    const Fetched thin = packed({"HEAD", "^HEAD~1"}, {"--thin"});
    const Result<void> adopted = repository_->adopt_pack(thin, "origin", "");
    ASSERT_FALSE(adopted);
    EXPECT_TRUE(packs().empty());
    EXPECT_TRUE(fs::exists(thin.pack));
}

TEST_F(Adopt, AStopIsHeardWhileThePackIsReadAndWhileItsDeltasAre) {
    adopt(packed({"HEAD~1"}, {}));
    const std::size_t before = packs().size();
    Fetched thin = packed({"HEAD", "^HEAD~1"}, {"--thin", "--delta-base-offset"});
    int asked = 0, last = 0;
    thin.stop = [&] { return ++asked == last; };
    for (last = 1;; ++last) {
        asked = 0;
        const Result<void> adopted = repository_->adopt_pack(thin, "origin", "");
        if (adopted) break;
        EXPECT_EQ(adopted.error().code, Errc::cancelled) << describe(adopted.error());
        EXPECT_EQ(asked, last);
        EXPECT_EQ(packs().size(), before);
        EXPECT_TRUE(fs::exists(thin.pack));
    }
    EXPECT_GT(last, 3) << "three objects came, and it is asked for each";
    set_main(source_tip());
    expect_strict_fsck(path_);
}

TEST_F(Adopt, AnEmptyPackIsNothingNew) {
    adopt(packed({"HEAD", "^HEAD"}, {}));
    EXPECT_TRUE(packs().empty());
}

TEST_F(Adopt, DamagedAndForeignFilesAreRefused) {
    const Fetched good = packed({"HEAD"}, {});
    const std::string bytes = read_file(good.pack).value();
    std::string flipped = bytes;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
    for (const std::string& bad :
         {flipped, bytes.substr(0, bytes.size() / 2), bytes.substr(0, bytes.size() - 5),
          std::string("<html>not a pack</html>"), std::string()}) {
        ASSERT_TRUE(write_file_durably(good.pack, bad));
        EXPECT_FALSE(repository_->adopt_pack(good, "origin", ""));
        EXPECT_TRUE(packs().empty());
    }
    for (const auto& file : fs::directory_iterator(path_ / "objects")) {
        EXPECT_FALSE(file.path().filename().string().starts_with("tmp_")) << file.path();
    }
}

TEST_F(Adopt, APartialShallowStartIsCleanForGit) {
    const Fetched fetched = shallow_and_partial();
    adopt(fetched);
    set_main(source_tip());
    EXPECT_TRUE(repository_->partial());
    expect_strict_fsck(path_);
    EXPECT_EQ(git({"log", "--format=%s", "main"}), "three\n");
    const std::string listed = git({"rev-list", "--objects", "--missing=print", "main"});
    const Oid missing = hash_object(ObjectType::blob, test::noise(50'000, 1) + "changed again");
    EXPECT_NE(listed.find("?" + missing.hex()), std::string::npos) << listed;
    EXPECT_FALSE(repository_->has(missing));
    EXPECT_EQ(repository_->stream_blob(missing, {}).error().code, Errc::not_found);
    EXPECT_EQ(git({"config", "remote.origin.url"}), "https://example.org/a.git\n");
    EXPECT_EQ(git({"config", "remote.origin.promisor"}), "true\n");
    EXPECT_EQ(git({"config", "remote.origin.partialclonefilter"}), "blob:none\n");
    EXPECT_EQ(git({"config", "--get-all", "core.repositoryformatversion"}), "1\n");
    EXPECT_EQ(git({"config", "core.bare"}), "true\n");
    struct stat status {};
    ASSERT_EQ(::stat((path_ / "config").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0640U);
    const Result<Repository> again = Repository::open_or_init(path_, "main");
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_TRUE(again->partial());
}

TEST_F(Adopt, AVaultGoesOnFromAPartialStart) {
    adopt(shallow_and_partial());
    const Oid old_tip = source_tip();
    set_main(old_tip);
    // The new commit keeps a subtree and a blob that are not here.
    const Oid old_tree = repository_->read_commit(old_tip)->tree;
    Folder folder;
    folder.add_tree("kept", repository_->entry_at(old_tree, "one")->value().oid);
    folder.add_file("file", repository_->entry_at(old_tree, "file")->value().oid);
    const NewBlob fresh = test::blob_of("fresh");
    folder.add_file("fresh", fresh.oid);
    std::vector<RawObject> objects;
    const Oid tree = folder.build(objects);
    objects.push_back(make_commit(tree, {old_tip}, Signature(), "next"));
    const Oid commit = objects.back().oid;
    ASSERT_TRUE(repository_->write_pack({fresh}, objects, {}));
    set_main(commit, old_tip);
    expect_strict_fsck(path_);
    const Result<std::vector<Oid>> missing = repository_->missing_objects({commit}, {old_tip});
    ASSERT_TRUE(missing) << describe(missing.error());
    EXPECT_EQ(*missing, (std::vector<Oid>{commit, tree, fresh.oid}));
    const Result<Repository::CheckReport> report = repository_->check();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
    // A later fetch into the same vault: settings stay single, shallow commits are united.
    Fetched more = packed({"HEAD", "^HEAD"}, {});
    more.promisor = true;
    more.shallow = {old_tip, commit};
    adopt(more);
    EXPECT_EQ(git({"config", "--get-all", "remote.origin.url"}), "https://example.org/a.git\n");
    const std::string shallow = read_file(path_ / "shallow").value();
    EXPECT_EQ(shallow.size(), 2U * 41);
    EXPECT_NE(shallow.find(old_tip.hex()), std::string::npos);
    EXPECT_NE(shallow.find(commit.hex()), std::string::npos);
}

TEST_F(Adopt, AClosedPackIsTakenInAndItsSmallBlobsAreHeardOf) {
    Fetched whole = packed({"HEAD"}, {});
    whole.closed = true;
    std::map<Oid, std::string> heard;
    whole.small_blob = [&](const Oid& blob, std::string_view content) { heard.emplace(blob, content); };
    adopt(whole);
    ASSERT_EQ(heard.size(), 3U);  // one, two, three; the large file is none
    EXPECT_EQ(heard.begin()->second.size() <= 5, true);
    std::size_t again = 0;
    ASSERT_TRUE(repository_->small_blobs([&](const Oid& blob, std::string_view content) {
        EXPECT_EQ(heard.at(blob), content);
        ++again;
    }));
    EXPECT_EQ(again, 3U);
}

TEST_F(Adopt, APackThatLacksSomethingIsNotTakenIn) {
    Fetched part = packed({"HEAD", "^HEAD~1"}, {});  // the parent is not here
    part.closed = true;
    const Result<void> adopted = repository_->adopt_pack(part, "origin", "");
    ASSERT_FALSE(adopted);
    EXPECT_EQ(adopted.error().code, Errc::bad_response);
    EXPECT_NE(adopted.error().message.find(source_tip("HEAD~1").hex()), std::string::npos);
    EXPECT_TRUE(packs().empty());
    EXPECT_FALSE(repository_->has(source_tip()));
}

TEST_F(Adopt, AClosedPackMayLeanOnWhatIsHere) {
    adopt(packed({"HEAD~1"}, {}));
    Fetched rest = packed({"HEAD", "^HEAD~1"}, {"--thin"});
    rest.closed = true;
    adopt(rest);
    EXPECT_TRUE(repository_->has(source_tip()));
    expect_strict_fsck(path_);
}

TEST_F(Adopt, APackThatGitHasIndexedKeepsItsIndex) {
    Fetched whole = packed({"HEAD"}, {});
    whole.index = whole.pack.string() + ".idx";
    test::git(path_, {"index-pack", "-o", whole.index.string(), whole.pack.string()});
    adopt(whole);
    EXPECT_FALSE(fs::exists(whole.pack));
    EXPECT_FALSE(fs::exists(whole.index));
    EXPECT_EQ(packs().size(), 1U);
    git({"update-ref", "refs/heads/main", source_tip().hex()});
    expect_strict_fsck(path_);
}

}  // namespace
}  // namespace autobackup::git::adopt_test
