// SPDX-License-Identifier: MIT
#include "daemon/github/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "lib/core/file.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::github_job::plan_test {
namespace {

github::Repository repository(const std::string& id, const std::string& name, const std::string& pushed = "2026-11-20T10:00:00Z") {
    github::Repository one;
    one.node_id = id;
    one.owner = "acme";
    one.name = name;
    one.clone_url = "https://h/acme/" + name + ".git";
    one.pushed_at = pushed;
    one.default_branch = "main";
    return one;
}

Held held(const std::string& folder, const github::Repository& what) {
    Held one;
    one.folder = folder;
    one.card.id = what.node_id;
    one.card.name = what.full_name();
    one.card.url = what.clone_url;
    one.card.pushed_at = what.pushed_at;
    one.card.default_branch = what.default_branch;
    one.card.complete = true;
    one.card.wiki_settled = true;
    return one;
}

Plan plan(const std::vector<github::Repository>& listed, const std::vector<Held>& known, std::uint64_t turn = 0, std::uint64_t recheck = 7) {
    PlanSettings settings;
    settings.turn = turn;
    settings.recheck = recheck;
    settings.now = *parse_rfc3339("2026-11-21T12:00:00Z");
    return make_plan(listed, listed, known, settings);
}

TEST(Plan, WhatDidNotMoveIsNotAskedButOnceInSoManyRuns) {
    github::Repository app = repository("R_1", "app");
    app.has_wiki = true;
    for (const std::uint64_t recheck : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{7}, std::uint64_t{1000}}) {
        std::uint64_t asked = 0, wiki_asked = 0;
        for (std::uint64_t turn = 0; turn < 2 * recheck; ++turn) {
            const Plan made = plan({app}, {held("app", app)}, turn, recheck);
            ASSERT_EQ(made.entries.size(), 1U);
            asked += made.entries[0].up_to_date ? 0U : 1U;
            wiki_asked += made.entries[0].wiki_up_to_date ? 0U : 1U;
        }
        EXPECT_EQ(asked, 2U) << "within " << recheck << " runs each time";
        EXPECT_EQ(wiki_asked, 2U) << "by the same rotation";
    }
    EXPECT_FALSE(plan({app}, {held("app", app)}, 3, 0).entries[0].up_to_date) << "no division by nothing";
}

TEST(Plan, AWikiFollowsItsRepositoryUnlessItHasMovedWithoutIt) {
    github::Repository app = repository("R_1", "app");
    app.has_wiki = true;
    std::uint64_t quiet_turn = 0;
    while (!plan({app}, {held("app", app)}, quiet_turn).entries[0].up_to_date) ++quiet_turn;
    const auto entry = [&](auto change) {
        github::Repository now = app;
        Held before = held("app", app);
        change(now, before.card);
        return plan({now}, {before}, quiet_turn).entries[0];
    };
    const auto same = [](auto&, auto&) {};
    EXPECT_TRUE(entry(same).wiki_up_to_date);
    EXPECT_TRUE(entry(same).quiet);
    const Entry pushed = entry([](auto& now, auto&) { now.pushed_at = "2026-11-21T10:00:00Z"; });
    EXPECT_FALSE(pushed.wiki_up_to_date);
    EXPECT_FALSE(pushed.quiet) << "what moves then may have moved with it";
    const Entry alone = entry([](auto&, Card& card) { card.wiki_alone = true; });
    EXPECT_TRUE(alone.up_to_date);
    EXPECT_FALSE(alone.wiki_up_to_date);
    const Entry open = entry([](auto&, Card& card) { card.wiki_settled = false; });
    EXPECT_TRUE(open.up_to_date);
    EXPECT_FALSE(open.wiki_up_to_date) << "never asked, or the last look failed";
    EXPECT_FALSE(open.quiet) << "nobody knows when that moved";
    const Entry off = entry([](auto& now, Card& card) { now.has_wiki = false, card.wiki = true; });
    EXPECT_FALSE(off.wiki_up_to_date) << "switched off: it may be gone";
    EXPECT_TRUE(entry([](auto& now, auto&) { now.has_wiki = false; }).wiki_up_to_date);
}

TEST(Plan, AnythingThatMovedIsLookedAt) {
    const github::Repository app = repository("R_1", "app");
    std::uint64_t quiet_turn = 0;
    while (!plan({app}, {held("app", app)}, quiet_turn).entries[0].up_to_date) ++quiet_turn;
    const auto up_to_date = [&](auto change_listed, auto change_card) {
        github::Repository now = app;
        Held before = held("app", app);
        change_listed(now);
        change_card(before.card);
        return plan({now}, {before}, quiet_turn).entries[0].up_to_date;
    };
    const auto same = [](auto&) {};
    EXPECT_TRUE(up_to_date(same, same));
    EXPECT_FALSE(up_to_date([](github::Repository& one) { one.pushed_at = "2026-11-21T10:00:00Z"; }, same));
    EXPECT_FALSE(up_to_date([](github::Repository& one) { one.default_branch = "dev"; }, same));
    EXPECT_FALSE(up_to_date(same, [](Card& card) { card.complete = false; }));
    EXPECT_FALSE(up_to_date(same, [](Card& card) { card.gone_since = "2026-01-01T00:00:00Z"; }));
}

