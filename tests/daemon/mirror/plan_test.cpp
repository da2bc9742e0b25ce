// SPDX-License-Identifier: MIT
// What is to be done with refs: tables of cases, no repository.
#include "daemon/mirror/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/mirror/local.hpp"

namespace autobackup::mirror::plan_test {
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
    for (const auto& [name, digit] : refs) local.refs.emplace_back(name, oid(digit));
    local.head.branch = head;
    if (const auto at = first_from(local.refs, head); at != local.refs.end() && at->first == head) local.head_tip = at->second;
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

// The order is that of bytes, as git's: '-' before '/', and UTF-8 behind all letters.
TEST(MirrorPlan, NamesThatBeginAlikeAreNotMixedUp) {
    const Local local = mirror({{"refs/heads/a-b", '1'}, {"refs/heads/a/b", '2'}, {"refs/heads/main", '3'}, {"refs/heads/\xc3\xa4", '4'}, {"refs/heads/\xc3\xa4/x", '4'}});
    const auto listed = listing({{"HEAD", '3'},
                                 {"refs/heads/a", '2'},
                                 {"refs/heads/a-b", '1'},
                                 {"refs/heads/a/c", '2'},
                                 {"refs/heads/main", '3'},
                                 {"refs/heads/z", '5'},
                                 {"refs/heads/\xc3\xa4", '6'},
                                 {"refs/heads/\xff", '7'}});
    const Plan plan = plan_of(local, listed);
    std::vector<std::string> told;
    for (const Move& move : plan.moves) told.push_back((!move.before ? "+" : !move.after ? "-" : "=") + move.ref.substr(11));
    EXPECT_EQ(told, (std::vector<std::string>{"+a", "-a/b", "+a/c", "+z", "=\xc3\xa4", "-\xc3\xa4/x", "+\xff"}));
}

TEST(MirrorPlan, WhatAServerTellsTwiceOrOutOfOrderCountsOnce) {
    const Wanted wanted = wanted_refs(listing({{"HEAD", '2'}, {"refs/heads/main", '2'}, {"refs/heads/main", '3'}, {"refs/heads/a", '1'}, {"refs/heads/main", '4'}}),
                                      PullRefs::all, "", {});
    EXPECT_EQ(wanted.refs, (Refs{{"refs/heads/a", oid('1')}, {"refs/heads/main", oid('2')}}));
    EXPECT_EQ(wanted.head.branch, "refs/heads/main");
}

TEST(MirrorPlan, NothingAtEitherSide) {
    EXPECT_TRUE(plan_of(mirror({}), listing({})).nothing());
    EXPECT_EQ(plan_of(mirror({}), listing({{"refs/heads/main", '1'}})).moves.size(), 1U);
    EXPECT_EQ(plan_of(mirror({{"refs/heads/main", '1'}}), listing({})).moves.size(), 1U);
    EXPECT_TRUE(haves(mirror({}), Plan()).empty());
    EXPECT_TRUE(tips(mirror({})).empty());
}

TEST(MirrorPlan, NamesThatCannotBeKeptAreLeftOut) {
    const std::vector<std::string> bad{"refs/heads/.a", "refs/heads/a.", "refs/heads/a.lock", "refs/heads/a.lock/b", "refs/heads/a/", "refs/heads/a//b", "refs/heads/b@{1}"};
    const std::vector<std::string> good{"refs/heads/-", "refs/heads/a.b", "refs/heads/a.locked", "refs/heads/v1.2", "refs/x", "refs/y/@"};
    remote::Advertisement listed;
    for (const auto* names : {&bad, &good}) {
        for (const std::string& name : *names) listed.refs.emplace_back().name = name;
    }
    const Wanted wanted = wanted_refs(listed, PullRefs::all, "", {});
    EXPECT_EQ(wanted.left_out, bad);
    std::vector<std::string> kept;
    for (const auto& [name, at] : wanted.refs) kept.push_back(name);
    EXPECT_EQ(kept, good);
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

TEST(MirrorNegotiation, NamesEachOfManyObjectsOnceAndFiftyThousandAtMost) {
    Local local;
    for (unsigned i = 0; i < 60'000; ++i) {
        Oid made = git::hash_object(git::ObjectType::blob, std::to_string(i / 2));
        local.refs.emplace_back("refs/changes/" + std::to_string(100'000 + i), made);
    }
    const std::vector<Oid> named = haves(local, Plan());
    ASSERT_EQ(named.size(), 30'000U);
    for (std::size_t i = 0; i < named.size(); ++i) ASSERT_EQ(named[i], local.refs[2 * i].second);  // as they come
    std::vector<Oid> sorted = named;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, tips(local));
    for (unsigned i = 0; i < 30'000; ++i)
        local.refs.emplace_back("refs/heads/" + std::to_string(100'000 + i), git::hash_object(git::ObjectType::blob, "b" + std::to_string(i)));
    const std::vector<Oid> most = haves(local, Plan());
    EXPECT_EQ(most.size(), 50'000U);
    EXPECT_EQ(most.front(), local.refs[60'000].second);  // branches first
}

// Nothing keeps a source from making names that meet in the table.
TEST(MirrorNegotiation, ObjectsWhoseNamesBeginAlikeAreToldApart) {
    Local local;
    for (unsigned i = 0; i < 100; ++i) {
        Oid made;
        made.bytes[0] = 1;
        made.bytes[19] = static_cast<unsigned char>(i / 2);
        local.refs.emplace_back("refs/heads/" + std::to_string(100 + i), made);
    }
    EXPECT_EQ(haves(local, Plan()), tips(local));
    EXPECT_EQ(tips(local).size(), 50U);
}

TEST(MirrorNegotiation, WhatARefOfTheMirrorNamesIsNotAskedFor) {
    const Local local = mirror({{"refs/autobackup/keep/x/heads/a", '9'}, {"refs/heads/main", '1'}, {"refs/heads/z", '9'}});
    const auto listed = listing({{"HEAD", '9'}, {"refs/heads/b", '1'}, {"refs/heads/c", '9'}, {"refs/heads/main", '7'}}, "");
    const Wanted wanted = wanted_refs(listed, PullRefs::all, "", local.head);
    EXPECT_EQ(named_here(make_plan(local, wanted, PullRefs::all), local, wanted), (std::vector<Oid>{oid('1'), oid('9')}));
}

TEST(MirrorPlaces, AreTheSameWhateverTheTransport) {
    EXPECT_TRUE(same_place("git@github.com:acme/app", "https://github.com/acme/app.git"));
    EXPECT_TRUE(same_place("ssh://git@github.com:22/acme/app.git/", "https://x:t@GitHub.com/acme/app"));
    EXPECT_TRUE(same_place("/srv/a.git", "file:///srv/a"));
    EXPECT_FALSE(same_place("https://github.com/acme/app", "https://github.com/acme/lib"));
    EXPECT_FALSE(same_place("https://github.com/acme/app", ""));
    EXPECT_EQ(plain_url("https://bot:secret@git.example.org/a.git"), "https://git.example.org/a.git");
    EXPECT_EQ(plain_url("https://bot:se/cret@git.example.org/a.git"), "https://git.example.org/a.git") << "a '/' in the password tears the URL";
    EXPECT_EQ(plain_url("https://git.example.org/a@b.git"), "https://git.example.org/a@b.git");
    EXPECT_EQ(plain_url("ssh://git@git.example.org/a.git"), "ssh://git@git.example.org/a.git") << "without it ssh would take another user";
    EXPECT_EQ(plain_url("git@github.com:acme/app"), "git@github.com:acme/app");
}

}  // namespace
}  // namespace autobackup::mirror::plan_test
