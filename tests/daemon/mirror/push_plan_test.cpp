// SPDX-License-Identifier: MIT
#include "daemon/mirror/push_plan.hpp"

#include <gtest/gtest.h>

#include <set>

#include "lib/remote/part_refs.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::mirror::push_plan_test {
namespace {

using git::Oid;

class PushPlanning : public testing::Test {
protected:
    void SetUp() override { repository_.emplace(git::Repository::open_or_init(path_, "main").value()); }

    Oid commit(const std::string& text, const std::vector<Oid>& parents = {}) {
        return test::write_commit(*repository_, {{"file", text, true}}, parents, 1'700'000'000 + ++time_).value();
    }
    void ref(const std::string& name, const Oid& oid) {
        git::RefChange change;
        change.ref = name;
        change.target = oid;
        change.expected = repository_->resolve(name).value();
        ASSERT_TRUE(repository_->replace_refs({change}));
    }
    PushOrder order(RefMap refs, std::optional<RefMap> known = std::nullopt) const {
        PushOrder order;
        order.repository = path_;
        order.url = "there";
        order.refs = std::move(refs);
        order.first = "refs/heads/main";
        order.known = std::move(known);
        return order;
    }
    static PushPlan plan(const PushOrder& order, const RefMap& theirs) { return plan_push(order, theirs).value(); }
    static std::vector<std::string> names(const PushStep& step) {
        std::vector<std::string> all;
        for (const remote::RefUpdate& update : step.updates) all.push_back(update.name);
        return all;
    }

    test::TempDir directory_;
    fs::path path_ = directory_.path() / "a.git";
    std::optional<git::Repository> repository_;
    int time_ = 0;
};

constexpr const char* main_ref = "refs/heads/main";
constexpr const char* dev_ref = "refs/heads/dev";

TEST_F(PushPlanning, TheDefaultBranchGoesAloneIntoAnEmptyRepository) {
    const Oid one = commit("one"), two = commit("two", {one});
    const PushPlan made = plan(order({{dev_ref, two}, {main_ref, one}}), {});
    ASSERT_EQ(made.steps.size(), 2U);
    EXPECT_EQ(names(made.steps[0]), std::vector<std::string>{main_ref});
    EXPECT_EQ(names(made.steps[1]), std::vector<std::string>{dev_ref});
    EXPECT_EQ(made.steps[1].objects.size(), 3U) << "what went before is not sent again";
    EXPECT_EQ(made.counts.created, 2U);
}

TEST_F(PushPlanning, WhatStandsThereIsNotSent) {
    const Oid one = commit("one");
    EXPECT_TRUE(plan(order({{main_ref, one}}), {{main_ref, one}}).steps.empty());
}

TEST_F(PushPlanning, WithoutARecordNothingIsForcedOrDeleted) {
    const Oid base = commit("base"), ours = commit("ours", {base}), theirs = commit("theirs", {base});
    ref(dev_ref, theirs);  // it is even held here
    const PushPlan made = plan(order({{main_ref, ours}, {"refs/tags/v1", ours}}), {{main_ref, theirs}, {"refs/tags/v1", base}, {dev_ref, theirs}});
    EXPECT_TRUE(made.steps.empty());
    ASSERT_EQ(made.refused.size(), 2U);
    EXPECT_EQ(made.refused[0].why.code, Errc::remote_moved);
}

TEST_F(PushPlanning, WhatIsHeldHereMayBeForcedThere) {
    const Oid base = commit("base"), ours = commit("ours", {base}), theirs = commit("theirs", {base});
    ref(main_ref, ours);
    const PushOrder wanted = order({{main_ref, ours}}, RefMap());
    EXPECT_EQ(plan(wanted, {{main_ref, theirs}}).refused.size(), 1U) << "no name of ours holds it";
    ref("refs/autobackup/keep/20261121T013000Z/heads/main", theirs);
    const PushPlan made = plan(wanted, {{main_ref, theirs}});
    ASSERT_EQ(made.steps.size(), 1U);
    EXPECT_EQ(made.counts.forced, 1U);
    EXPECT_EQ(made.steps[0].updates[0].old_oid, theirs);
}

TEST_F(PushPlanning, WhatWasPushedMayGoAndWhatSomebodyElsePushedStays) {
    const Oid ours = commit("ours");
    const Oid foreign = Oid::parse(std::string(40, '7')).value();
    const Oid given_up = Oid::parse(std::string(40, '8')).value();
    ref(main_ref, ours);
    const RefMap known{{dev_ref, given_up}, {"refs/heads/moved", given_up}};
    const PushPlan made = plan(order({{main_ref, ours}}, known),
                               {{main_ref, ours}, {dev_ref, given_up}, {"refs/heads/moved", foreign}, {"refs/heads/theirs", foreign}});
    ASSERT_EQ(made.steps.size(), 1U);
    EXPECT_EQ(names(made.steps[0]), std::vector<std::string>{dev_ref});
    EXPECT_TRUE(made.steps[0].updates[0].new_oid.is_zero());
    EXPECT_EQ(made.counts.deleted, 1U);
    ASSERT_EQ(made.refused.size(), 1U);
    EXPECT_EQ(made.refused[0].ref, "refs/heads/moved");
}

TEST_F(PushPlanning, ATooLargePackGoesInPartsAlongTheBranch) {
    std::vector<Oid> line;
    for (int i = 0; i < 20; ++i) line.push_back(commit(test::noise(2000, static_cast<unsigned>(i)), line.empty() ? std::vector<Oid>() : std::vector<Oid>{line.back()}));
    const Oid large = commit(test::noise(50'000, 99), {line.back()});
    PushOrder wanted = order({{main_ref, large}, {dev_ref, line.front()}});
    wanted.largest_push = 10'000;
    const PushPlan made = plan(wanted, {});
    ASSERT_GT(made.steps.size(), 5U);
    Oid at;
    std::size_t objects = 0;
    for (std::size_t i = 0; i + 1 < made.steps.size(); ++i) {
        objects += made.steps[i].objects.size();
        if (made.steps[i].part) continue;
        ASSERT_EQ(names(made.steps[i]), std::vector<std::string>{main_ref});
        EXPECT_EQ(made.steps[i].updates[0].old_oid, at);
        at = made.steps[i].updates[0].new_oid;
        const std::uint64_t size = git::PackReader::make(*repository_, made.steps[i].objects).value().size();
        EXPECT_LE(size, 10'000U);
    }
    EXPECT_EQ(at, large);
    EXPECT_EQ(objects, 65U) << "with the tree and the commit of the part that holds the large file";
    EXPECT_TRUE(made.steps.back().objects.empty());
}

class LargeCommit : public PushPlanning {
protected:
    void SetUp() override {
        PushPlanning::SetUp();
        base_ = commit("base");
        std::vector<test::NamedContent> files;
        for (int i = 0; i < 12; ++i) files.push_back({"file-" + std::to_string(i), test::noise(3000, static_cast<unsigned>(i)), true});
        large_ = test::write_commit(*repository_, files, {base_}, 1'700'000'100).value();
        wanted_ = order({{main_ref, commit("after", {large_})}}, RefMap());
        wanted_.largest_push = 10'000;
    }
    std::string part(std::size_t number) const { return remote::part_ref(large_, number); }

    Oid base_, large_;
    PushOrder wanted_;
};

TEST_F(LargeCommit, GoesByItsBlobsWhichRefsHoldUntilItFollows) {
    const PushPlan made = plan(wanted_, {{main_ref, base_}});
    ASSERT_EQ(made.parts, (std::vector<std::string>{part(1), part(2), part(3)}));
    ASSERT_EQ(made.steps.size(), 5U);
    std::set<Oid> sent;
    for (const PushStep& step : made.steps) {
        EXPECT_LE(git::PackReader::make(*repository_, step.objects).value().size(), 10'000U);
        sent.insert(step.objects.begin(), step.objects.end());
    }
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(made.steps[i].part);
        EXPECT_EQ(names(made.steps[i]), std::vector<std::string>{part(i + 1)});
        EXPECT_TRUE(made.steps[i].updates[0].old_oid.is_zero());
    }
    EXPECT_EQ(made.steps[3].updates[0].old_oid, base_);
    EXPECT_EQ(made.steps[3].updates[0].new_oid, large_) << "the last of its files go along with it";
    EXPECT_EQ(made.steps[4].updates[0].new_oid, wanted_.refs.at(main_ref));
    for (const Oid& oid : repository_->missing_objects({wanted_.refs.at(main_ref)}, {base_}).value()) EXPECT_TRUE(sent.contains(oid)) << oid.hex();
}

TEST_F(LargeCommit, PartsThatAreThereAreNotSentAgainAndOthersOfThatNameAreReplaced) {
    const PushPlan first = plan(wanted_, {{main_ref, base_}});
    RefMap theirs{{main_ref, base_}, {part(2), base_}};
    for (const std::size_t there : {std::size_t{0}, std::size_t{2}}) theirs[first.steps[there].updates[0].name] = first.steps[there].updates[0].new_oid;
    const PushPlan again = plan(wanted_, theirs);
    ASSERT_EQ(again.steps.size(), 3U);
    EXPECT_EQ(names(again.steps[0]), std::vector<std::string>{part(2)});
    EXPECT_EQ(again.steps[0].updates[0].old_oid, base_);
    EXPECT_EQ(again.steps[0].updates[0].new_oid, first.steps[1].updates[0].new_oid) << "cut in the same way each time";
    EXPECT_EQ(names(again.steps[1]), std::vector<std::string>{main_ref});
    EXPECT_EQ(again.parts, first.parts) << "all of them are to be removed";
}

TEST_F(LargeCommit, PartsAreNoHistoryOfTheOtherSide) {
    const PushPlan first = plan(wanted_, {});
    const PushPlan again = plan(wanted_, {{first.steps[1].updates[0].name, first.steps[1].updates[0].new_oid}});
    EXPECT_TRUE(again.refused.empty());
    EXPECT_EQ(again.steps.size() + 1, first.steps.size());
}

}  // namespace
}  // namespace autobackup::mirror::push_plan_test