TEST(Plan, ARenamedOneMovesAndASwapIsTwoMoves) {
    const github::Repository app = repository("R_1", "app"), lib = repository("R_2", "lib");
    const Plan made = plan({repository("R_1", "lib"), repository("R_2", "app")}, {held("app", app), held("lib", lib)});
    ASSERT_EQ(made.moves.size(), 2U);
    EXPECT_EQ(made.moves[0].from, "app");
    EXPECT_EQ(made.moves[0].to, "lib");
    EXPECT_EQ(made.entries[0].renamed_from, "acme/app");
    EXPECT_TRUE(made.gone.empty());
}

TEST(Plan, AnotherRepositoryOfThatNameSetsTheOldOneAside) {
    const github::Repository old = repository("R_1", "app"), young = repository("R_9", "app");
    const Plan made = plan({young}, {held("app", old)});
    ASSERT_EQ(made.moves.size(), 1U);
    EXPECT_EQ(made.moves[0].to, "app.gone-20261121");
    ASSERT_EQ(made.gone.size(), 1U);
    EXPECT_TRUE(made.gone[0].replaced);
    EXPECT_FALSE(made.entries[0].card.has_value());
    EXPECT_EQ(aside_name("app", *parse_rfc3339("2026-11-21T12:00:00Z"), {held("app.gone-20261121", old)}), "app.gone-20261121-2");
}

TEST(Plan, WhatIsGoneIsToldOnceAndMayComeBack) {
    const github::Repository app = repository("R_1", "app");
    const github::Repository lib = repository("R_2", "lib");
    Plan made = plan({lib}, {held("app", app), held("lib", lib)});
    ASSERT_EQ(made.gone.size(), 1U);
    Held told = held("app", app);
    told.card.gone_since = "2026-11-01T00:00:00Z";
    made = plan({lib}, {told, held("lib", lib)});
    EXPECT_TRUE(made.gone.empty());
    EXPECT_EQ(made.known, 1U);
    made = plan({app, lib}, {told, held("lib", lib)});
    EXPECT_FALSE(made.entries[0].up_to_date);
}

TEST(Plan, MuchSmallerIsMoreThanHalfAndFiveAtLeast) {
    std::vector<github::Repository> all;
    std::vector<Held> known;
    for (int i = 0; i < 10; ++i) {
        all.push_back(repository("R_" + std::to_string(i), "r" + std::to_string(i)));
        known.push_back(held(all.back().name, all.back()));
    }
    const auto with = [&](std::size_t count) { return std::vector<github::Repository>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)); };
    EXPECT_FALSE(much_smaller(plan(with(5), known), 5)) << "half";
    EXPECT_TRUE(much_smaller(plan(with(4), known), 4));
    EXPECT_TRUE(much_smaller(plan({}, {}), 0)) << "an empty listing always";
    known.resize(4);
    EXPECT_FALSE(much_smaller(plan(with(1), known), 1)) << "three of four are fewer than five";
}

TEST(Plan, NamesThatAreNoFoldersAreKnown) {
    for (const char* name : {"", ".", "..", "a/b", "a b", "\xc3\xa9"}) EXPECT_FALSE(safe_folder(name)) << name;
    for (const char* name : {"app", ".github", "acme.github.io", "-x", "_"}) EXPECT_TRUE(safe_folder(name)) << name;
}

TEST(Cards, AreReadAsTheyWereWrittenAndEqualOnesAreLeftAlone) {
    const test::TempDir directory;
    Card card = held("app", repository("R_1", "app")).card;
    card.head = std::string(40, 'a');
    card.wiki = true;
    card.wiki_alone = true;
    card.wiki_head = std::string(40, 'b');
    ASSERT_TRUE(write_card(directory.path() / "app", card));
    EXPECT_EQ(read_card(directory.path() / "app"), card);
    const auto before = std::filesystem::last_write_time(directory.path() / "app" / card_file);
    ASSERT_TRUE(write_card(directory.path() / "app", card));
    EXPECT_EQ(std::filesystem::last_write_time(directory.path() / "app" / card_file), before);
    ASSERT_TRUE(make_directories(directory.path() / "broken"));
    ASSERT_TRUE(write_file_durably(directory.path() / "broken" / card_file, "{\"id\": 7"));
    const auto all = read_cards(directory.path());
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 1U);
    EXPECT_EQ(all->front().folder, "app");
    EXPECT_TRUE(read_cards(directory.path() / "nothing")->empty());
}

}  // namespace
}  // namespace autobackup::github_job::plan_test
