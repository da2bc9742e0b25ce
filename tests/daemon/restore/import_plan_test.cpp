// SPDX-License-Identifier: MIT
// Which tasks go up together, which alone and which not at all; versions; and what is read from refusals.
#include <gtest/gtest.h>

#include "daemon/restore/import_plan.hpp"
#include "daemon/restore/server_compare.hpp"
#include "daemon/restore/server_details.hpp"
#include "lib/cvat/importer.hpp"

namespace autobackup::restore::import_plan_test {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

Parts parts_of(const std::vector<std::uint64_t>& sizes, std::uint64_t own = 1000) {
    Parts parts;
    parts.content.bytes = own;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        TaskPart task;
        task.index = i * 2;  // numbers may have gaps
        task.name = "task " + std::to_string(i);
        task.bytes = sizes[i];
        parts.tasks.push_back(task);
        parts.content.bytes += sizes[i];
    }
    return parts;
}

TEST(ImportPlan, EverythingTogetherWhereItFits) {
    const ImportPlan plan = plan_import(parts_of({10 * gib, 10 * gib}), cvat::usual_import_limit);
    EXPECT_TRUE(plan.apart.empty());
    EXPECT_TRUE(plan.never.empty());
}

TEST(ImportPlan, WhatDoesNotFitGoesAlone) {
    const ImportPlan plan = plan_import(parts_of({10 * gib, 16 * gib, 10 * gib, 24 * gib}), cvat::usual_import_limit);
    EXPECT_EQ(plan.apart, (std::set<std::size_t>{2, 6}));
    EXPECT_TRUE(plan.never.empty());
}

TEST(ImportPlan, ExactlyTheLimitFits) {
    EXPECT_TRUE(plan_import(parts_of({500, 500}, 100), 1100).apart.empty());
    EXPECT_EQ(plan_import(parts_of({500, 500}, 100), 1099).apart, std::set<std::size_t>{2});
}

TEST(ImportPlan, ATaskThatAloneIsTooLargeIsLeftOutAndTheOthersAreNot) {
    const ImportPlan plan = plan_import(parts_of({26 * gib, 10 * gib, 10 * gib}), cvat::usual_import_limit);
    ASSERT_TRUE(plan.never.contains(0));
    EXPECT_EQ(plan.never.at(0), "its backup has 26.0 GiB; the server takes 25.0 GiB in one upload");
    EXPECT_TRUE(plan.apart.empty());
}

TEST(ImportPlan, ATaskThatNoServerImportsIsLeftOut) {
    Parts parts = parts_of({10, 10});
    parts.tasks[1].unusable = "its backup has no jobs";
    const ImportPlan plan = plan_import(parts, cvat::usual_import_limit);
    EXPECT_EQ(plan.never, (std::map<std::size_t, std::string>{{2, "its backup has no jobs"}}));
}

TEST(Versions, OnlyAServerOfBeforeIsRefused) {
    EXPECT_TRUE(check_versions("2.54.1", "2.54.1", "project 1"));
    EXPECT_TRUE(check_versions("2.14.4", "2.54.1.dev20251231", "project 1"));
    EXPECT_TRUE(check_versions("", "2.54.1", "project 1"));
    EXPECT_TRUE(check_versions("2.54.1", "of our own", "project 1"));
    const Result<void> older = check_versions("2.54.1.dev1", "2.54.0", "project 1");
    ASSERT_FALSE(older);
    EXPECT_EQ(older.error().code, Errc::unsupported);
    EXPECT_EQ(older.error().message, "the backup was made by CVAT 2.54.1.dev1, this server is CVAT 2.54.0, which is older");
}

TEST(NamedTask, IsReadFromTheReason) {
    const Parts parts = parts_of({1, 1, 1, 1, 1, 1, 1});  // task_0 … task_12
    EXPECT_EQ(named_task("KeyError: \"There is no item named 'task_2/annotations.json' in the archive\"", parts.tasks), 2u);
    EXPECT_EQ(named_task("Bad CRC-32 for file 'task_12/data/a.png'", parts.tasks), 12u);
    EXPECT_FALSE(named_task("Bad CRC-32 for file 'task_1/data/a.png'", parts.tasks)) << "it is not among those that were sent";
    EXPECT_FALSE(named_task("Incorrect file mapping to manifest content", parts.tasks));
}

TEST(Paired, ByOrderAndOnlyWhereTheNamesFit) {
    const Parts parts = parts_of({1, 1});
    std::vector<cvat::Task> tasks(2);
    tasks[0].id = 40;
    tasks[0].name = "task 0";
    tasks[1].id = 41;
    tasks[1].name = "task 1";
    EXPECT_EQ(paired(parts.tasks, tasks), (std::map<std::size_t, std::int64_t>{{0, 40}, {2, 41}}));
    tasks[1].name = "another";
    EXPECT_TRUE(paired(parts.tasks, tasks).empty());
    tasks.pop_back();
    EXPECT_TRUE(paired(parts.tasks, tasks).empty());
}

TEST(CommentText, KeepsAuthorAndTimeThatTheServerCannot) {
    EXPECT_EQ(comment_text("not so", "bob", "2026-11-21T01:30:00Z", "admin"), "bob, 2026-11-21T01:30:00Z: not so");
    EXPECT_EQ(comment_text("not so", "admin", "2026-11-21T01:30:00Z", "admin"), "not so");
    EXPECT_EQ(comment_text("", "", "", "admin"), "(no text)");
}

}  // namespace
}  // namespace autobackup::restore::import_plan_test
