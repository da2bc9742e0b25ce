// SPDX-License-Identifier: MIT
#include "lib/yaml/reader.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace autobackup::yaml::reader_test {
namespace {

std::string at(const Place& place) {
    return text(place);
}

// The only issue of a text, as "file:line:column: message".
std::string issue_of(std::string_view text_of_file, const Limits& limits = Limits()) {
    const Document document = parse(text_of_file, "f", limits);
    if (document.issues.size() != 1) return std::to_string(document.issues.size()) + " issues";
    return at(document.issues[0].place) + ": " + document.issues[0].message;
}

TEST(YamlReader, gives_places_of_keys_and_values) {
    const Document document = parse("a: 1\nb:\n  - x\n  - {c: 'y'}\n", "f");
    ASSERT_TRUE(document.root && document.issues.empty());
    const Entry* a = document.root->find("a");
    ASSERT_TRUE(a);
    EXPECT_EQ(at(a->place), "f:1:1");
    EXPECT_EQ(at(a->value->place), "f:1:4");
    const Entry* b = document.root->find("b");
    ASSERT_TRUE(b && b->value->is_sequence());
    EXPECT_EQ(at(b->place), "f:2:1");
    EXPECT_EQ(at(b->value->items.at(0)->place), "f:3:5");
    const Entry* c = b->value->items.at(1)->find("c");
    ASSERT_TRUE(c);
    EXPECT_EQ(at(c->place), "f:4:6");
    EXPECT_EQ(at(c->value->place), "f:4:9");
    EXPECT_TRUE(c->value->quoted);
    EXPECT_FALSE(a->value->quoted);
}

TEST(YamlReader, counts_columns_in_characters) {
    const Document document = parse("\xEF\xBB\xBF{süß: größe, k: v}\n", "f");
    ASSERT_TRUE(document.root && document.issues.empty());
    EXPECT_EQ(at(document.root->find("k")->place), "f:1:14");
}

TEST(YamlReader, an_empty_value_stands_at_its_key) {
    const Document document = parse("archive:\n\n\nb: ~\n", "f");
    ASSERT_TRUE(document.root);
    EXPECT_TRUE(document.root->find("archive")->value->is_null());
    EXPECT_EQ(at(document.root->find("archive")->value->place), "f:1:1");
    EXPECT_TRUE(document.root->find("b")->value->is_null());
    EXPECT_EQ(at(document.root->find("b")->value->place), "f:4:4");
}

TEST(YamlReader, an_empty_file_is_null) {
    for (const char* text_of_file : {"", "# nothing\n", "---\n"}) {
        const Document document = parse(text_of_file, "f");
        ASSERT_TRUE(document.root) << text_of_file;
        EXPECT_TRUE(document.root->is_null());
        EXPECT_TRUE(document.issues.empty());
    }
}

TEST(YamlReader, names_both_places_of_a_doubled_key) {
    const Document document = parse("a:\n  k: 1\n  j: 2\n  k: 3\nb: 1\n", "f");
    ASSERT_EQ(document.issues.size(), 1U);
    EXPECT_EQ(at(document.issues[0].place), "f:4:3");
    EXPECT_EQ(document.issues[0].path, "a.k");
    EXPECT_EQ(document.issues[0].message, "the key 'k' is here twice: first at f:2:3");
    ASSERT_TRUE(document.root);
    EXPECT_EQ(document.root->find("a")->value->entries.size(), 2U);
    EXPECT_EQ(document.root->find("a")->value->find("k")->value->text, "1");
}

TEST(YamlReader, finds_a_doubled_key_whose_value_is_nested) {
    const Document document = parse("k: {x: 1}\nk: {x: 2, x: 3}\nl: 1\n", "f");
    ASSERT_EQ(document.issues.size(), 2U);
    EXPECT_EQ(at(document.issues[0].place), "f:2:1");
    EXPECT_EQ(at(document.issues[1].place), "f:2:11");
    EXPECT_TRUE(document.root->find("l"));
}

TEST(YamlReader, merges_mappings) {
    const Document document = parse(
        "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\n"
        "one: {y: 9, <<: *b}\ntwo:\n  <<: [*b, *m]\n  w: 0\nthree: {'<<': t}\n",
        "f");
    ASSERT_TRUE(document.root);
    ASSERT_TRUE(document.issues.empty());
    const Node& one = *document.root->find("one")->value;
    EXPECT_EQ(one.find("y")->value->text, "9");
    EXPECT_EQ(one.find("x")->value->text, "1");
    EXPECT_EQ(at(one.find("x")->place), "f:1:11");
    const Node& two = *document.root->find("two")->value;
    EXPECT_EQ(two.find("y")->value->text, "2");
    EXPECT_EQ(two.find("z")->value->text, "4");
    EXPECT_EQ(two.find("w")->value->text, "0");
    EXPECT_FALSE(two.find("<<"));
    EXPECT_EQ(document.root->find("three")->value->find("<<")->value->text, "t");
}

TEST(YamlReader, reports_what_it_refuses) {
    EXPECT_EQ(issue_of("a: {<<: 3}\n"), "f:1:5: '<<' takes a mapping or a list of mappings");
    EXPECT_EQ(issue_of("x: &x {}\na: {<<: *x, <<: *x}\n"),
              "f:2:13: the key '<<' is here twice: first at f:2:5");
    EXPECT_EQ(issue_of("a: &a [*a]\n"), "f:1:8: the alias stands inside its own anchor");
    EXPECT_EQ(issue_of("a: !thing 3\n"), "f:1:4: the tag !thing is not allowed here: no tag is needed");
    EXPECT_EQ(issue_of("[a]: 3\n"), "f:1:1: a key must be text, not a list or a mapping");
    EXPECT_EQ(issue_of("~: 3\nb: 1\n"), "f:1:1: a key must be text, not nothing");
    EXPECT_EQ(issue_of("a: 1\n---\nb: 2\n"),
              "f:2:1: a second document ('---') begins here: only one is allowed");
    EXPECT_EQ(issue_of("a: 1\nb: x\x04y\n"), "f:2:5: control character 0x04");
    EXPECT_EQ(issue_of("a: 1\nb: \xC3\x28\n"), "f:2:4: not UTF-8: byte 0xc3");
}

TEST(YamlReader, gives_the_place_of_a_syntax_error) {
    EXPECT_EQ(issue_of("a: [1, 2\nb: 3\n").substr(0, 2), "f:");
    EXPECT_NE(issue_of("a: 1\n\tb: 2\n").find("f:2:"), std::string::npos) << issue_of("a: 1\n\tb: 2\n");
    const std::string cron = issue_of("a: 1\nb: */5 * * * *\n");
    EXPECT_EQ(cron.substr(0, 7), "f:2:4: ") << cron;
    EXPECT_NE(cron.find("must be quoted"), std::string::npos) << cron;
    const std::string nickname = issue_of("a: @daily\n");
    EXPECT_EQ(nickname.substr(0, 7), "f:1:4: ") << nickname;
    EXPECT_NE(nickname.find("begins with @ must be quoted"), std::string::npos) << nickname;
}

TEST(YamlReader, refuses_what_is_too_big) {
    EXPECT_EQ(issue_of(std::string(std::size_t{5} << 20, 'a')), "f: the file is longer than 4.00 MiB");
    EXPECT_EQ(issue_of(std::string(65, '[') + std::string(65, ']')), "f:1:65: nested deeper than 64 levels");
    EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']'), "f").issues.empty());
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int k = 0; k < 8; ++k) bomb += ", " + before;
        bomb += "]\n";
    }
    EXPECT_NE(issue_of(bomb).find("more than 100000 values"), std::string::npos);
}

