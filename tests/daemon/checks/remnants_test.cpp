// SPDX-License-Identifier: MIT
#include "daemon/checks/remnants.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace autobackup::checks::remnants_test {
namespace {

Remnant remnant(const std::string& name, std::int64_t id = 0) {
    Remnant one;
    one.url = "https://staging.example.org";
    one.server = "staging";
    one.organization = "acme";
    one.name = name;
    one.id = id;
    one.noted = *parse_rfc3339("2026-11-21T01:30:00.123Z");
    return one;
}

TEST(Remnants, AsTextAndBack) {
    std::vector<Remnant> all{remnant("a"), remnant("b", 7)};
    all[1].kind = cvat::Kind::task;
    all[1].created = *parse_rfc3339("2026-11-21T01:31:00.5Z");
    EXPECT_EQ(parse_remnants(to_text(all)), all);
    EXPECT_TRUE(parse_remnants("").empty());
    EXPECT_TRUE(parse_remnants("[{\"name\":\"a\"},7,null]").empty()) << "what is not whole is nothing that could be deleted";
    EXPECT_EQ(words_of(all[1]), "task 7 \"b\" of staging");
    EXPECT_EQ(words_of(all[0]), "project \"a\" of staging");
}

TEST(Remnants, EveryChangeIsInTheStateAtOnce) {
    const test::TempDir directory;
    const auto open = [&] { return std::shared_ptr<state::Store>(state::open_sqlite(directory.path() / "state.sqlite")->store.release()); };
    {
        Result<Remnants> held = Remnants::load(open(), "signs");
        ASSERT_TRUE(held);
        EXPECT_TRUE(held->all().empty());
        ASSERT_TRUE(held->add(remnant("a")));
        ASSERT_TRUE(held->add(remnant("b")));
        ASSERT_TRUE(held->know("https://staging.example.org", "b", 31, *parse_rfc3339("2026-11-21T01:31:00Z")));
        ASSERT_TRUE(held->know("https://another.example.org", "a", 32, Instant())) << "of another server: changes nothing";
    }
    Result<Remnants> again = Remnants::load(open(), "signs");
    ASSERT_TRUE(again);
    ASSERT_EQ(again->all().size(), 2U);
    EXPECT_EQ(again->all()[0], remnant("a"));
    EXPECT_EQ(again->all()[1].id, 31);
    const Remnant first = again->all()[0];
    ASSERT_TRUE(again->forget(first));
    EXPECT_EQ(Remnants::load(open(), "signs")->all().size(), 1U);
    EXPECT_TRUE(Remnants::load(open(), "another")->all().empty());
}

}  // namespace
}  // namespace autobackup::checks::remnants_test
