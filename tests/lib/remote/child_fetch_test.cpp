// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/soon.hpp"

namespace autobackup::remote::child_fetch_test {
namespace {

using namespace std::chrono_literals;
using test::git;
using test::shell;

// While it lives, children find a `git` of that shell script first; $REAL is the real one.
class GitInFront {
public:
    GitInFront(const fs::path& parent, const std::string& script) : path_(::getenv("PATH")) {
        const fs::path program = parent / "bin" / "git";
        test::write_text(program, "#!/bin/sh\nREAL='" + shell("command -v git") + "'\n" + script + "\n");
        fs::permissions(program, fs::perms::all);
        ::setenv("PATH", (program.parent_path().string() + ":" + path_).c_str(), 1);
    }
    GitInFront(const GitInFront&) = delete;
    GitInFront& operator=(const GitInFront&) = delete;
    ~GitInFront() { ::setenv("PATH", path_.c_str(), 1); }

private:
    std::string path_;
};

// A bare repository with three commits and a big blob.
class ChildFetchTest : public testing::Test {
protected:
    ChildFetchTest() {
        commits_.push_back(work_.commit("a", "a"));
        commits_.push_back(work_.commit("big", shell("head -c 3000000 /dev/urandom | base64")));
        commits_.push_back(work_.commit("b", "b"));
        shell("git clone -q --bare '" + work_.path().string() + "' '" + bare().string() + "'");
    }
    [[nodiscard]] fs::path bare() const { return dir_.path() / "source.git"; }
    [[nodiscard]] fs::path pack() const { return dir_.path() / "fetched.pack"; }
    Result<FetchReport> fetch(FetchRequest request) {
        return Kit(at(bare().string())).fetch(std::move(request), pack());
    }
    [[nodiscard]] FetchRequest wanting_the_head() const {
        FetchRequest request;
        request.wants = {commits_.back()};
        return request;
    }
    test::TempDir dir_;
    test::WorkTree work_{dir_.path() / "work"};
    std::vector<Oid> commits_;
};

TEST_F(ChildFetchTest, EverythingInAPrivateFile) {
    test::write_text(pack(), "something that lay there before, much longer than nothing");
    const Result<FetchReport> report = fetch(wanting_the_head());
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->pack_bytes, fs::file_size(pack()));
    EXPECT_GT(report->pack_bytes, 2'000'000U);
    EXPECT_FALSE(report->filtered);
    EXPECT_TRUE(report->shallow.empty());
    struct stat status {};
    ASSERT_EQ(::stat(pack().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    const fs::path adopted = adopt(dir_.path(), pack(), *report);
    EXPECT_EQ(git(adopted, "rev-list --objects --count " + commits_.back().hex()), "9");
}

TEST_F(ChildFetchTest, HavesMakeItSmall) {
    FetchRequest request = wanting_the_head();
    request.haves = {commits_[1], test::oid_of(std::string(40, '7'))};
    const Result<FetchReport> report = fetch(request);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_LT(report->pack_bytes, 2'000U);
}

TEST_F(ChildFetchTest, DepthAndFilter) {
    git(bare(), "config uploadpack.allowFilter true");
    FetchRequest request = wanting_the_head();
    request.depth = 1;
    request.filter = "blob:none";
    Result<FetchReport> report = fetch(request);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->filtered);
    EXPECT_EQ(report->shallow, std::vector<Oid>{commits_.back()});
    EXPECT_LT(report->pack_bytes, 1'000U);
    EXPECT_EQ(git(adopt(dir_.path(), pack(), *report), "cat-file -t " + commits_.back().hex() + "^{tree}"),
              "tree");

    git(bare(), "config uploadpack.allowFilter false");
    report = fetch(request);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_FALSE(report->filtered);
    EXPECT_EQ(report->shallow.size(), 1U);
    EXPECT_GT(report->pack_bytes, 2'000'000U);
    git(adopt(dir_.path(), pack(), *report), "fsck --strict");
}

TEST_F(ChildFetchTest, DeepeningTellsWhatIsNoLongerShallow) {
    FetchRequest request = wanting_the_head();
    request.haves = {commits_.back()};
    request.shallow = {commits_.back()};
    request.depth = 2;
    const Result<FetchReport> report = fetch(request);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->unshallow, std::vector<Oid>{commits_[2]});
    EXPECT_EQ(report->shallow, std::vector<Oid>{commits_[1]});
}

TEST_F(ChildFetchTest, UnknownObjectLeavesNoFile) {
    FetchRequest request;
    request.wants = {test::oid_of(std::string(40, '3'))};
    const Result<FetchReport> report = fetch(request);
    ASSERT_FALSE(report);
    EXPECT_EQ(code_of(report.error()), "remote_moved") << describe(report.error());
    EXPECT_FALSE(fs::exists(pack()));
    EXPECT_EQ(code_of(fetch(FetchRequest()).error()), "bad_request");
}

TEST_F(ChildFetchTest, UnwritableTargetIsOurFailure) {
    const Result<FetchReport> report =
        Kit(at(bare().string())).fetch(wanting_the_head(), dir_.path() / "no" / "such" / "file");
    ASSERT_FALSE(report);
    EXPECT_EQ(code_of(report.error()), "io_error");
    EXPECT_NE(report.error().object.find("/no/such/file"), std::string::npos);
}

TEST_F(ChildFetchTest, StallInThePackEndsAndLeavesNoFile) {
    const GitInFront git_that_stalls(dir_.path(),
                                     "\"$REAL\" \"$@\" | (stdbuf -o0 head -c 1500000; sleep 100)");
    Settings settings = at(bare().string());
    settings.no_progress = 500ms;
    const Result<FetchReport> report = Kit(settings).fetch(wanting_the_head(), pack());
    ASSERT_FALSE(report);
    EXPECT_EQ(code_of(report.error()), "no_progress");
    EXPECT_FALSE(fs::exists(pack()));
}

TEST_F(ChildFetchTest, CancellationInThePackLeavesNoFile) {
    const GitInFront git_that_stalls(dir_.path(),
                                     "\"$REAL\" \"$@\" | (stdbuf -o0 head -c 1500000; sleep 100)");
    Kit source(at(bare().string()));
    const FetchRequest request = wanting_the_head();
    bool was_there = false;
    std::thread looker([&] { was_there = test::soon([&] { return fs::exists(pack()); }, 3s); });
    EXPECT_THROW(source.run([&] { return source.remote().fetch(request, pack()); }, 3s),
                 boost::system::system_error);
    looker.join();
    EXPECT_TRUE(was_there);
    EXPECT_FALSE(fs::exists(pack()));
}

TEST_F(ChildFetchTest, CutInThePackIsToldWithTheWordsOfGit) {
    const GitInFront git_that_dies(
        dir_.path(),
        "\"$REAL\" \"$@\" | stdbuf -o0 head -c 1500000; echo 'fatal: the disk is tired' >&2; exit 128");
    const Result<FetchReport> report = fetch(wanting_the_head());
    ASSERT_FALSE(report);
    EXPECT_EQ(code_of(report.error()), "child_failed");
    EXPECT_NE(report.error().peer.find("the disk is tired"), std::string::npos);
    EXPECT_FALSE(fs::exists(pack()));
}

// An upload-pack of before protocol v2.
TEST_F(ChildFetchTest, OldProtocolServesListAndFetch) {
    git(bare(), "config uploadpack.allowFilter true");
    const GitInFront forgetful(dir_.path(), "unset GIT_PROTOCOL; exec \"$REAL\" \"$@\"");
    Kit source(at(bare().string()));
    const Result<Advertisement> refs = source.ls_refs({"HEAD", "refs/heads/"});
    FetchRequest request = wanting_the_head();
    request.haves = {commits_[1]};
    const Result<FetchReport> small = source.fetch(request, pack());
    request.haves.clear();
    request.depth = 1;
    request.filter = "blob:none";
    const Result<FetchReport> shallow = source.fetch(request, pack());
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_FALSE(refs->capabilities.contains("fetch")) << "the server spoke v2 after all";
    EXPECT_EQ(refs->refs.size(), 2U);
    EXPECT_EQ(refs->find("HEAD")->symref_target, "refs/heads/main");
    ASSERT_TRUE(small) << describe(small.error());
    EXPECT_LT(small->pack_bytes, 2'000U);
    ASSERT_TRUE(shallow) << describe(shallow.error());
    EXPECT_TRUE(shallow->filtered);
    EXPECT_EQ(shallow->shallow, std::vector<Oid>{commits_.back()});
    EXPECT_EQ(git(adopt(dir_.path(), pack(), *shallow), "cat-file -t " + commits_.back().hex()), "commit");
}

}  // namespace
}  // namespace autobackup::remote::child_fetch_test
