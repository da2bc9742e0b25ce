// SPDX-License-Identifier: MIT
#include "daemon/state/history_reader.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>

#include "daemon/state/store.hpp"
#include "lib/core/instant.hpp"
#include "tests/support/child.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::state::history_reader_test {
namespace {

model::Run run_of(const std::string& job, const std::string& id, int attempt = 1) {
    model::Run run;
    run.run_id = id;
    run.job = job;
    run.attempt = attempt;
    run.outcome = model::RunOutcome::success;
    run.started_at = run.finished_at = Instant(std::chrono::seconds(1'795'000'000));
    return run;
}

class HistoryReaderTest : public testing::Test {
protected:
    // One finished run of each job, and one that goes on.
    void record() {
        const Result<Opened> opened = open_sqlite(file);
        ASSERT_TRUE(opened);
        Store& store = *opened->store;
        ASSERT_TRUE(store.finish_run(run_of("a", "01JDAAAA0000"), R"({"n":1})"));
        ASSERT_TRUE(store.finish_run(run_of("b", "01JDAB"), R"({"n":2})"));
        ASSERT_TRUE(store.finish_run(run_of("b", "01JDAB", 2), R"({"n":3})"));
        ASSERT_TRUE(store.begin_run(run_of("a", "01JE")));
    }
    HistoryReader open() {
        Result<HistoryReader> opened = HistoryReader::open(file);
        if (!opened) throw std::runtime_error(describe(opened.error()));
        return std::move(*opened);
    }

    test::TempDir dir;
    std::filesystem::path file = dir.path() / "state.sqlite";
};

using Texts = std::vector<std::string>;

TEST_F(HistoryReaderTest, ReportsComeNewestFirst) {
    record();
    HistoryReader history = open();
    EXPECT_EQ(*history.reports("", 10), (Texts{R"({"n":3})", R"({"n":2})", R"({"n":1})"}));
    EXPECT_EQ(*history.reports("", 1), (Texts{R"({"n":3})"}));
    EXPECT_EQ(*history.reports("a", 10), (Texts{R"({"n":1})"}));
    EXPECT_EQ(*history.reports("none", 10), Texts());
}

TEST_F(HistoryReaderTest, ARunIsFoundByTheBeginningOfItsId) {
    record();
    HistoryReader history = open();
    EXPECT_EQ(*history.ids("", 10), (Texts{"01JE", "01JDAB", "01JDAAAA0000"}));
    EXPECT_EQ(*only_run(history, "01jdaa"), "01JDAAAA0000");
    EXPECT_EQ(**history.report("01JDAB"), R"({"n":3})");
    EXPECT_EQ(*only_run(history, "01je"), "01JE");
    EXPECT_EQ(*history.report("01JE"), std::nullopt);
    EXPECT_EQ(only_run(history, "02").error().code, Errc::not_found);
    EXPECT_EQ(only_run(history, "").error().code, Errc::not_found);
    EXPECT_EQ(only_run(history, "%").error().code, Errc::not_found);
    const Result<std::string> many = only_run(history, "01J");
    EXPECT_EQ(many.error().code, Errc::bad_request);
    EXPECT_NE(many.error().message.find("3 runs begin so, the latest is 01JE"), std::string::npos) << many.error().message;
}

TEST_F(HistoryReaderTest, NothingThereIsToldAndNothingIsMade) {
    EXPECT_EQ(HistoryReader::open(file).error().code, Errc::not_found);
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST_F(HistoryReaderTest, DamageAndStrangersAreRefusedAndLeftAlone) {
    std::ofstream(file) << std::string(8192, 'x');
    EXPECT_EQ(HistoryReader::open(file).error().code, Errc::state_invalid);
    EXPECT_EQ(std::filesystem::file_size(file), 8192U);
    std::filesystem::remove(file);
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (a)");
    EXPECT_EQ(HistoryReader::open(file).error().code, Errc::state_invalid);
}

TEST_F(HistoryReaderTest, ANewerVersionIsRefused) {
    record();
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
    const Result<HistoryReader> opened = HistoryReader::open(file);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("version 99"), std::string::npos);
}

TEST_F(HistoryReaderTest, ReadsBesideAWriterThatIsInTheMiddle) {
    test::Child writer([this] {
        record();
        SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
        database.exec("BEGIN IMMEDIATE; DELETE FROM runs");
        test::Child::tell_parent();
        test::Child::wait_for_ever();
        return 0;
    });
    ASSERT_TRUE(writer.await_word());
    HistoryReader history = open();
    EXPECT_EQ(history.reports("", 10)->size(), 3U);
    writer.kill_9();
    EXPECT_EQ(history.reports("", 10)->size(), 3U);
}

TEST_F(HistoryReaderTest, ChecksStandBesideTheRunsOfTheirJob) {
    record();
    {
        const Result<Opened> opened = open_sqlite(file);
        ASSERT_TRUE(opened);
        model::Run check = run_of("a", "01JF");
        check.check = model::CheckFacts{"checksum", 2, 1};
        ASSERT_TRUE(opened->store->finish_run(check, R"({"n":4})"));
        check.run_id = "01JG";
        ASSERT_TRUE(opened->store->begin_run(check));
        EXPECT_EQ(*opened->store->history("a", 9), Texts{R"({"n":1})"}) << "no check passes for a backup";
        EXPECT_EQ(*opened->store->history("a/", 9), (Texts{R"({"n":4})", R"({"n":1})"}));
        EXPECT_EQ(*opened->store->history("a/checksum", 9), Texts{R"({"n":4})"});
        EXPECT_EQ(*opened->store->mark_interrupted("a/checksum"), Texts{"01JG"});
        const boost::json::value told = boost::json::parse(opened->store->history("a/checksum", 1)->at(0));
        EXPECT_EQ(told.at("job").as_string(), "a");
        EXPECT_EQ(told.at("check").at("kind").as_string(), "checksum");
    }
    HistoryReader reader = open();
    EXPECT_EQ(reader.reports("a", 9)->size(), 1U);
    EXPECT_EQ(reader.reports("a/", 9)->size(), 3U);
    EXPECT_EQ(reader.reports("", 9)->size(), 5U);
}

}  // namespace
}  // namespace autobackup::state::history_reader_test
