// SPDX-License-Identifier: MIT
#include "daemon/state/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <iostream>

#include "daemon/state/schema.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::state::store_test {
namespace {

Instant at(int seconds) {
    return Instant{std::chrono::seconds(1'795'000'000 + seconds)};
}

model::Run run_of(const std::string& job, const std::string& id) {
    model::Run run;
    run.run_id = id;
    run.job = job;
    run.started_at = at(0);
    run.finished_at = at(12);
    run.outcome = model::RunOutcome::partial;
    model::Stage push;
    push.stage = "push";
    push.outcome = model::StageOutcome::failed;
    push.error = fail(Errc::push_rejected, "push", "main", "refused");
    model::Item item;
    item.kind = "cvat_project";
    item.id = 12;
    item.name = "Traffic signs";
    item.outcome = model::ItemOutcome::saved;
    item.stages = {push, push};
    run.items = {item, item};
    return run;
}

class StoreTest : public testing::Test {
protected:
    std::unique_ptr<Store> open() {
        Result<Opened> opened = open_sqlite(file);
        EXPECT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->warning, "");
        return std::move(opened->store);
    }
    std::int64_t number(const std::string& sql) {
        return SQLite::Database(file.string(), SQLite::OPEN_READWRITE).execAndGet(sql).getInt64();
    }

    test::TempDir dir;
    fs::path file = dir.path() / "storage" / "state.sqlite";
};

TEST_F(StoreTest, MakesAFileThatOnlyTheOwnerReads) {
    const auto store = open();
    ASSERT_TRUE(store->set_value("lab", "a", "b"));
    for (const char* suffix : {"", "-wal", "-shm"}) {
        struct stat status {};
        ASSERT_EQ(::stat((file.string() + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
    }
    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
    open();
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()), 3)
        << "left-overs";
}

TEST_F(StoreTest, IsDurable) {
    open();
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), static_cast<int>(migrations().size()));
    EXPECT_EQ(database.execAndGet("PRAGMA application_id").getInt(), application_id);
}

TEST_F(StoreTest, KnowsWhetherItIsStillTheFileUnderItsName) {
    const auto store = open();
    const auto other = open();
    EXPECT_TRUE(store->current());
    fs::rename(file, file.string() + ".aside");
    EXPECT_FALSE(store->current());
    const auto anew = open();
    EXPECT_TRUE(anew->current());
    EXPECT_FALSE(other->current());
}

TEST_F(StoreTest, ItemsComeBackAsTheyWereSaved) {
    ItemState item;
    item.item = "project-12";
    item.name = "Ünicode \"quoted\"";
    item.fingerprint = R"({"a":1})";
    item.commit = std::string(40, 'a');
    item.saved_at = "2026-11-21T01:30:00Z";
    item.checked_at = "2026-11-22T01:30:00Z";
    item.bytes = 1'101'004'800;
    item.gone = true;
    item.retry_after = "2026-11-23T01:30:00Z";
    item.failed = true;
    ASSERT_TRUE(open()->save_item("lab", item));
    const auto store = open();
    const auto items = store->items("lab");
    ASSERT_TRUE(items);
    ASSERT_EQ(items->size(), 1U);
    const ItemState& back = items->at("project-12");
    EXPECT_EQ(back.name, item.name);
    EXPECT_EQ(back.fingerprint, item.fingerprint);
    EXPECT_EQ(back.commit, item.commit);
    EXPECT_EQ(back.saved_at, item.saved_at);
    EXPECT_EQ(back.checked_at, item.checked_at);
    EXPECT_EQ(back.bytes, item.bytes);
    EXPECT_TRUE(back.gone);
    EXPECT_TRUE(back.failed);
    EXPECT_EQ(back.retry_after, item.retry_after);

    item.gone = false;
    item.failed = false;
    ASSERT_TRUE(store->save_item("lab", item));
    EXPECT_FALSE(store->items("lab")->at("project-12").gone);
    EXPECT_FALSE(store->items("lab")->at("project-12").failed);
    EXPECT_TRUE(store->items("other")->empty());
}

TEST_F(StoreTest, ExportsInFlightAreKeptUntilForgotten) {
    const auto store = open();
    ASSERT_TRUE(store->save_export("lab", {"task-7", "rq1", "2026-11-21T01:30:00Z", "x.part"}));
    ASSERT_TRUE(store->save_export("lab", {"task-8", "rq2", "2026-11-21T01:31:00Z", ""}));
    ASSERT_TRUE(store->save_export("lab", {"task-7", "rq3", "2026-11-21T01:32:00Z", "y.part"}));
    ASSERT_TRUE(store->forget_export("lab", "task-8"));
    ASSERT_TRUE(store->forget_export("lab", "task-9")) << "forgetting what is not there is no failure";
    const auto exports = open()->exports("lab");
    ASSERT_EQ(exports->size(), 1U);
    EXPECT_EQ(exports->front().object, "task-7");
    EXPECT_EQ(exports->front().rq_id, "rq3");
    EXPECT_EQ(exports->front().asked_at, "2026-11-21T01:32:00Z");
    EXPECT_EQ(exports->front().spool_file, "y.part");
}

TEST_F(StoreTest, ValuesBelongToAJob) {
    const auto store = open();
    EXPECT_EQ(*store->value("lab", "watermark"), std::nullopt);
    ASSERT_TRUE(store->set_value("lab", "watermark", "one"));
    ASSERT_TRUE(store->set_value("lab", "watermark", "two"));
    ASSERT_TRUE(store->set_value("other", "watermark", ""));
    EXPECT_EQ(*store->value("lab", "watermark"), "two");
    EXPECT_EQ(*store->value("other", "watermark"), "");
}

TEST_F(StoreTest, HistoryIsNewestFirst) {
    const auto store = open();
    for (const char* id : {"1", "2", "3"}) {
        const model::Run run = run_of("lab", id);
        ASSERT_TRUE(store->begin_run(run));
        ASSERT_TRUE(store->finish_run(run, std::string(R"({"run_id":")") + id + "\"}"));
    }
    ASSERT_TRUE(store->finish_run(run_of("other", "4"), "{}")) << "a refused run never began";
    ASSERT_TRUE(store->begin_run(run_of("lab", "5")));
    const std::vector<std::string> newest = {R"({"run_id":"3"})", R"({"run_id":"2"})"};
    EXPECT_EQ(*store->history("lab", 2), newest);
    EXPECT_EQ(store->history("lab", 100)->size(), 3U) << "a run that goes on has no report yet";
    EXPECT_EQ(store->history("", 100)->size(), 4U) << "of all jobs";
    EXPECT_TRUE(store->history("nobody", 5)->empty());
}

TEST_F(StoreTest, FinishingTwiceLeavesOneRun) {
    const model::Run run = run_of("lab", "1");
    const auto store = open();
    ASSERT_TRUE(store->begin_run(run));
    ASSERT_TRUE(store->finish_run(run, "{\"first\":1}"));
    ASSERT_TRUE(store->finish_run(run, "{\"second\":1}"));
    EXPECT_EQ(*store->history("lab", 9), std::vector<std::string>{"{\"second\":1}"});
    EXPECT_EQ(number("SELECT count(*) FROM items"), 2);
    EXPECT_EQ(number("SELECT count(*) FROM stages WHERE error_code = 'push_rejected'"), 4);
}

TEST_F(StoreTest, TheSameAttemptBeginsOnce) {
    model::Run run = run_of("lab", "1");
    const auto store = open();
    ASSERT_TRUE(store->begin_run(run));
    const auto again = store->begin_run(run);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::internal);
    run.attempt = 2;
    EXPECT_TRUE(store->begin_run(run));
}

