// SPDX-License-Identifier: MIT
// What is to be done with refs: tables of cases, no repository.
#include "daemon/mirror/plan.hpp"

#include <gtest/gtest.h>

#include "daemon/mirror/local.hpp"

namespace autobackup::mirror {
namespace {

Oid oid(char digit) {
    return *Oid::parse(std::string(40, digit));
}

remote::Advertisement listing(std::vector<std::pair<std::string, char>> refs, std::string head = "refs/heads/main") {
    remote::Advertisement out;
    for (const auto& [name, digit] : refs) {
        remote::Ref ref;
        ref.name = name;
        ref.oid = oid(digit);
        if (name == "HEAD") ref.symref_target = head;
        out.refs.push_back(std::move(ref));
    }
    return out;
}

Local mirror(std::map<std::string, char> refs, std::string head = "refs/heads/main") {
    Local local;
    local.exists = true;
    for (const auto& [name, digit] : refs) local.refs.emplace(name, oid(digit));
    local.head.branch = head;
    if (const auto at = local.refs.find(head); at != local.refs.end()) local.head_tip = at->second;
    return local;
}

Plan plan_of(const Local& local, const remote::Advertisement& listed, PullRefs pulls = PullRefs::all) {
    return make_plan(local, wanted_refs(listed, pulls, "", local.head), pulls);
}

TEST(MirrorPlan, NothingMoved) {
    const Local local = mirror({{"refs/heads/main", '1'}, {"refs/tags/v1", '2'}, {"refs/autobackup/keep/20260101T000000Z/heads/x", '3'}});
    EXPECT_TRUE(plan_of(local, listing({{"HEAD", '1'}, {"refs/heads/main", '1'}, {"refs/tags/v1", '2'}})).nothing());
}

TEST(MirrorPlan, NewMovedAndDeletedRefs) {
    const Local local = mirror({{"refs/heads/main", '1'}, {"refs/heads/old", '2'}, {"refs/tags/v1", '3'}});
    Plan plan = plan_of(local, listing({{"HEAD", '4'}, {"refs/heads/main", '4'}, {"refs/heads/new", '5'}, {"refs/tags/v1", '6'}}));
    ASSERT_EQ(plan.moves.size(), 4U);
    EXPECT_EQ(plan.moves[0].ref, "refs/heads/main");
    EXPECT_EQ(plan.moves[1].before, std::nullopt);
    EXPECT_EQ(plan.moves[2].after, std::nullopt);
    EXPECT_TRUE(plan.moves[3].forced);  // a tag is not moved on, it is another one
    const std::vector<git::RefChange> steps = changes(plan, "refs/autobackup/keep/T/");
    std::map<std::string, Oid> set;
    for (const git::RefChange& step : steps) set[step.ref] = step.target;
    EXPECT_EQ(set.at("refs/heads/old"), Oid());
    EXPECT_EQ(set.at("refs/autobackup/keep/T/heads/old"), oid('2'));
    EXPECT_EQ(set.at("refs/autobackup/keep/T/tags/v1"), oid('3'));
    EXPECT_EQ(set.size(), 6U);
    EXPECT_EQ(changes(plan, "").size(), 4U);
    plan.moves[0].forced = true;
    EXPECT_EQ(changes(plan, "refs/autobackup/keep/T/").size(), 7U);
}

TEST(MirrorPlan, AFreshPrefixForEachRun) {
    const Local local = mirror({{"refs/autobackup/keep/20261121T010000Z/heads/a", '1'}});
    EXPECT_EQ(keep_prefix(local, "20261121T010000Z"), "refs/autobackup/keep/20261121T010000Z-2/");
    EXPECT_EQ(keep_prefix(local, "20261121T010001Z"), "refs/autobackup/keep/20261121T010001Z/");
}

TEST(MirrorPlan, PullRefsThatAreLeftOutStay) {
    const Local local = mirror({{"refs/heads/main", '1'}, {"refs/pull/1/head", '2'}, {"refs/pull/1/merge", '3'}});
    const auto listed = listing({{"HEAD", '1'}, {"refs/heads/main", '1'}, {"refs/pull/1/head", '4'}, {"refs/pull/1/merge", '5'}});
    EXPECT_EQ(plan_of(local, listed, PullRefs::all).moves.size(), 2U);
    ASSERT_EQ(plan_of(local, listed, PullRefs::head).moves.size(), 1U);
    EXPECT_EQ(plan_of(local, listed, PullRefs::head).moves[0].ref, "refs/pull/1/head");
    EXPECT_TRUE(plan_of(local, listed, PullRefs::none).nothing());
}

TEST(MirrorPlan, OursAtTheSourceIsLeftOut) {
    const Wanted wanted = wanted_refs(listing({{"refs/autobackup/keep/x/heads/a", '1'}, {"refs/heads/main", '2'}}), PullRefs::all, "", {});
    EXPECT_EQ(wanted.refs.size(), 1U);
    EXPECT_EQ(wanted.left_out, std::vector<std::string>{"refs/autobackup/keep/x/heads/a"});
}

TEST(MirrorHead, FollowsWhatTheServerTells) {
    EXPECT_EQ(wanted_refs(listing({{"HEAD", '1'}, {"refs/heads/trunk", '1'}}, "refs/heads/trunk"), PullRefs::all, "main", {}).head.branch, "refs/heads/trunk");
    remote::Advertisement empty;
    empty.unborn_head = "refs/heads/trunk";
    EXPECT_EQ(wanted_refs(empty, PullRefs::all, "main", {}).head.branch, "refs/heads/trunk");
    empty.unborn_head.clear();
    EXPECT_EQ(wanted_refs(empty, PullRefs::all, "dev", {}).head.branch, "refs/heads/dev");
    Head now;
    now.branch = "refs/heads/main";
    EXPECT_EQ(wanted_refs(empty, PullRefs::all, "", now).head, now);
}

TEST(MirrorHead, IsGuessedWhereOnlyACommitIsTold) {
    const auto listed = listing({{"HEAD", '1'}, {"refs/heads/a", '1'}, {"refs/heads/main", '1'}, {"refs/heads/z", '1'}}, "");
    EXPECT_EQ(wanted_refs(listed, PullRefs::all, "", {}).head.branch, "refs/heads/main");
    EXPECT_EQ(wanted_refs(listed, PullRefs::all, "z", {}).head.branch, "refs/heads/z");
    const Wanted detached = wanted_refs(listing({{"HEAD", '7'}, {"refs/heads/a", '1'}}, ""), PullRefs::all, "", {});
    EXPECT_EQ(detached.head.branch, "");
    EXPECT_EQ(detached.head.detached, oid('7'));
}

TEST(MirrorFacts, AreThoseOfHeadWhenItMoved) {
    const Local local = mirror({{"refs/heads/main", '1'}, {"refs/heads/dev", '2'}});
    const Plan plan = plan_of(local, listing({{"HEAD", '4'}, {"refs/heads/dev", '5'}, {"refs/heads/main", '4'}, {"refs/tags/v1", '4'}}));
    model::RepositoryFacts facts;
    tell(plan, local, oid('4'), facts);
    EXPECT_EQ(facts.before, oid('1').hex());
    EXPECT_EQ(facts.after, oid('4').hex());
    EXPECT_EQ(facts.ref, "");
    EXPECT_EQ(facts.refs.created, 1U);
    EXPECT_EQ(facts.refs.moved, 2U);
}

TEST(MirrorFacts, AreThoseOfTheFirstMovedRefOtherwise) {
    const Local local = mirror({{"refs/heads/main", '1'}, {"refs/heads/dev", '2'}, {"refs/heads/x", '3'}});
    const Plan plan = plan_of(local, listing({{"HEAD", '1'}, {"refs/heads/dev", '5'}, {"refs/heads/main", '1'}}));
    model::RepositoryFacts facts;
    tell(plan, local, oid('1'), facts);
    EXPECT_EQ(facts.before, oid('2').hex());
    EXPECT_EQ(facts.after, oid('5').hex());
    EXPECT_EQ(facts.ref, "refs/heads/dev");
    EXPECT_EQ(facts.refs.deleted, 1U);
    EXPECT_EQ(facts.refs.all(), 2U);
}

TEST(MirrorNegotiation, OffersTheOldTipsOfWhatMovedBeforeAllOthers) {
    const Local local = mirror({{"refs/heads/main", '1'}, {"refs/pull/6/head", '6'}, {"refs/pull/7/head", '7'}});
    const auto listed = listing({{"refs/heads/main", '1'}, {"refs/pull/6/head", '6'}, {"refs/pull/7/head", '8'}, {"refs/pull/8/head", '9'}});
    const Plan plan = make_plan(local, wanted_refs(listed, PullRefs::all, "", local.head), PullRefs::all);
    EXPECT_EQ(haves(local, plan), (std::vector<Oid>{oid('7'), oid('1'), oid('6')}));
}

TEST(MirrorNegotiation, AsksOnceForWhatIsNotHereAndOffersBranchesFirst) {
    const Local local = mirror({{"refs/heads/main", '1'}, {"refs/autobackup/keep/x/heads/a", '9'}, {"refs/tags/v1", '1'}});
    const auto listed = listing({{"HEAD", '2'}, {"refs/heads/a", '2'}, {"refs/heads/b", '2'}, {"refs/heads/c", '9'}, {"refs/heads/main", '2'}});
    const Wanted wanted = wanted_refs(listed, PullRefs::all, "", local.head);
    const Plan plan = make_plan(local, wanted, PullRefs::all);
    const auto has = [](const Oid& one) { return one == oid('9'); };
    EXPECT_EQ(wants(plan, wanted, has), std::vector<Oid>{oid('2')});
    EXPECT_EQ(haves(local, plan), (std::vector<Oid>{oid('1'), oid('9')}));
}

TEST(MirrorPlaces, AreTheSameWhateverTheTransport) {
    EXPECT_TRUE(same_place("git@github.com:acme/app", "https://github.com/acme/app.git"));
    EXPECT_TRUE(same_place("ssh://git@github.com:22/acme/app.git/", "https://x:t@GitHub.com/acme/app"));
    EXPECT_TRUE(same_place("/srv/a.git", "file:///srv/a"));
    EXPECT_FALSE(same_place("https://github.com/acme/app", "https://github.com/acme/lib"));
    EXPECT_FALSE(same_place("https://github.com/acme/app", ""));
    EXPECT_EQ(plain_url("https://bot:secret@git.example.org/a.git"), "https://git.example.org/a.git");
    EXPECT_EQ(plain_url("https://git.example.org/a@b.git"), "https://git.example.org/a@b.git");
    EXPECT_EQ(plain_url("git@github.com:acme/app"), "git@github.com:acme/app");
}

}  // namespace
}  // namespace autobackup::mirror
