// SPDX-License-Identifier: MIT
// A push that is larger than the server takes at once, against git http-backend.
#include <gtest/gtest.h>

#include "daemon/vault/push_plan.hpp"
#include "daemon/vault/target.hpp"
#include "lib/core/file.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/git_server.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::vault::push_parts_test {
namespace {

constexpr std::uint64_t limit = 1'000'000;
constexpr const char* branch = "refs/heads/main";

class PushParts : public testing::Test {
protected:
    static void SetUpTestSuite() {
        git::initialise_library();
        place_ = std::make_unique<test::TempDir>();
        server_ = std::make_unique<test::GitServer>(place_->path(), std::vector<std::string>{"--password", "bot-password"});
    }
    static void TearDownTestSuite() {
        server_.reset();
        place_.reset();
    }
    void SetUp() override {
        repository_.emplace(git::Repository::open_or_init(path_, "main").value());
        static int number = 0;
        name_ = "r" + std::to_string(++number) + ".git";
        test::git(place_->path(), {"init", "-q", "--bare", (server_->repositories() / name_).string()});
        test::git(target(), {"config", "http.receivepack", "true"});
    }
    [[nodiscard]] fs::path target() const { return server_->repositories() / name_; }
    std::string on_target(const std::vector<std::string>& arguments) const { return test::git(target(), arguments); }

