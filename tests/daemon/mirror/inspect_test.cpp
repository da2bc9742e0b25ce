// SPDX-License-Identifier: MIT
// What a run sees of the refs here and there, whoever wrote those that are here.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/daemon/mirror/mirror_kit.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::mirror::inspect_test {
namespace {

class Inspection : public testing::Test {
protected:
    void SetUp() override {
        test::git(directory_.path(), {"init", "-q", "-b", "main", work_.string()});
        first_ = commit("1");
        second_ = commit("2");
        for (const std::string name : {"heads/a", "heads/a-b/c", "heads/\xc3\xa4", "tags/light", "changes/01/1/1"}) source({"update-ref", "refs/" + name, first_});
        source({"tag", "-m", "annotated", "v1", first_});
        expect(model::ItemOutcome::saved);
    }
    std::string source(const std::vector<std::string>& words) const { return test::git(work_, words); }
    std::string here(const std::vector<std::string>& words) const { return test::git(path_, words); }
    std::string commit(const std::string& text) const {
        source({"commit", "-q", "--allow-empty", "-m", text});
        return source({"rev-parse", "HEAD"}).substr(0, 40);
    }
    model::Item run() const { return mirror_once("file://" + work_.string(), path_); }
    // The outcome, and the same refs on both sides (kept ones apart).
    void expect(model::ItemOutcome outcome) const {
        const model::Item item = run();
        EXPECT_EQ(item.outcome, outcome);
        const std::vector<std::string> list{"for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags", "refs/changes"};
        EXPECT_EQ(here(list), source(list));
        EXPECT_EQ(test::try_git(path_, {"fsck", "--full", "--strict"}).exit_code, 0);
    }
    std::string packed() const { return read_file(path_ / "packed-refs").value(); }
    void pack(const std::string& text) const { std::ofstream(path_ / "packed-refs", std::ios::trunc) << text; }

    test::TempDir directory_;
    fs::path work_ = directory_.path() / "work", path_ = directory_.path() / "mirrors" / "a.git";
    std::string first_, second_;
};

TEST_F(Inspection, NothingMovedIsSeenAsThat) {
    const std::string before = packed();
    expect(model::ItemOutcome::unchanged);
    here({"pack-refs", "--all"});
    expect(model::ItemOutcome::unchanged);
    for (const char* name : {"refs/heads/a", "refs/tags/light"}) here({"update-ref", name, second_});
    for (const char* name : {"refs/heads/a", "refs/tags/light"}) here({"update-ref", name, first_});  // loose now, and the same
    expect(model::ItemOutcome::unchanged);
    EXPECT_EQ(packed(), before);
}

TEST_F(Inspection, WhatSomebodyElseDidToRefsHereIsSeenAndSetRight) {
    here({"update-ref", "refs/heads/a", second_});  // loose, before the packed one
    expect(model::ItemOutcome::saved);
    here({"update-ref", "-d", "refs/tags/v1"});
    expect(model::ItemOutcome::saved);
    here({"update-ref", "refs/heads/z", second_});
    expect(model::ItemOutcome::saved);
    here({"symbolic-ref", "refs/heads/s", "refs/heads/a"});
    expect(model::ItemOutcome::saved);
    // The same size, and within the tick of the file's time.
    std::string text = packed();
    const std::size_t at = text.find(first_ + " refs/changes/01/1/1");
    ASSERT_NE(at, std::string::npos);
    pack(text.replace(at, 40, second_));
    expect(model::ItemOutcome::saved);
    expect(model::ItemOutcome::unchanged);
}

TEST_F(Inspection, AnOrderThatGitDoesNotWriteIsReadAllTheSame) {
    std::string rows = packed();
    rows.erase(0, rows.find('\n') + 1);
    const std::size_t half = rows.find("\n", rows.size() / 2) + 1;
    const std::size_t cut = rows[half] == '^' ? rows.find('\n', half) + 1 : half;
    pack(rows.substr(cut) + rows.substr(0, cut));
    expect(model::ItemOutcome::unchanged);
    source({"update-ref", "refs/heads/a", second_});
    expect(model::ItemOutcome::saved);
}

TEST_F(Inspection, NewNamesThatBeginAlikeAndDeletedOnes) {
    source({"update-ref", "-d", "refs/heads/a"});
    source({"update-ref", "refs/heads/a/b", second_});
    source({"update-ref", "-d", "refs/heads/a-b/c"});
    source({"update-ref", "refs/heads/a-b", second_});
    source({"update-ref", "refs/heads/\xc3\xa4\xc3\xb6", second_});
    expect(model::ItemOutcome::saved);
    expect(model::ItemOutcome::unchanged);
}

TEST_F(Inspection, DamageIsToldWithoutWaitingForTheServer) {
    test::ScriptedServer server([](test::Peer& peer) {
        peer.read_request();
        peer.stay_silent();
    });
    const std::string good = packed();
    const auto begin = std::chrono::steady_clock::now();
    for (const std::string& text : {good + "x\n", good.substr(0, good.size() - 30)}) {
        pack(text);
        const model::Item item = mirror_once(server.url("/a.git"), path_);
        ASSERT_EQ(item.outcome, model::ItemOutcome::failed);
        EXPECT_EQ(item.stages.back().stage, "inspect");
        EXPECT_EQ(item.stages.back().error->code, Errc::repository_invalid) << describe(*item.stages.back().error);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));  // of 120 that a silent server is waited for
    pack(good);
    expect(model::ItemOutcome::unchanged);
}

}  // namespace
}  // namespace autobackup::mirror::inspect_test