TEST(YamlReader, a_long_hostile_file_takes_no_long_time) {
    const auto start = std::chrono::steady_clock::now();
    for (const char* unit : {"[", "{", "- ", "a: {", "&a ", "? ", "!"}) {
        std::string hostile;
        while (hostile.size() < (std::size_t{1} << 18)) hostile += unit;
        EXPECT_FALSE(parse(hostile, "f").issues.empty()) << unit;
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(YamlReader, stops_at_too_many_mistakes) {
    std::string doubled;
    for (int i = 0; i < 2000; ++i) doubled += "a: b\n";
    const Document document = parse(doubled, "f");
    ASSERT_EQ(document.issues.size(), 501U);
    EXPECT_EQ(document.issues.back().message, "there are more mistakes; the reading ends here");
    EXPECT_FALSE(document.root);
}

TEST(YamlReader, a_missing_file_is_an_issue) {
    const Document document = read("/nonexistent/f.yaml");
    EXPECT_FALSE(document.root);
    ASSERT_EQ(document.issues.size(), 1U);
    EXPECT_EQ(at(document.issues[0].place), "/nonexistent/f.yaml");
}

Node scalar(std::string value, bool quoted = false) {
    Node node;
    node.kind = Kind::scalar;
    node.text = std::move(value);
    node.quoted = quoted;
    return node;
}

TEST(YamlValues, only_true_and_false_are_booleans) {
    EXPECT_EQ(as_bool(scalar("true")), true);
    EXPECT_EQ(as_bool(scalar("False")), false);
    for (const char* other : {"yes", "no", "on", "off", "y", "n", "1", "0", "tRUE", ""})
        EXPECT_FALSE(as_bool(scalar(other)));
    EXPECT_FALSE(as_bool(scalar("true", true)));
}

TEST(YamlValues, whole_numbers_are_decimal) {
    EXPECT_EQ(as_integer(scalar("12")), 12);
    EXPECT_EQ(as_integer(scalar("-3")), -3);
    EXPECT_EQ(as_integer(scalar("+3")), 3);
    EXPECT_EQ(as_integer(scalar("0")), 0);
    for (const char* other :
         {"010", "08", "0x10", "0o7", "1e3", "1.0", "1_000", "", "-", "+-3", "12 ", "9223372036854775808"}) {
        EXPECT_FALSE(as_integer(scalar(other))) << other;
    }
    EXPECT_FALSE(as_integer(scalar("12", true)));
}

}  // namespace
}  // namespace autobackup::yaml::reader_test