    /// A commit on top of `tip_` with so many new files of that size.
    void add_commit(std::size_t files, std::size_t size) {
        for (std::size_t i = 0; i < files; ++i) {
            const unsigned seed = ++seed_;
            files_.push_back({"cvat_backup_project_1/data/" + std::to_string(seed) + ".png", test::noise(size, seed), false});
        }
        std::vector<git::Oid> parents;
        if (tip_) parents.push_back(*tip_);
        const git::Oid commit = test::write_commit(*repository_, files_, parents, 1'700'000'000 + seed_).value();
        ASSERT_TRUE(repository_->set_ref(branch, commit, tip_, "test"));
        tip_ = commit;
    }
    Result<PushOutcome> push(std::uint64_t largest = limit) {
        auto work = [&]() -> Awaitable<Result<PushOutcome>> {
            async::Workers workers(2);
            const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
            Vault vault(workers, path_, "main");
            remote::Settings at;
            at.url = server_->url("git/" + name_);
            at.username = "bot";
            at.password = Secret("bot-password");
            TargetSettings settings;
            settings.url = at.url;
            settings.branch = "main";
            settings.spool = place_->path() / "spool";
            settings.attempts = 1;
            settings.largest_push = largest;
            Target target(vault, remote::make_remote(*client, workers, std::move(at)).value(), std::move(settings));
            Result<PushOutcome> outcome = co_await target.push();
            client->close_idle();
            co_return outcome;
        };
        return test::run_coroutine(work, Milliseconds(60'000));
    }
    /// "update refs/heads/main", … : every ref update that the server took, in order.
    [[nodiscard]] std::vector<std::string> pushes() const {
        std::vector<std::string> lines;
        const Result<std::string> read = read_file(target() / "pushes");
        const std::string text = read ? *read : std::string();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            lines.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        return lines;
    }
    /// The server notes each ref update, and refuses one whose ref matches `pattern` (a shell pattern).
    void install_hook(const std::string& pattern = "nothing") const {
        const fs::path hook = target() / "hooks/update";
        ASSERT_TRUE(make_directories(hook.parent_path()));
        ASSERT_TRUE(write_file_durably(hook, "#!/bin/sh\ncase \"$1\" in " + pattern +
                                                 ") echo no room >&2; exit 1;; esac\necho \"$1 $(du -sb objects | cut -f1)\" >> pushes\n",
                                       0755));
    }
    void expect_whole() const {
        EXPECT_EQ(on_target({"rev-parse", "main"}), tip_->hex() + "\n");
        EXPECT_EQ(on_target({"for-each-ref", "--format=%(refname)"}), "refs/heads/main\n");
        const test::CommandResult fsck = test::try_git(target(), {"fsck", "--full", "--strict", "--no-dangling"});
        EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
    }

    static inline std::unique_ptr<test::TempDir> place_;
    static inline std::unique_ptr<test::GitServer> server_;
    test::TempDir directory_;
    fs::path path_ = directory_.path() / "vault.git";
    std::optional<git::Repository> repository_;
    std::string name_;
    std::vector<test::NamedContent> files_;
    std::optional<git::Oid> tip_;
    unsigned seed_ = 0;
};

void expect_bounded(const git::Repository& vault, const std::vector<PushStep>& steps) {
    for (const PushStep& step : steps) {
        const std::uint64_t size = git::PackReader::make(vault, step.objects).value().size();
        EXPECT_LE(size, limit) << step.ref;
    }
}

TEST_F(PushParts, WhatFitsIsOnePush) {
    add_commit(5, 100'000);
    const std::vector<PushStep> steps = plan_push(*repository_, branch, *tip_, std::nullopt, limit).value();
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_FALSE(steps[0].is_part());
    install_hook();
    ASSERT_TRUE(push());
    EXPECT_EQ(pushes().size(), 1U);
    expect_whole();
}

TEST_F(PushParts, ManyCommitsGoOneAfterAnother) {
    for (int i = 0; i < 10; ++i) add_commit(3, 100'000);
    const std::vector<PushStep> steps = plan_push(*repository_, branch, *tip_, std::nullopt, limit).value();
    EXPECT_EQ(steps.size(), 4U);  // three commits of 300 KB fit into each
    expect_bounded(*repository_, steps);
    for (const PushStep& step : steps) EXPECT_FALSE(step.is_part());
    install_hook();
    const Result<PushOutcome> outcome = push();
    ASSERT_TRUE(outcome) << describe(outcome.error());
    EXPECT_EQ(outcome->warning, "");
    EXPECT_GT(outcome->bytes, 3'000'000U);
    EXPECT_EQ(pushes().size(), 4U);
    expect_whole();
}

TEST_F(PushParts, ALargeCommitGoesByItsBlobs) {
    add_commit(1, 1000);
    add_commit(45, 100'000);
    add_commit(1, 1000);
    const std::vector<PushStep> steps = plan_push(*repository_, branch, *tip_, std::nullopt, limit).value();
    expect_bounded(*repository_, steps);
    const auto parts = std::count_if(steps.begin(), steps.end(), [](const PushStep& step) { return step.is_part(); });
    EXPECT_EQ(parts, 4);
    EXPECT_EQ(steps.size(), 7U);  // the small commit before it, four parts, the commit itself, the one behind it
    install_hook();
    const Result<PushOutcome> outcome = push();
    ASSERT_TRUE(outcome) << describe(outcome.error());
    EXPECT_EQ(outcome->warning, "");
    const std::vector<std::string> seen = pushes();
    ASSERT_EQ(seen.size(), 11U);  // and the four parts are removed
    EXPECT_TRUE(seen[1].starts_with("refs/autobackup/part/")) << seen[1];
    EXPECT_TRUE(seen[5].starts_with("refs/heads/main")) << seen[5];
    expect_whole();
    EXPECT_EQ(push()->sent, false);
}

TEST_F(PushParts, AnInterruptedPushGoesOnAndLeavesNothing) {
    add_commit(45, 100'000);
    install_hook("*/3");
    const Result<PushOutcome> refused = push();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::push_rejected);
    EXPECT_NE(refused.error().peer.find("no room"), std::string::npos);
    EXPECT_EQ(pushes().size(), 2U);
    EXPECT_FALSE(on_target({"for-each-ref", "--format=%(refname)", "refs/autobackup"}).empty());
    install_hook();
    ASSERT_TRUE(push());
    const std::vector<std::string> seen = pushes();
    EXPECT_EQ(seen.size(), 2U + 2 + 1 + 4);  // parts 1 and 2 were there; 3, 4, the branch; four removals
    expect_whole();
}

TEST_F(PushParts, LeftOversOfAnotherTimeAreRemoved) {
    add_commit(1, 1000);
    ASSERT_TRUE(push());
    on_target({"update-ref", std::string(part_prefix) + std::string(40, 'a') + "/1", tip_->hex()});
    ASSERT_TRUE(push());
    expect_whole();
}

TEST_F(PushParts, AServerThatKeepsThemIsAWarning) {
    add_commit(25, 100'000);
    ASSERT_TRUE(make_directories(target() / "hooks"));
    ASSERT_TRUE(write_file_durably(target() / "hooks/update", "#!/bin/sh\ncase \"$3\" in 0000*) exit 1;; esac\n", 0755));
    const Result<PushOutcome> outcome = push();
    ASSERT_TRUE(outcome) << describe(outcome.error());
    EXPECT_NE(outcome->warning.find(part_prefix), std::string::npos);
    EXPECT_EQ(on_target({"rev-parse", "main"}), tip_->hex() + "\n");
}

TEST_F(PushParts, ASingleBlobOverTheLimitGoesAlone) {
    add_commit(1, 3'000'000);
    add_commit(3, 400'000);
    ASSERT_TRUE(push());
    expect_whole();
}

}  // namespace
}  // namespace autobackup::vault::push_parts_test
