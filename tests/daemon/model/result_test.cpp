// SPDX-License-Identifier: MIT
#include "daemon/model/result.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace autobackup::model::result_test {
namespace {

Stage stage(std::string what, StageOutcome outcome, std::string target = "") {
    Stage made;
    made.stage = std::move(what);
    made.outcome = outcome;
    made.target = std::move(target);
    if (outcome == StageOutcome::failed)
        made.error = fail(Errc::connection_reset, "GET", "project 12", "reset");
    return made;
}

Item item(ItemOutcome outcome, std::vector<Stage> stages = {}) {
    Item made;
    made.kind = "cvat_project";
    made.outcome = outcome;
    made.stages = std::move(stages);
    return made;
}

const Stage pushed_ok = stage("push", StageOutcome::ok, "https://a/x.git");
const Stage push_failed = stage("push", StageOutcome::failed, "https://a/x.git");
const Stage other_push_ok = stage("push", StageOutcome::ok, "https://b/x.git");
const Stage export_failed = stage("export", StageOutcome::failed);
const Stage export_ok = stage("export", StageOutcome::ok);
const Stage push_skipped = stage("push", StageOutcome::skipped);

Item with_unverified_push() {
    Item made = item(ItemOutcome::saved);
    made.pushed.push_back({"https://a/x.git", "main", false});
    return made;
}

Item with_failed_tasks(ItemOutcome outcome) {
    Item made = item(outcome);
    made.tasks = TaskCounts{50, 1, 48, 0, 1};
    return made;
}

struct AddUpCase {
    const char* name;
    std::vector<Item> items;
    int errors;
    RunOutcome expected;
};

using I = ItemOutcome;

const std::vector<AddUpCase>& add_up_cases() {
    static const std::vector<AddUpCase> cases = {
        {"nothing_at_all", {}, 0, RunOutcome::unchanged},
        {"all_saved", {item(I::saved), item(I::saved)}, 0, RunOutcome::success},
        {"saved_and_unchanged", {item(I::saved), item(I::unchanged)}, 0, RunOutcome::success},
        {"all_unchanged", {item(I::unchanged), item(I::unchanged)}, 0, RunOutcome::unchanged},
        {"skipped_does_not_spoil", {item(I::saved), item(I::skipped)}, 0, RunOutcome::success},
        {"gone_does_not_spoil", {item(I::saved), item(I::gone)}, 0, RunOutcome::success},
        {"unchanged_with_skipped_and_gone",
         {item(I::unchanged), item(I::skipped), item(I::gone)},
         0,
         RunOutcome::unchanged},
        {"only_skipped", {item(I::skipped)}, 0, RunOutcome::unchanged},
        {"skipped_with_the_failure_that_says_why",
         {item(I::skipped, {export_failed})},
         0,
         RunOutcome::unchanged},
        {"only_gone_is_decided_by_an_error", {item(I::gone)}, 1, RunOutcome::failed},
        {"one_failed_one_saved", {item(I::failed), item(I::saved)}, 0, RunOutcome::partial},
        {"one_failed_one_unchanged", {item(I::failed), item(I::unchanged)}, 0, RunOutcome::partial},
        {"all_failed", {item(I::failed), item(I::failed)}, 0, RunOutcome::failed},
        {"failed_and_skipped", {item(I::failed), item(I::skipped), item(I::gone)}, 0, RunOutcome::failed},
        {"partial_item_alone", {item(I::partial)}, 0, RunOutcome::partial},
        {"partial_and_failed", {item(I::partial), item(I::failed)}, 0, RunOutcome::partial},
        {"error_without_items", {}, 1, RunOutcome::failed},
        {"error_with_saved", {item(I::saved)}, 1, RunOutcome::partial},
        {"error_with_unchanged", {item(I::unchanged)}, 1, RunOutcome::partial},
        {"error_with_skipped_only", {item(I::skipped)}, 1, RunOutcome::failed},
        {"saved_but_push_failed", {item(I::saved, {push_failed})}, 0, RunOutcome::partial},
        {"unchanged_but_push_failed", {item(I::unchanged, {push_failed})}, 0, RunOutcome::partial},
        {"one_of_two_targets_failed", {item(I::saved, {push_failed, other_push_ok})}, 0, RunOutcome::partial},
        {"push_failed_then_ok", {item(I::saved, {push_failed, pushed_ok})}, 0, RunOutcome::success},
        {"push_ok_then_failed", {item(I::saved, {pushed_ok, push_failed})}, 0, RunOutcome::partial},
        {"export_fell_back", {item(I::saved, {export_failed, export_ok})}, 0, RunOutcome::success},
        {"archive_failed",
         {item(I::saved, {stage("commit", StageOutcome::ok), stage("archive", StageOutcome::failed)})},
         0,
         RunOutcome::partial},
        {"target_brought_up_to_date", {item(I::unchanged, {pushed_ok})}, 0, RunOutcome::success},
        {"push_not_needed", {item(I::unchanged, {push_skipped})}, 0, RunOutcome::unchanged},
        {"export_of_equal_content", {item(I::unchanged, {export_ok})}, 0, RunOutcome::unchanged},
        {"push_not_verified", {with_unverified_push()}, 0, RunOutcome::partial},
        {"tasks_failed_but_item_says_saved", {with_failed_tasks(I::saved)}, 0, RunOutcome::partial},
        {"tasks_failed_but_item_says_unchanged", {with_failed_tasks(I::unchanged)}, 0, RunOutcome::partial},
    };
    return cases;
}

class AddUp : public testing::TestWithParam<AddUpCase> {};

TEST_P(AddUp, IsWhatTheContractSays) {
    model::Run run;
    run.items = GetParam().items;
    for (int i = 0; i < GetParam().errors; ++i)
        run.errors.push_back(fail(Errc::timeout, "run", "job", "too long"));
    EXPECT_STREQ(name(add_up(run)), name(GetParam().expected));
    std::reverse(run.items.begin(), run.items.end());
    EXPECT_STREQ(name(add_up(run)), name(GetParam().expected)) << "the order of the items decides";
}

INSTANTIATE_TEST_SUITE_P(Result, AddUp, testing::ValuesIn(add_up_cases()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(AddUp, IsGreenOnlyWhenEveryItemIs) {
    const std::vector<I> all = {I::saved, I::unchanged, I::partial, I::failed, I::skipped, I::gone};
    for (const I a : all) {
        for (const I b : all) {
            model::Run run;
            run.items = {item(a), item(b)};
            const bool bad = a == I::partial || a == I::failed || b == I::partial || b == I::failed;
            EXPECT_EQ(exit_code(add_up(run)) == 0, !bad) << name(a) << " + " << name(b);
        }
    }
}

TEST(ExitCode, OfOneRun) {
    EXPECT_EQ(exit_code(RunOutcome::success), 0);
    EXPECT_EQ(exit_code(RunOutcome::unchanged), 0);
    EXPECT_EQ(exit_code(RunOutcome::failed), 1);
    EXPECT_EQ(exit_code(RunOutcome::partial), 3);
    EXPECT_EQ(exit_code(RunOutcome::refused), 4);
    EXPECT_EQ(exit_code(RunOutcome::cancelled), 5);
}

int code_of(const std::vector<RunOutcome>& outcomes) {
    std::vector<model::Run> runs;
    for (const RunOutcome outcome : outcomes) runs.emplace_back().outcome = outcome;
    return exit_code(runs);
}

TEST(ExitCode, OfSeveralRuns) {
    using R = RunOutcome;
    EXPECT_EQ(code_of({}), 0);
    EXPECT_EQ(code_of({R::success, R::unchanged}), 0);
    EXPECT_EQ(code_of({R::failed, R::failed}), 1);
    EXPECT_EQ(code_of({R::failed, R::success}), 3);
    EXPECT_EQ(code_of({R::unchanged, R::failed}), 3);
    EXPECT_EQ(code_of({R::partial, R::success}), 3);
    EXPECT_EQ(code_of({R::partial, R::refused, R::cancelled}), 3);
    EXPECT_EQ(code_of({R::success, R::refused}), 4);
    EXPECT_EQ(code_of({R::success, R::cancelled}), 5);
    EXPECT_EQ(code_of({R::refused, R::cancelled}), 5);
    EXPECT_EQ(code_of({R::failed, R::refused}), 1) << "nothing new was saved";
    EXPECT_EQ(code_of({R::failed, R::cancelled}), 1) << "nothing new was saved";
}

TEST(ExitCode, ACancelledRunThatSavedSomethingMakesAFailureBesideItPartial) {
    model::Run cancelled;
    cancelled.outcome = RunOutcome::cancelled;
    cancelled.items.push_back(item(I::saved));
    model::Run failed;
    failed.outcome = RunOutcome::failed;
    EXPECT_EQ(exit_code(std::vector<model::Run>{cancelled, failed}), 3);
    EXPECT_EQ(exit_code(std::vector<model::Run>{cancelled}), 5);
}

TEST(RunId, IsAUlidThatSortsByTime) {
    // The time part of the example of the ULID specification: 01ARZ3NDEK is 1469922850259 ms.
    const Instant time{std::chrono::milliseconds(1'469'922'850'259)};
    const std::string id = new_run_id(time);
    EXPECT_EQ(id.substr(0, 10), "01ARZ3NDEK");
    ASSERT_EQ(id.size(), 26U);
    EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos);
    EXPECT_LT(id, new_run_id(time + std::chrono::milliseconds(1)));
    EXPECT_EQ(new_run_id(Instant{std::chrono::hours(-1)}).substr(0, 10), "0000000000");
}

TEST(RunId, NeverRepeats) {
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) seen.insert(new_run_id(Instant{}));
    EXPECT_EQ(seen.size(), 10'000U);
}

TEST(Names, AreTheWordsOfTheReport) {
    EXPECT_STREQ(name(StageOutcome::ok), "ok");
    EXPECT_STREQ(name(StageOutcome::failed), "failed");
    EXPECT_STREQ(name(StageOutcome::skipped), "skipped");
    EXPECT_STREQ(name(I::saved), "saved");
    EXPECT_STREQ(name(I::unchanged), "unchanged");
    EXPECT_STREQ(name(I::gone), "gone");
    EXPECT_STREQ(name(I::skipped), "skipped");
    EXPECT_STREQ(name(I::partial), "partial");
    EXPECT_STREQ(name(I::failed), "failed");
    EXPECT_STREQ(name(RunOutcome::unchanged), "unchanged");
    EXPECT_STREQ(name(RunOutcome::cancelled), "cancelled");
    EXPECT_STREQ(name(RunOutcome::refused), "refused");
}

TEST(OutcomeWord, OfARepositorySaysWhatWasDone) {
    Item saved = item(ItemOutcome::saved);
    EXPECT_STREQ(outcome_word(saved), "saved");
    saved.repository.emplace();
    EXPECT_STREQ(outcome_word(saved), "updated");
    saved.repository->cloned = true;
    EXPECT_STREQ(outcome_word(saved), "cloned");
    saved.outcome = ItemOutcome::partial;
    EXPECT_STREQ(outcome_word(saved), "partial");
}

TEST(CloseUnfinished, FailsWhatHasNotComeToItsEnd) {
    model::Run run;
    run.items = {item(ItemOutcome::saved), item(ItemOutcome::unchanged)};
    begin_item(run.items[0]);
    begin_item(run.items[1]);
    run.items[1].outcome = ItemOutcome::unchanged;
    end_item(run.items[1]);
    close_unfinished(run, fail(Errc::cancelled, "run", "job a", "stopped by request"));
    EXPECT_EQ(run.items[0].outcome, ItemOutcome::failed);
    EXPECT_EQ(run.items[0].reason, "");
    ASSERT_EQ(run.items[0].stages.size(), 1U);
    EXPECT_EQ(run.items[0].stages[0].error->code, Errc::cancelled);
    EXPECT_EQ(run.items[1].outcome, ItemOutcome::unchanged);
    EXPECT_EQ(run.items[1].reason, "");
}

TEST(Unfinished, the_stage_at_work_is_the_one_that_failed) {
    struct Case {
        std::vector<std::string> ended, in_work;
        std::string expected;
        bool repository = false;
    };
    const std::vector<Case> cases{{{}, {}, "inspect"},
                                  {{"inspect"}, {}, "export"},
                                  {{"inspect"}, {"export", "download"}, "download"},
                                  {{"inspect", "export", "download", "verify"}, {"commit"}, "commit"},
                                  {{"inspect", "commit"}, {"commit"}, "archive"},
                                  {{}, {}, "inspect", true},
                                  {{"inspect"}, {}, "fetch", true},
                                  {{"inspect"}, {"fetch"}, "fetch", true},
                                  {{"inspect", "fetch"}, {"fetch"}, "verify", true},
                                  {{"inspect", "fetch", "update"}, {"lfs"}, "lfs", true}};
    for (const Case& one : cases) {
        model::Run run;
        Item& made = run.items.emplace_back();
        begin_item(made);
        for (const std::string& ended : one.ended) made.stages.push_back(stage(ended, StageOutcome::ok));
        made.in_work = one.in_work;
        if (one.repository) made.repository.emplace();
        close_unfinished(run, fail(Errc::cancelled, "run", "job a", "stopped by request"));
        ASSERT_EQ(made.stages.size(), one.ended.size() + 1);
        EXPECT_EQ(made.stages.back().stage, one.expected);
        EXPECT_TRUE(made.in_work.empty());
    }
}

TEST(AddUp, a_check_is_a_success_only_when_it_found_something_and_nothing_damaged) {
    model::Run run;
    run.check = CheckFacts{"checksum", 0, 0};
    EXPECT_EQ(add_up(run), RunOutcome::unchanged);
    run.items.emplace_back().outcome = ItemOutcome::unchanged;
    run.check->copies = 2;
    EXPECT_EQ(add_up(run), RunOutcome::success);
    run.check->damaged = 1;
    EXPECT_EQ(add_up(run), RunOutcome::partial);
    run.items.back().outcome = ItemOutcome::failed;
    EXPECT_EQ(add_up(run), RunOutcome::failed);
    run.job = "signs";
    EXPECT_EQ(history_name(run), "signs/checksum");
    EXPECT_EQ(parse_history_name("signs/checksum").job, "signs");
    EXPECT_EQ(parse_history_name("signs/checksum").check, "checksum");
    EXPECT_EQ(parse_history_name("signs").job, "signs");
    EXPECT_FALSE(parse_history_name("signs").check);
}

}  // namespace
}  // namespace autobackup::model::result_test
