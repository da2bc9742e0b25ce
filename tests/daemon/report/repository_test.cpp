// SPDX-License-Identifier: MIT
// How an item that is a git repository is told.
#include <gtest/gtest.h>

#include "daemon/report/report.hpp"

namespace autobackup::report::repository_test {
namespace {

const std::string old_tip = "1a2b3c4d00000000000000000000000000000000";
const std::string new_tip = "5e6f7a8b00000000000000000000000000000000";

model::Item repository(model::ItemOutcome outcome) {
    model::Item item;
    item.kind = "github_repository";
    item.name = "acme/app";
    item.outcome = outcome;
    item.repository.emplace();
    item.repository->id = "R_kgD";
    item.repository->before = old_tip;
    item.repository->after = new_tip;
    item.repository->refs.moved = 1;
    return item;
}

TEST(RepositoryLine, TellsTheTips) {
    using O = model::ItemOutcome;
    EXPECT_EQ(human_line("acme-code", repository(O::saved)), "acme-code      acme/app                    Updated    [1a2b3c4d -> 5e6f7a8b]");
    model::Item item = repository(O::unchanged);
    item.repository->before = new_tip;
    item.repository->refs = {};
    EXPECT_EQ(human_line("acme-code", item), "acme-code      acme/app                    No changes [5e6f7a8b]");
    item = repository(O::saved);
    item.repository->cloned = true;
    item.repository->before.clear();
    EXPECT_EQ(human_line("acme-code", item), "acme-code      acme/app                    Cloned     [5e6f7a8b]");
}

TEST(RepositoryLine, NamesTheRefWhenHeadStayed) {
    model::Item item = repository(model::ItemOutcome::saved);
    item.repository->ref = "refs/heads/dev";
    EXPECT_TRUE(human_line("j", item).ends_with("Updated    [1a2b3c4d -> 5e6f7a8b] dev"));
    item.repository->refs.created = 1;
    EXPECT_TRUE(human_line("j", item).ends_with("Updated    [1a2b3c4d -> 5e6f7a8b] dev (+1 ref)"));
    item.repository->refs.deleted = 1;
    item.repository->ref = "refs/tags/v1";
    item.repository->before.clear();
    EXPECT_TRUE(human_line("j", item).ends_with("Updated    [00000000 -> 5e6f7a8b] tags/v1 (+2 refs)"));
}

TEST(RepositoryLine, OfAnEmptyOne) {
    model::Item item = repository(model::ItemOutcome::saved);
    item.repository->before.clear();
    item.repository->after.clear();
    item.repository->refs = {};
    item.repository->cloned = true;
    EXPECT_TRUE(human_line("j", item).ends_with("Cloned     [empty]"));
    item.outcome = model::ItemOutcome::unchanged;
    item.repository->cloned = false;
    EXPECT_TRUE(human_line("j", item).ends_with("No changes [empty]"));
}

TEST(RepositoryLine, OfAPartialAndAFailedOne) {
    model::Item item = repository(model::ItemOutcome::partial);
    item.warnings = {"2 large objects are missing"};
    EXPECT_TRUE(human_line("j", item).ends_with("partial    [1a2b3c4d -> 5e6f7a8b]  warning: 2 large objects are missing"));
    item.repository->before = new_tip;
    item.repository->refs = {};
    EXPECT_TRUE(human_line("j", item).ends_with("partial    [5e6f7a8b]  warning: 2 large objects are missing"));
    item = repository(model::ItemOutcome::saved);
    model::fail_item(item, "fetch", fail(Errc::no_progress, "fetch from", "https://a/x.git", "nothing came"));
    EXPECT_TRUE(human_line("j", item).ends_with("failed     fetch failed: fetch from https://a/x.git: nothing came")) << human_line("j", item);
}

TEST(RepositoryJson, HasItsOwnIdAndOutcome) {
    EXPECT_EQ(json_line(to_json(repository(model::ItemOutcome::saved))),
              R"({"kind":"github_repository","id":"R_kgD","name":"acme/app","outcome":"updated","before":"1a2b3c4d","after":"5e6f7a8b",)"
              R"("refs":{"new":0,"moved":1,"forced":0,"deleted":0},"stages":[],"pushed":[],"warnings":[]})");
    model::Item item = repository(model::ItemOutcome::saved);
    item.repository->cloned = true;
    item.repository->before.clear();
    item.repository->renamed_from = "acme/old";
    item.repository->ref = "refs/heads/dev";
    const boost::json::object told = to_json(item);
    EXPECT_EQ(told.at("outcome"), "cloned");
    EXPECT_EQ(told.at("before"), "00000000");
    EXPECT_EQ(told.at("ref"), "refs/heads/dev");
    EXPECT_EQ(told.at("renamed_from"), "acme/old");
}

TEST(RepositoryJson, SaysNothingOfTipsThatWereNotLookedAt) {
    model::Item item = repository(model::ItemOutcome::failed);
    item.repository->before.clear();
    item.repository->after.clear();
    const boost::json::object told = to_json(item);
    EXPECT_FALSE(told.contains("before"));
    EXPECT_FALSE(told.contains("refs"));
}

}  // namespace
}  // namespace autobackup::report::repository_test
