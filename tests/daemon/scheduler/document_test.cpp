// SPDX-License-Identifier: MIT
// The due times in docs/scheduling.md are those that the program computes.
#include <gtest/gtest.h>

#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/schedule/schedule.hpp"

namespace autobackup::scheduler::document_test {
namespace {

TEST(SchedulingDocument, shows_true_due_times) {
    const auto text = read_file(std::string(AUTOBACKUPD_SOURCE_DIR) + "/docs/scheduling.md");
    ASSERT_TRUE(text);
    int rows = 0;
    for (const std::string_view line : split(*text, '\n')) {
        const std::vector<std::string_view> cells = split(line, '|');
        if (cells.size() != 6 || trim(cells[1]).find('`') != 0) continue;
        ++rows;
        const std::string_view quoted = trim(cells[1]);
        const auto schedule = schedule::parse(quoted.substr(1, quoted.size() - 2));
        const auto zone = schedule::Zone::find(trim(cells[2]));
        std::string after(trim(cells[3]));
        after[10] = 'T';
        const auto begin = parse_rfc3339(after + ":00Z");
        ASSERT_TRUE(schedule && zone && begin) << line;
        auto at = std::chrono::floor<std::chrono::seconds>(*begin);
        for (const std::string_view expected : split(cells[4], ',')) {
            const auto due = schedule::next(*schedule, *zone, at);
            ASSERT_TRUE(due) << line;
            const schedule::Zone& shown = schedule->zone ? *schedule->zone : *zone;
            EXPECT_EQ(shown.text(*due), trim(expected)) << line;
            at = *due;
        }
    }
    EXPECT_GE(rows, 9);
}

}  // namespace
}  // namespace autobackup::scheduler::document_test
