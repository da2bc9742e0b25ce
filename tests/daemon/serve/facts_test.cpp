// SPDX-License-Identifier: MIT
#include "daemon/serve/facts.hpp"

#include <gtest/gtest.h>

namespace autobackup::serve::facts_test {
namespace {

answers::LastRun run(const std::string& outcome, int minute) {
    answers::LastRun one;
    one.run_id = std::to_string(minute);
    one.outcome = outcome;
    one.started_at = Instant(std::chrono::minutes(minute));
    one.finished_at = one.started_at + std::chrono::seconds(30);
    return one;
}

std::string report(const std::string& outcome, int minute, const std::string& more = "") {
    const answers::LastRun one = run(outcome, minute);
    return R"({"format":1,"run_id":")" + one.run_id + R"(","outcome":")" + outcome + R"(","started_at":")" + rfc3339(one.started_at) +
           R"(","finished_at":")" + rfc3339(one.finished_at) + "\"" + more + "}";
}

TEST(JobFacts, AStreakBeginsWithItsFirstFailureAndEndsWithASuccess) {
    JobFacts facts;
    facts.add(run("success", 1));
    EXPECT_EQ(facts.failures, 0);
    facts.add(run("failed", 2));
    facts.add(run("partial", 3));
    EXPECT_EQ(facts.failures, 2);
    EXPECT_EQ(facts.failing_since, run("failed", 2).finished_at);
    EXPECT_EQ(facts.last_success, run("success", 1).finished_at);
    facts.add(run("unchanged", 4));
    EXPECT_EQ(facts.failures, 0);
    EXPECT_FALSE(facts.failing_since);
    EXPECT_EQ(facts.last_success, run("unchanged", 4).finished_at);
}

TEST(JobFacts, CancelledAndRefusedRunsSayNothingAboutTheBackup) {
    JobFacts facts;
    facts.add(run("failed", 1));
    facts.add(run("cancelled", 2));
    facts.add(run("refused", 3));
    EXPECT_EQ(facts.failures, 1);
    EXPECT_EQ(facts.last->outcome, "refused");
    EXPECT_EQ(facts.last_judged, run("failed", 1).finished_at);
}

// Nobody was told of it, so the failure that follows must be told although the streak has begun.
TEST(JobFacts, ARunCutOffByACrashWasJudgedByNobody) {
    const JobFacts cut = facts_of({report("cancelled", 3), report("failed", 2, R"(,"interrupted":true)"), report("success", 1)});
    EXPECT_EQ(cut.failures, 1);
    EXPECT_FALSE(cut.last_judged);
    const JobFacts after = facts_of({report("failed", 3), report("failed", 2, R"(,"interrupted":true)")});
    EXPECT_EQ(after.last_judged, run("failed", 3).finished_at);
}

TEST(JobFacts, ReportsFillTheMetricsToo) {
    const JobFacts facts = facts_of({report("partial", 2, R"(,"counts":{"partial":3},"traffic":{"bytes_received":5})"), report("success", 1)});
    EXPECT_EQ(facts.told.last_outcome, model::RunOutcome::partial);
    EXPECT_EQ(facts.told.failures_in_a_row, 1);
    EXPECT_EQ(facts.told.last_success_at, run("success", 1).finished_at);
    EXPECT_EQ(facts.told.last_bytes_received, 5U);
    EXPECT_EQ(facts.told.last_items[static_cast<std::size_t>(model::ItemOutcome::partial)], 3);
}

TEST(JobFacts, AreReadFromHistoryWhichBeginsWithTheNewest) {
    const JobFacts facts = facts_of({report("failed", 3), report("failed", 2), "no JSON", report("success", 1), "{}"});
    EXPECT_EQ(facts.failures, 2);
    EXPECT_EQ(facts.last->run_id, "3");
    EXPECT_EQ(facts.last_success, run("success", 1).finished_at);
}

TEST(JobFacts, TheFirstErrorIsTold) {
    const std::string stage = R"({"stage":"push","error":{"operation":"push","object":"the target","message":"refused"}})";
    const JobFacts of_item = facts_of({report("partial", 1, R"(,"errors":[],"items":[{"stages":[{"stage":"commit"},)" + stage + "]}]")});
    EXPECT_EQ(of_item.last->error, "push of the target: refused");
    const std::string own = R"({"operation":"lock","object":"job a","message":"busy"})";
    const JobFacts of_run = facts_of({report("failed", 1, R"(,"errors":[)" + own + R"(],"items":[{"stages":[)" + stage + "]}]")});
    EXPECT_EQ(of_run.last->error, "lock of job a: busy");
    EXPECT_EQ(facts_of({report("success", 1)}).last->error, "");
}

model::Run failed_with(bool transient) {
    model::Run one;
    model::Item item;
    item.outcome = model::ItemOutcome::failed;
    model::Stage stage;
    stage.outcome = model::StageOutcome::failed;
    stage.error = fail(Errc::server_error, "GET", "project 1", "500");
    stage.error->transient = transient;
    item.stages.push_back(stage);
    one.items.push_back(item);
    return one;
}

TEST(OnlyPassingFailures, EveryFailureMustBePassing) {
    EXPECT_TRUE(only_passing_failures(failed_with(true)));
    EXPECT_FALSE(only_passing_failures(failed_with(false)));
    model::Run run = failed_with(true);
    run.errors.push_back(fail(Errc::unauthorized, "GET", "lab", "401"));
    EXPECT_FALSE(only_passing_failures(run));
    model::Run unexplained;
    unexplained.items.resize(1);
    unexplained.items[0].outcome = model::ItemOutcome::failed;
    EXPECT_FALSE(only_passing_failures(unexplained));
    EXPECT_TRUE(only_passing_failures(model::Run()));
}

}  // namespace
}  // namespace autobackup::serve::facts_test
