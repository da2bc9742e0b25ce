// SPDX-License-Identifier: MIT
// What went missing, and whether that is believed.
#include <gtest/gtest.h>

#include "daemon/cvat/gone.hpp"

namespace autobackup::cvat_job::gone_test {
namespace {

KnownItems known_of(const std::map<std::int64_t, std::string>& projects) {
    KnownItems known;
    for (const auto& [id, name] : projects) {
        state::ItemState state;
        state.item = "project-" + std::to_string(id);
        state.name = name;
        known[state.item] = state;
    }
    return known;
}

std::vector<Candidate> listed(const std::map<std::int64_t, std::string>& projects) {
    std::vector<Candidate> candidates;
    for (const auto& [id, name] : projects) candidates.push_back(Candidate{id, name, false, false});
    return candidates;
}

std::vector<std::string> keys(const Missing& missing) {
    std::vector<std::string> all;
    for (const state::ItemState* one : missing.gone) all.push_back(one->item);
    return all;
}

config::Selection everything() {
    config::Selection selection;
    selection.base = config::Selection::Base::all;
    return selection;
}

TEST(Gone, one_of_several_is_deleted) {
    const KnownItems known = known_of({{1, "a"}, {2, "b"}});
    const Missing missing = find_missing(cvat::Kind::project, listed({{1, "a"}}), everything(), known, {}, false);
    EXPECT_EQ(keys(missing), std::vector<std::string>{"project-2"});
    EXPECT_FALSE(missing.at_once);
    EXPECT_TRUE(missing.doubted.empty());
}

TEST(Gone, all_at_once_is_doubted_until_they_are_back_or_it_is_meant) {
    const KnownItems known = known_of({{1, "a"}, {2, "b"}});
    const Missing first = find_missing(cvat::Kind::project, listed({{9, "new"}}), everything(), known, {}, false);
    EXPECT_TRUE(first.at_once);
    EXPECT_TRUE(first.gone.empty());
    EXPECT_EQ(first.doubted, (Doubted{"project-1", "project-2"}));

    // The new one is held now, and another of the old ones is back.
    const KnownItems later = known_of({{1, "a"}, {2, "b"}, {9, "new"}});
    const Missing second = find_missing(cvat::Kind::project, listed({{1, "a"}, {9, "new"}}), everything(), later, first.doubted, false);
    EXPECT_FALSE(second.at_once);
    EXPECT_TRUE(second.gone.empty());
    EXPECT_EQ(second.doubted, Doubted{"project-2"});

    const Missing meant = find_missing(cvat::Kind::project, listed({{1, "a"}, {9, "new"}}), everything(), later, second.doubted, true);
    EXPECT_EQ(keys(meant), std::vector<std::string>{"project-2"});
    EXPECT_TRUE(meant.doubted.empty());
}

TEST(Gone, an_empty_list_is_never_believed) {
    const KnownItems known = known_of({{1, "a"}});
    const Missing missing = find_missing(cvat::Kind::project, {}, everything(), known, {}, true);
    EXPECT_TRUE(missing.at_once);
    EXPECT_TRUE(missing.gone.empty());
    EXPECT_EQ(missing.doubted, Doubted{"project-1"});
}

TEST(Gone, what_is_not_selected_proves_nothing) {
    config::Selection selection;
    selection.base = config::Selection::Base::listed;
    selection.include = {"Demo*"};
    const KnownItems known = known_of({{1, "Demo one"}, {2, "Demo two"}, {3, "other"}});
    EXPECT_TRUE(find_missing(cvat::Kind::project, listed({{3, "other"}}), selection, known, {}, false).at_once);
    EXPECT_FALSE(find_missing(cvat::Kind::project, listed({{2, "Demo two"}}), selection, known, {}, false).at_once);
}

TEST(Gone, the_doubted_are_written_and_read) {
    const Doubted doubted{"project-1", "task-7"};
    EXPECT_EQ(parse_doubted(to_text(doubted)), doubted);
    EXPECT_TRUE(parse_doubted("nonsense").empty());
    EXPECT_TRUE(parse_doubted("").empty());
}

}  // namespace
}  // namespace autobackup::cvat_job::gone_test