TEST_F(StoreTest, OldReportsAreDroppedWithTheirItems) {
    const auto store = open();
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
        .exec(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO "
            "runs (run_id, job, "
            "run_trigger, attempt, started_at, outcome, report) SELECT 'r' || i, 'lab', 'manual', 1, '', "
            "'success', i FROM n;"
            "INSERT INTO items SELECT seq, 0, 'k', 1, '', 'saved', '', 0, 0.0 FROM runs;");
    ASSERT_TRUE(store->finish_run(run_of("lab", "new"), "new"));
    const auto history = store->history("lab", 5000);
    ASSERT_EQ(history->size(), static_cast<std::size_t>(history_limit));
    EXPECT_EQ(history->front(), "new");
    EXPECT_EQ(history->back(), "2");
    EXPECT_EQ(number("SELECT count(*) FROM items WHERE kind = 'k'"), 1999);
}

TEST_F(StoreTest, ANoChangeRunIsCheap) {
    open();
    const auto start = std::chrono::steady_clock::now();
    constexpr int rounds = 20;
    for (int i = 0; i < rounds; ++i) {
        const auto store = open();
        const model::Run run = run_of("lab", std::to_string(i));
        ASSERT_TRUE(store->mark_interrupted("lab"));
        ASSERT_TRUE(store->begin_run(run));
        ASSERT_TRUE(store->items("lab"));
        ASSERT_TRUE(store->finish_run(run, std::string(2000, 'x')));
    }
    const auto spent = std::chrono::steady_clock::now() - start;
    const double each = std::chrono::duration<double, std::milli>(spent).count() / rounds;
    std::cout << "open, begin, finish, close: " << each << " ms\n";
    EXPECT_LT(each, 100) << "far beyond what a run may cost";
}

}  // namespace
}  // namespace autobackup::state::store_test
