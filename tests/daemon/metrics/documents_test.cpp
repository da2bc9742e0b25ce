// SPDX-License-Identifier: MIT
// The documents that speak of metrics speak of those that there are.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <regex>
#include <set>

#include "daemon/metrics/publisher.hpp"
#include "daemon/metrics/snapshot.hpp"
#include "tests/daemon/metrics/promtool.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::metrics::documents_test {
namespace {

namespace json = boost::json;

fs::path source(const char* name) {
    return fs::path(AUTOBACKUPD_SOURCE_DIR) / name;
}

std::set<std::string> known() {
    const std::vector<std::string> names = metric_names();
    return {names.begin(), names.end()};
}

// Every word that looks like a metric of ours.
std::set<std::string> named_in(const std::string& text) {
    static const std::regex word("\\bautobackup_[a-z_]+\\b");
    std::set<std::string> out;
    for (std::sregex_iterator at(text.begin(), text.end(), word); at != std::sregex_iterator(); ++at) out.insert(at->str());
    return out;
}

void collect_queries(const json::value& value, std::vector<std::string>& out) {
    if (const json::object* object = value.if_object()) {
        for (const auto& [key, child] : *object) {
            const bool query = (key == "expr" || key == "query") && child.is_string();
            if (query) out.emplace_back(child.get_string());
            else collect_queries(child, out);
        }
    }
    if (const json::array* array = value.if_array()) {
        for (const json::value& child : *array) collect_queries(child, out);
    }
}

json::object board() {
    return json::parse(read_file(source("docs/grafana-dashboard.json")).value()).as_object();
}

TEST(Monitoring, the_page_explains_every_metric_and_no_other) {
    std::set<std::string> named = named_in(read_file(source("docs/monitoring.md")).value());
    EXPECT_EQ(named, known());
}

TEST(Monitoring, the_page_names_the_entries_of_the_journal) {
    const std::string page = read_file(source("docs/monitoring.md")).value();
    EXPECT_NE(page.find(message_id::metrics_failed), std::string::npos);
    const std::string catalogue = read_file(source("systemd/autobackupd.catalog")).value();
    EXPECT_NE(catalogue.find(std::string("\n-- ") + message_id::metrics_failed + "\n"), std::string::npos);
}

TEST(GrafanaBoard, asks_only_for_what_there_is) {
    std::vector<std::string> queries;
    collect_queries(board(), queries);
    EXPECT_GE(queries.size(), 20U);
    std::set<std::string> used;
    for (const std::string& query : queries) {
        for (const std::string& name : named_in(query)) {
            EXPECT_TRUE(known().contains(name)) << name << " in " << query;
            used.insert(name);
        }
    }
    EXPECT_GE(used.size(), 15U);
}

TEST(GrafanaBoard, panels_have_ids_of_their_own_and_do_not_overlap) {
    const json::object all = board();
    std::set<std::int64_t> ids;
    std::set<std::pair<std::int64_t, std::int64_t>> taken;
    for (const json::value& panel : all.at("panels").as_array()) {
        EXPECT_TRUE(ids.insert(panel.at("id").as_int64()).second);
        EXPECT_FALSE(panel.at("targets").as_array().empty());
        const json::value& place = panel.at("gridPos");
        for (std::int64_t x = 0; x < place.at("w").as_int64(); ++x) {
            for (std::int64_t y = 0; y < place.at("h").as_int64(); ++y) {
                EXPECT_TRUE(taken.insert({place.at("x").as_int64() + x, place.at("y").as_int64() + y}).second) << panel.at("title");
            }
        }
    }
    EXPECT_TRUE(std::all_of(taken.begin(), taken.end(), [](const auto& cell) { return cell.first < 24; }));
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) text.replace(at, what.size(), with);
    return text;
}

// promtool has no check for a single query; as recording rules it reads them all.
TEST(GrafanaBoard, queries_are_valid) {
    if (!has_promtool()) GTEST_SKIP() << no_promtool;
    std::vector<std::string> queries;
    collect_queries(board(), queries);
    const test::TempDir directory;
    std::ofstream rules(directory.path() / "rules.yaml");
    rules << "groups:\n- name: board\n  rules:\n";
    int count = 0;
    for (std::string query : queries) {
        if (query.starts_with("label_values") || query == "prometheus") continue;
        query = replaced(replaced(query, "$backup_job", ".*"), "$__rate_interval", "5m");
        rules << "  - {record: 'board:q" << count++ << "', expr: '" << query << "'}\n";
    }
    rules.close();
    EXPECT_GE(count, 20);
    expect_promtool("check rules " + (directory.path() / "rules.yaml").string(), directory.path());
}

TEST(AlertRules, ask_only_for_what_there_is) {
    const std::string rules = read_file(source("docs/prometheus-alerts.yaml")).value();
    const std::set<std::string> used = named_in(rules);
    EXPECT_GE(used.size(), 8U);
    for (const std::string& name : used) EXPECT_TRUE(known().contains(name)) << name;
}

TEST(AlertRules, promtool_has_nothing_against_them) {
    if (!has_promtool()) GTEST_SKIP() << no_promtool;
    const test::TempDir directory;
    expect_promtool("check rules " + source("docs/prometheus-alerts.yaml").string(), directory.path());
}

TEST(AlertRules, say_what_they_are_for) {
    if (!has_promtool()) GTEST_SKIP() << no_promtool;
    const test::TempDir directory;
    expect_promtool("test rules " + source("tests/daemon/metrics/alerts_test.yaml").string(), directory.path());
}

}  // namespace
}  // namespace autobackup::metrics::documents_test
