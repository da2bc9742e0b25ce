// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "daemon/report/report.hpp"
#include "tests/support/sample_run.hpp"

namespace autobackup::report::human_test {
namespace {

using test::sample_failed_stage;
using test::sample_item;
using test::sample_run;

// The first sample line of the contract; the size is that of its own example (1101004800 bytes are 1.03 GiB).
TEST(HumanLine, OfASavedProject) {
    EXPECT_EQ(
        human_line("traffic-signs", sample_item()),
        R"(traffic-signs  project 12 "Traffic signs"  saved      1.03 GiB in 12.3 s  commit 5e6f7a8b  pushed main)");
}

TEST(HumanLine, ColumnsStandBelowEachOther) {
    model::Item item;
    item.kind = "mirror";
    item.name = "acme/app";
    item.outcome = model::ItemOutcome::unchanged;
    item.reason = "x";
    EXPECT_EQ(human_line("acme-code", item), "acme-code      acme/app                    unchanged  x");
    item.name = "ümläute";
    EXPECT_EQ(human_line("acme-code", item), "acme-code      ümläute                     unchanged  x");
}

TEST(HumanLine, OfAnUnchangedTask) {
    model::Item item;
    item.kind = "cvat_task";
    item.id = 7;
    item.name = "night";
    item.outcome = model::ItemOutcome::unchanged;
    item.duration_s = 0.3;
    EXPECT_EQ(human_line("lab", item), R"(lab            task 7 "night"              unchanged)");
    item.pushed = {{"https://a/x.git", "main", true}};
    EXPECT_EQ(human_line("lab", item),
              R"(lab            task 7 "night"              unchanged  pushed main)");
}

TEST(HumanLine, OfSeveralTargets) {
    model::Item item = sample_item();
    item.pushed = {{"https://a/x.git", "main", true}, {"https://b/x.git", "main", true}};
    EXPECT_NE(human_line("lab", item).find("  pushed main (2 targets)"), std::string::npos);
    item.pushed[1].branch = "backup";
    EXPECT_NE(human_line("lab", item).find("  pushed main, backup"), std::string::npos);
    item.pushed[1].verified = false;
    const std::string line = human_line("lab", item);
    EXPECT_EQ(line.substr(line.find("  pushed")), "  pushed main");
}

TEST(HumanLine, OfAFailedItemSaysWhatWentWrong) {
    model::Item item = sample_item();
    item.outcome = model::ItemOutcome::failed;
    item.commit.clear();
    item.pushed.clear();
    item.stages = {sample_failed_stage("download")};
    EXPECT_EQ(
        human_line("traffic-signs", item),
        R"(traffic-signs  project 12 "Traffic signs"  failed     download failed: GET project 12 of lab: )"
        "the connection was reset (the peer said: Bad Gateway); is the proxy well?");
}

TEST(HumanLine, OfASavedItemWithAFailedPush) {
    model::Item item = sample_item();
    item.pushed.clear();
    item.stages = {sample_failed_stage("push")};
    item.stages[0].target = "https://github.com/acme/annotations.git";
    const std::string line = human_line("traffic-signs", item);
    EXPECT_NE(line.find("  commit 5e6f7a8b  push to https://github.com/acme/annotations.git failed: GET"),
              std::string::npos)
        << line;
}

TEST(HumanLine, OfAPartialItemNamesTheTasks) {
    model::Item item = sample_item();
    item.outcome = model::ItemOutcome::partial;
    item.tasks->failed = 5;
    item.stages.assign(5, sample_failed_stage("export"));
    for (model::Stage& stage : item.stages) stage.task = "task 7";
    const std::string line = human_line("traffic-signs", item);
    EXPECT_NE(line.find("partial    1.03 GiB in 12.3 s  commit 5e6f7a8b  pushed main  5 of 50 tasks failed  "
                        "task 7: export failed: "),
              std::string::npos)
        << line;
    EXPECT_EQ(line.substr(line.size() - 21), "  and 2 more failures") << line;
}

TEST(HumanLine, TellsWarnings) {
    model::Item item = sample_item();
    item.warnings = {"one", "two"};
    std::string line = human_line("lab", item);
    EXPECT_EQ(line.substr(line.find("  pushed")), "  pushed main  warning: one  warning: two");
    item.warnings = {"1", "2", "3", "4"};
    line = human_line("lab", item);
    EXPECT_EQ(line.substr(line.find("warning: 3")), "warning: 3  and 1 more warning");
}

TEST(HumanLine, OfSkippedAndGoneTellsTheReason) {
    model::Item item;
    item.kind = "cvat_task";
    item.id = 7;
    item.outcome = model::ItemOutcome::skipped;
    item.reason = "holds no data";
    EXPECT_EQ(human_line("traffic-signs", item),
              R"(traffic-signs  task 7 ""                   skipped    holds no data)");
}

TEST(HumanLine, NamesCannotForgeLines) {
    model::Item item = sample_item();
    item.name = "a\nb\x1b[31m\xe2\x80\xae";
    const std::string line = human_line("lab", item);
    EXPECT_NE(line.find(R"(project 12 "a\nb\u001b[31m\u202e")"), std::string::npos) << line;
    EXPECT_EQ(line.find_first_of("\n\x1b"), std::string::npos);
}

TEST(SummaryLine, IsTheContractsForm) {
    model::Run run = sample_run();
    model::Item unchanged;
    unchanged.outcome = model::ItemOutcome::unchanged;
    run.items.push_back(unchanged);
    run.items.push_back(unchanged);
    run.bytes_sent = 0;
    EXPECT_EQ(summary_line(run),
              "traffic-signs  success: 1 saved, 2 unchanged in 12.3 s (7 requests, 1.03 GiB received)");
    run.bytes_sent = 5242880;
    run.api_requests = 1;
    EXPECT_EQ(summary_line(run),
              "traffic-signs  success: 1 saved, 2 unchanged in 12.3 s (1 request, 1.03 GiB received, 5.00 "
              "MiB sent)");
}

TEST(SummaryLine, OfARunWithoutItems) {
    model::Run run = sample_run();
    run.items.clear();
    run.outcome = model::RunOutcome::refused;
    run.finished_at = run.started_at;
    run.api_requests = run.bytes_received = run.bytes_sent = 0;
    EXPECT_EQ(summary_line(run), "traffic-signs  refused: no items in 0 ms (0 requests)");
}

TEST(RunLines, TellErrorsAndWarnings) {
    model::Run run = sample_run();
    run.errors = {fail(Errc::busy, "lock", "job traffic-signs", "process 7 works on it")};
    run.warnings = {"state.sqlite was\ndamaged"};
    const std::vector<std::string> expected = {
        "traffic-signs  error: lock job traffic-signs: process 7 works on it",
        "traffic-signs  warning: state.sqlite was\\ndamaged"};
    EXPECT_EQ(run_lines(run), expected);
}

}  // namespace
}  // namespace autobackup::report::human_test
