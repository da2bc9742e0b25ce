// SPDX-License-Identifier: MIT
// Which reports finish_run drops, by number and by age.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/state/store.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::state::prune_test {
namespace {

using std::chrono::days;

class PruneTest : public testing::Test {
protected:
    PruneTest() : store_(std::move(open_sqlite(file_)->store)) {}

    /// A run of `job` that ended `age` ago; its report is its name. Oldest first.
    void run(const std::string& name, days age, model::RunOutcome outcome = model::RunOutcome::failed, const std::string& job = "lab") {
        SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE);
        SQLite::Statement insert(database,
                                 "INSERT INTO runs (run_id, job, run_trigger, attempt, started_at, outcome, finished_at, report) "
                                 "VALUES (?1, ?2, 'schedule', 1, ?4, ?3, ?4, ?1)");
        insert.bind(1, name);
        insert.bind(2, job);
        insert.bind(3, model::name(outcome));
        insert.bind(4, rfc3339(now() - age));
        insert.exec();
    }
    void runs(const std::string& prefix, int count, days age) {
        for (int i = 0; i < count; ++i) run(prefix + std::to_string(i), age);
    }
    /// The end of a run now; what is left of the job's history, newest first.
    std::vector<std::string> finish(days age = days(0)) {
        model::Run run;
        run.run_id = "new";
        run.job = "lab";
        run.started_at = run.finished_at = now() - age;
        EXPECT_TRUE(store_->finish_run(run, "new"));
        return store_->history("lab", 5'000).value();
    }
    static bool contains(const std::vector<std::string>& reports, const std::string& name) {
        return std::find(reports.begin(), reports.end(), name) != reports.end();
    }

    test::TempDir dir_;
    fs::path file_ = dir_.path() / "state.sqlite";
    std::unique_ptr<Store> store_;
};

TEST_F(PruneTest, WhatIsOlderThanItsAgeGoes) {
    run("too old", history_age + days(3));
    run("old", history_age - days(3));
    runs("r", history_kept, days(1));
    const auto left = finish();
    EXPECT_FALSE(contains(left, "too old"));
    EXPECT_TRUE(contains(left, "old"));
    EXPECT_EQ(left.size(), 2U + history_kept);
}

TEST_F(PruneTest, TheNewestStayHoweverOldTheyAre) {
    runs("r", history_kept + 10, days(900));
    run("yesterday", days(1));
    const auto left = finish();
    EXPECT_EQ(left.size(), static_cast<std::size_t>(history_kept));
    EXPECT_EQ(left[1], "yesterday");
    EXPECT_TRUE(contains(left, "r12"));
    EXPECT_FALSE(contains(left, "r11"));
}

TEST_F(PruneTest, TheLastGreenRunStays) {
    run("green before", days(905), model::RunOutcome::success);
    run("green", days(900), model::RunOutcome::unchanged);
    run("partial", days(899), model::RunOutcome::partial);
    runs("r", history_kept, days(1));
    const auto left = finish();
    EXPECT_TRUE(contains(left, "green"));
    EXPECT_FALSE(contains(left, "green before"));
    EXPECT_FALSE(contains(left, "partial"));
}

TEST_F(PruneTest, TheLastGreenRunOutlivesTheNumberToo) {
    run("green", days(20), model::RunOutcome::success);
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
        .exec("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100) INSERT INTO runs (run_id, job, "
              "run_trigger, attempt, started_at, outcome, report) SELECT 'f' || i, 'lab', 'schedule', 1, '', 'failed', i FROM n");
    const auto left = finish();
    EXPECT_EQ(left.size(), static_cast<std::size_t>(history_limit) + 1);
    EXPECT_EQ(left.back(), "green");
}

TEST_F(PruneTest, AClockThatWasSetAheadMakesNothingOld) {
    // To this run, all of them are ten years old: it is the first one under the new clock.
    runs("r", history_kept + 10, days(3'650));
    EXPECT_EQ(finish().size(), history_kept + 11U);
}

TEST_F(PruneTest, EndsInTheFutureSayNothing) {
    runs("r", history_kept + 10, days(1));
    run("under a wrong clock", days(-3'650));
    EXPECT_EQ(finish().size(), history_kept + 12U);
}

TEST_F(PruneTest, OtherJobsAndWhatIsKnownOfItemsAreLeftAlone) {
    for (int i = 0; i < history_kept + 10; ++i) run("o" + std::to_string(i), days(900), model::RunOutcome::failed, "other");
    run("other now", days(0), model::RunOutcome::failed, "other");
    ItemState item;
    item.item = "project-1";
    item.saved_at = item.checked_at = rfc3339(now() - days(900));
    ASSERT_TRUE(store_->save_item("lab", item));
    run("yesterday", days(1));
    finish();
    EXPECT_EQ(store_->history("other", 5'000)->size(), history_kept + 11U);
    EXPECT_EQ(store_->items("lab")->size(), 1U);
}

}  // namespace
}  // namespace autobackup::state::prune_test
