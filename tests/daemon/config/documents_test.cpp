// SPDX-License-Identifier: MIT
// What is generated from the key table: samples, schema, reference page. AUTOBACKUPD_REGENERATE=1 writes the
// files anew.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"
#include "lib/core/file.hpp"
#include "tests/support/config_file.hpp"

namespace autobackup::config::documents_test {
namespace {

// The file in the source tree is what the program generates.
void expect_file(const std::string& name, const std::string& expected) {
    const fs::path path = fs::path(AUTOBACKUPD_SOURCE_DIR) / name;
    if (std::getenv("AUTOBACKUPD_REGENERATE") != nullptr) {
        ASSERT_TRUE(write_file_durably(path, expected, 0644));
    }
    const Result<std::string> text = read_file(path);
    ASSERT_TRUE(text) << name;
    EXPECT_EQ(*text, expected) << "run this test with AUTOBACKUPD_REGENERATE=1";
}

TEST(ConfigDocuments, are_in_the_source_tree) {
    expect_file("docs/configuration.md", reference_markdown());
    expect_file("config/example.yaml", *sample("minimal"));
    expect_file("config/full.yaml", *sample("full"));
}

TEST(ConfigDocuments, every_sample_loads_without_a_word) {
    for (const char* name : {"minimal", "cvat", "github", "full"}) {
        const test::ConfigFile file(*sample(name));
        const Loaded loaded = file.load();
        EXPECT_TRUE(loaded.config) << name;
        for (const Problem& problem : loaded.problems) ADD_FAILURE() << describe(problem);
        for (const Problem& warning : loaded.warnings) ADD_FAILURE() << describe(warning);
    }
}

TEST(ConfigDocuments, the_minimal_sample_has_ten_lines) {
    const std::string text = *sample("minimal");
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
}

TEST(ConfigDocuments, a_sample_that_is_not_there_is_refused) {
    EXPECT_EQ(sample("nonsense").error().code, Errc::config_invalid);
}

TEST(ConfigDocuments, the_full_sample_and_the_page_have_every_key) {
    const std::string full = *sample("full");
    const std::string page = reference_markdown();
    for (const Key& key : all_keys()) {
        EXPECT_NE(page.find('`' + std::string(key.path) + '`'), std::string::npos) << key.path;
        const std::string name(key.path.substr(key.path.rfind('.') + 1));
        const std::string line = (name == "*" ? std::string(key.example) : name) + ':';
        EXPECT_EQ(full.find(line) != std::string::npos || key.since.empty(), true) << key.path;
    }
}

// Follows properties, patternProperties and the first form of a choice.
const boost::json::object* schema_of(const boost::json::object& schema, std::string_view path) {
    const boost::json::object* at = &schema;
    while (!path.empty()) {
        const std::string_view name = path.substr(0, path.find('.'));
        path = name.size() == path.size() ? std::string_view() : path.substr(name.size() + 1);
        if (const auto* forms = at->if_contains("anyOf")) at = &forms->as_array().at(0).as_object();
        const auto* group = at->if_contains(name == "*" ? "patternProperties" : "properties");
        if (group == nullptr || group->as_object().empty()) return nullptr;
        const auto* next =
            name == "*" ? &group->as_object().begin()->value()
                        : group->as_object().if_contains(boost::json::string_view(name.data(), name.size()));
        if (next == nullptr) return nullptr;
        at = &next->as_object();
    }
    return at;
}

TEST(ConfigDocuments, the_schema_knows_exactly_the_keys_of_this_version) {
    const boost::json::object schema = boost::json::parse(schema_json()).as_object();
    EXPECT_EQ(schema.at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
    for (const Key& key : all_keys()) {
        const boost::json::object* found = schema_of(schema, key.path);
        EXPECT_EQ(found != nullptr, !key.since.empty()) << key.path;
        if (found == nullptr) continue;
        EXPECT_FALSE(found->at("description").as_string().empty()) << key.path;
    }
    EXPECT_EQ(schema.at("additionalProperties").as_bool(), false);
    EXPECT_TRUE(schema_of(schema, "defaults.retry.attempts"));
    EXPECT_EQ(schema_of(schema, "jobs.*.retry.attempts")->at("default").as_int64(), 4);
}

TEST(ConfigDocuments, every_key_has_a_meaning_and_a_sound_default) {
    for (const Key& key : all_keys()) {
        EXPECT_FALSE(key.meaning.empty()) << key.path;
        EXPECT_TRUE(key.meaning.ends_with('.')) << key.path;
        EXPECT_EQ(key.type == Type::choice || key.type == Type::events, !key.choices.empty()) << key.path;
    }
}

}  // namespace
}  // namespace autobackup::config::documents_test
