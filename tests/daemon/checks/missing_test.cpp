// SPDX-License-Identifier: MIT
#include "daemon/checks/missing.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace autobackup::checks::missing_test {
namespace {

namespace json = boost::json;

using Items = std::vector<std::pair<std::string, std::string>>;  // name → outcome; "new<old" was renamed

std::string report(const std::string& trigger, const Items& items, const std::string& outcome = "success") {
    json::array list;
    for (const auto& [name, word] : items) {
        json::object item{{"kind", "github_repository"}, {"name", name.substr(0, name.find('<'))}, {"outcome", word}};
        if (name.find('<') != std::string::npos) item["renamed_from"] = name.substr(name.find('<') + 1);
        list.push_back(std::move(item));
    }
    return json::serialize(json::object{{"trigger", trigger}, {"outcome", outcome}, {"items", std::move(list)}, {"errors", json::array()}});
}

std::vector<std::string> saved(const std::vector<std::string>& reports) {
    std::vector<std::string> names;
    for (const RepositoryName& one : saved_repositories(reports).all) names.push_back(one.second);
    return names;
}

using Names = std::vector<std::string>;

TEST(SavedRepositories, AreThoseThatWereSavedAndAreNotGone) {
    EXPECT_EQ(saved({report("manual", {{"a", "cloned"}, {"b", "updated"}, {"c", "unchanged"}, {"d", "partial"}, {"e", "gone"}, {"f", "failed"}, {"g", "skipped"}})}),
              (Names{"a", "b", "c", "d"}));
    EXPECT_EQ(saved({"no JSON", "[]", R"({"items": [{"name": 7}, 7]})", report("manual", {{"a", "cloned"}})}), Names{"a"});
    EXPECT_EQ(saved({}), Names());
}

TEST(SavedRepositories, TheNewestWordCounts) {
    EXPECT_EQ(saved({report("manual", {{"b", "updated"}}), report("manual", {{"a", "gone"}}), report("manual", {{"a", "cloned"}, {"b", "cloned"}})}), Names{"b"});
    EXPECT_EQ(saved({report("manual", {{"a", "failed"}}), report("manual", {{"a", "cloned"}})}), Names{"a"});
    EXPECT_EQ(saved({report("manual", {{"new<old", "updated"}}), report("schedule", {{"old", "cloned"}})}), Names{"new"});
}

TEST(SavedRepositories, ARunThatWentOverAllEndsIt) {
    const std::string older = report("schedule", {{"a", "cloned"}, {"excluded", "cloned"}, {"b", "cloned"}});
    EXPECT_EQ(saved({report("schedule", {{"a", "unchanged"}, {"b", "failed"}}, "partial"), older}), (Names{"a", "b"}));
    EXPECT_EQ(saved({report("schedule", {{"a", "unchanged"}}, "cancelled"), older}), (Names{"a", "b", "excluded"}));
    EXPECT_EQ(saved({report("manual", {{"a", "unchanged"}}), older}), (Names{"a", "b", "excluded"}));
    EXPECT_TRUE(saved_repositories({report("retry", {{"a", "unchanged"}})}).told);
    EXPECT_FALSE(saved_repositories({report("retry", {{"a", "failed"}}, "partial")}).told) << "an older one may tell of it";
    EXPECT_FALSE(saved_repositories({report("manual", {{"a", "unchanged"}})}).told) << "it may have been one of several";
}

}  // namespace
}  // namespace autobackup::checks::missing_test
