// SPDX-License-Identifier: MIT
#include "daemon/import/words.hpp"

#include <gtest/gtest.h>

#include "daemon/import/import.hpp"

namespace autobackup::import_config::words_test {
namespace {

using Words = std::vector<std::string>;

TEST(FindCommand, ReadsWhatAShellWouldRun) {
    EXPECT_EQ(find_command("x\n/opt/bin/tool -a 'b c' \"d\\\"e\" f\\ g # note\n", {"tool"}), (Words{"-a", "b c", "d\"e", "f g"}));
    EXPECT_EQ(find_command("0 3 * * * root python3 /opt/tool.py a \\\n  b > /dev/null 2>&1", {"tool", "tool.py"}), (Words{"a", "b"}));
    EXPECT_EQ(find_command("tool '' 2>>log", {"tool"}), Words{""});
    EXPECT_TRUE(find_command("# tool a", {"tool"}).empty());
    EXPECT_TRUE(find_command("", {"tool"}).empty());
    EXPECT_EQ(find_command("tool 'open", {"tool"}), Words{"open"}) << "a quote that never ends";
}

TEST(Parse, FollowsArgparse) {
    const std::vector<Option> table{{{"-t", "--token"}, Takes::one}, {{"--exclude"}, Takes::several}, {{"-P", "--private"}, Takes::nothing}, {{"--prefer-ssh"}, Takes::nothing}};
    const Parsed parsed = parse({"acme", "-tX", "--exclude", "a", "b", "--priv", "--token=Y", "--pr", "-z"}, table);
    EXPECT_EQ(parsed.positional, Words{"acme"});
    EXPECT_EQ(parsed.options.at("--token"), (Words{"X", "Y"}));
    EXPECT_EQ(parsed.value("--token"), "Y");
    EXPECT_EQ(parsed.options.at("--exclude"), (Words{"a", "b"}));
    EXPECT_TRUE(parsed.has("--private"));
    EXPECT_EQ(parsed.unknown, (Words{"--pr", "-z"})) << "ambiguous, and unknown";
    EXPECT_EQ(parse({"--token"}, table).value("--token"), "");
}

TEST(Quoted, IsReadBackAsText) {
    EXPECT_EQ(yaml_text("acme"), "acme");
    EXPECT_EQ(yaml_text("/srv/x"), "/srv/x");
    for (const char* text : {"12", "true", "No", "a: b", "", "-x", "#x", "1e3", ".5"}) EXPECT_EQ(yaml_text(text).front(), '"') << text;
    EXPECT_EQ(yaml_text("a\"b\n"), "\"a\\\"b\\n\"");
}

TEST(Absolute, StartsFromTheGivenDirectory) {
    EXPECT_EQ(absolute("./backups/", "/home/x"), "/home/x/backups");
    EXPECT_EQ(absolute("/a/../b", "/home/x"), "/b");
    EXPECT_EQ(absolute(".", "/home/x"), "/home/x");
}

}  // namespace
}  // namespace autobackup::import_config::words_test
