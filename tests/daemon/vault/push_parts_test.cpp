// SPDX-License-Identifier: MIT
// A push that is larger than the server takes at once, against git http-backend.
#include "tests/daemon/vault/push_fixture.hpp"

namespace autobackup::vault::push_parts_test {
namespace {

constexpr std::uint64_t limit = 1'000'000;
constexpr const char* branch = "refs/heads/main";

class PushParts : public PushTest {
protected:
    Result<PushOutcome> push(std::uint64_t largest = limit) {
        return with_target(largest, [](Place& place) -> Awaitable<Result<PushOutcome>> { co_return co_await place.target.push(); });
    }
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
