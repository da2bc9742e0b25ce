// SPDX-License-Identifier: MIT
#include "daemon/cvat/selection.hpp"

#include <gtest/gtest.h>

namespace autobackup::cvat_job::selection_test {
namespace {

using Base = config::Selection::Base;
using Indices = std::vector<std::size_t>;

const std::vector<Candidate> candidates{{1, "signs", false}, {2, "lights", true}, {3, "signs", false}, {12, "2", false}, {13, "a-scratch", true}};

Chosen chosen(Base base, std::vector<std::string> include, std::vector<std::string> exclude) {
    return choose(config::Selection{base, std::move(include), std::move(exclude)}, candidates);
}

TEST(Selection, BasesAndExcludes) {
    EXPECT_EQ(chosen(Base::all, {}, {}).indices, (Indices{0, 1, 2, 3, 4}));
    EXPECT_EQ(chosen(Base::none, {}, {}).indices, Indices{});
    EXPECT_EQ(chosen(Base::unassigned, {}, {}).indices, (Indices{0, 2, 3}));
    EXPECT_EQ(chosen(Base::all, {}, {"*-scratch", "1"}).indices, (Indices{1, 2, 3}));
}

TEST(Selection, IdsNamesAndGlobs) {
    EXPECT_EQ(chosen(Base::listed, {"3"}, {}).indices, Indices{2});
    EXPECT_EQ(chosen(Base::listed, {"signs"}, {}).indices, (Indices{0, 2}));
    EXPECT_EQ(chosen(Base::listed, {"*i*"}, {"3"}).indices, (Indices{0, 1}));
    EXPECT_EQ(chosen(Base::listed, {"2"}, {}).indices, (Indices{1, 3})) << "an id, and a name of digits";
}

TEST(Selection, WhatADrillRestoresForAWhileIsMeantByNameAlone) {
    const std::vector<Candidate> some{{1, "signs", false}, {31, "autobackupd drill X", false, true}, {32, "one", true, true}};
    const auto indices = [&](Base base, std::vector<std::string> include) { return choose(config::Selection{base, std::move(include), {}}, some).indices; };
    EXPECT_EQ(indices(Base::all, {}), Indices{0});
    EXPECT_EQ(indices(Base::unassigned, {}), Indices{0});
    EXPECT_EQ(indices(Base::listed, {"*"}), Indices{0});
    EXPECT_EQ(indices(Base::listed, {"*", "31"}), (Indices{0, 1}));
    EXPECT_EQ(indices(Base::listed, {"one"}), Indices{2});
}

TEST(Selection, WhatMatchesNothingIsTold) {
    const Chosen missing = chosen(Base::listed, {"99", "nobody", "x*", "signs"}, {});
    EXPECT_EQ(missing.unmatched, (std::vector<std::string>{"99", "nobody"}));
    EXPECT_EQ(missing.unmatched_globs, std::vector<std::string>{"x*"});
}

TEST(Selection, OnlyTakesKindsToo) {
    EXPECT_TRUE(entry_matches("project:12", candidates[3], "project"));
    EXPECT_FALSE(entry_matches("task:12", candidates[3], "project"));
    EXPECT_TRUE(entry_matches("project:sig*", candidates[0], "project"));
    EXPECT_TRUE(entry_matches("lights", candidates[1], "task"));
}

TEST(Selection, OpenEndedMeansThatAbsenceSaysSomething) {
    EXPECT_TRUE(open_ended(config::Selection{Base::all, {}, {}}));
    EXPECT_TRUE(open_ended(config::Selection{Base::listed, {"x*"}, {}}));
    EXPECT_FALSE(open_ended(config::Selection{Base::listed, {"12"}, {}}));
    EXPECT_FALSE(open_ended(config::Selection{Base::none, {}, {}}));
}

}  // namespace
}  // namespace autobackup::cvat_job::selection_test
