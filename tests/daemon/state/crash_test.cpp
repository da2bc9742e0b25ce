// SPDX-License-Identifier: MIT
// Processes that die, processes that stand in each other's way, and full disks.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/json.hpp>
#include <thread>

#include "daemon/state/store.hpp"
#include "lib/core/file.hpp"
#include "lib/core/instant.hpp"
#include "tests/support/child.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::state::crash_test {
namespace {

using test::Child;

model::Run run_of(const std::string& job, const std::string& id) {
    model::Run run;
    run.run_id = id;
    run.job = job;
    run.started_at = now() - std::chrono::seconds(90);
    run.finished_at = now();
    run.outcome = model::RunOutcome::success;
    return run;
}

class Crash : public testing::Test {
protected:
    test::TempDir dir;
    fs::path file = dir.path() / "state.sqlite";
};

TEST_F(Crash, ARunKilledBetweenBeginAndFinishIsSeenAsInterrupted) {
    Child child([&] {
        Result<Opened> opened = open_sqlite(file);
        if (!opened || !opened->store->begin_run(run_of("lab", "dead"))) return 1;
        if (!opened->store->save_export("lab", {"task-7", "rq", "t", "f"})) return 1;
        Child::tell_parent();
        Child::wait_for_ever();
    });
    ASSERT_TRUE(child.await_word());
    child.kill_9();

    OpenOptions options;
    options.always_check_up_to = 0;
    Result<Opened> opened = open_sqlite(file, options);
    ASSERT_TRUE(opened) << describe(opened.error());
    EXPECT_TRUE(opened->checked) << "an unclean stop asks for a check of the whole file";
    EXPECT_EQ(opened->warning, "");
    EXPECT_TRUE(opened->store->mark_interrupted("other")->empty());
    EXPECT_EQ(*opened->store->mark_interrupted("lab"), std::vector<std::string>{"dead"});
    EXPECT_TRUE(opened->store->mark_interrupted("lab")->empty()) << "told once";
    EXPECT_EQ(opened->store->exports("lab")->size(), 1U);

    const auto history = opened->store->history("lab", 5);
    ASSERT_EQ(history->size(), 1U);
    const boost::json::object report = boost::json::parse(history->front()).as_object();
    EXPECT_EQ(report.at("run_id").as_string(), "dead");
    EXPECT_EQ(report.at("outcome").as_string(), "failed");
    EXPECT_TRUE(report.at("interrupted").as_bool());
    EXPECT_NEAR(static_cast<double>(report.at("duration_s").as_int64()), 90, 30);
    EXPECT_EQ(report.at("errors").at(0).at("code").as_string(), "internal");
}

TEST_F(Crash, AFinishedRunStaysFinished) {
    Child child([&] {
        Result<Opened> opened = open_sqlite(file);
        const model::Run run = run_of("lab", "done");
        if (!opened || !opened->store->begin_run(run) || !opened->store->finish_run(run, "{}")) return 1;
        Child::tell_parent();
        Child::wait_for_ever();
    });
    ASSERT_TRUE(child.await_word());
    child.kill_9();
    Result<Opened> opened = open_sqlite(file);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->store->mark_interrupted("lab")->empty());
    EXPECT_EQ(*opened->store->history("lab", 5), std::vector<std::string>{"{}"});
}

TEST_F(Crash, NoKillAtAnyMomentDamagesTheFile) {
    for (int round = 0; round < 30; ++round) {
        Child child([&] {
            for (int i = 0;; ++i) {
                Result<Opened> opened = open_sqlite(file);
                if (!opened) return 1;
                if (i == 0) Child::tell_parent();
                for (int k = 0; k < 20; ++k) {
                    const model::Run run =
                        run_of("lab", std::to_string(::getpid()) + "-" + std::to_string(i * 20 + k));
                    if (!opened->store->begin_run(run) ||
                        !opened->store->finish_run(run, std::string(5000, 'r')))
                        return 1;
                }
            }
        });
        ASSERT_TRUE(child.await_word());
        std::this_thread::sleep_for(std::chrono::microseconds(700 * round));
        child.kill_9();
        Result<Opened> opened = open_sqlite(file);
        ASSERT_TRUE(opened) << describe(opened.error());
        ASSERT_EQ(opened->warning, "") << "round " << round;
        ASSERT_TRUE(opened->store->mark_interrupted("lab"));
    }
}

TEST_F(Crash, AKilledMakerLeavesSomethingThatCanBeOpened) {
    for (int round = 0; round < 20; ++round) {
        test::TempDir fresh;
        const fs::path path = fresh.path() / "state.sqlite";
        Child child([&] {
            Child::tell_parent();
            return open_sqlite(path) ? 0 : 1;
        });
        ASSERT_TRUE(child.await_word());
        std::this_thread::sleep_for(std::chrono::microseconds(200 * round));
        child.kill_9();
        const Result<Opened> opened = open_sqlite(path);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->warning, "");
    }
}

TEST_F(Crash, ACleanStopAsksForNoCheckOfALargeFile) {
    OpenOptions options;
    options.always_check_up_to = 0;
    ASSERT_TRUE(open_sqlite(file, options)->checked) << "new";
    ASSERT_TRUE(open_sqlite(file, options)->checked) << "never checked before";
    ASSERT_FALSE(open_sqlite(file, options)->checked) << "checked today";
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
        .exec("UPDATE meta SET value = '2026-01-01T00:00:00Z' WHERE key = 'checked_at'");
    EXPECT_TRUE(open_sqlite(file, options)->checked) << "checked long ago";
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
        .exec("UPDATE meta SET value = '2099-01-01T00:00:00Z' WHERE key = 'checked_at'");
    EXPECT_TRUE(open_sqlite(file, options)->checked) << "a clock that was wrong";
    EXPECT_TRUE(open_sqlite(file)->checked) << "small";
}

TEST_F(Crash, TwoStoresWorkAtOnce) {
    Result<Opened> a = open_sqlite(file);
    Result<Opened> b = open_sqlite(file);
    ASSERT_TRUE(a && b);
    const auto work = [](Store& store, const std::string& job) {
        for (int i = 0; i < 50; ++i) {
            const model::Run run = run_of(job, job + std::to_string(i));
            EXPECT_TRUE(store.begin_run(run));
            EXPECT_TRUE(store.finish_run(run, "{}"));
        }
    };
    std::thread first([&] { work(*a->store, "a"); });
    std::thread second([&] { work(*b->store, "b"); });
    std::thread third([&] { work(*b->store, "c"); });
    first.join();
    second.join();
    third.join();
    EXPECT_EQ(a->store->history("", 500)->size(), 150U);
}

TEST_F(Crash, ManyProcessesMayMakeTheFileAtOnce) {
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 8; ++i) {
        children.push_back(std::make_unique<Child>([&, i] {
            const Result<Opened> opened = open_sqlite(file);
            if (!opened || !opened->warning.empty()) return 1;
            return opened->store->set_value("job", std::to_string(i), "x") ? 0 : 2;
        }));
    }
    for (const auto& child : children) EXPECT_EQ(child->wait(), 0);
    const Result<Opened> opened = open_sqlite(file);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(*opened->store->value("job", std::to_string(i)), "x");
}

TEST_F(Crash, ALockedDatabaseIsBusy) {
    OpenOptions options;
    options.busy_timeout = std::chrono::milliseconds(50);
    Child child([&] {
        if (!open_sqlite(file)) return 1;
        SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
        database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE runs SET outcome = ''");
        Child::tell_parent();
        Child::wait_for_ever();
    });
    ASSERT_TRUE(child.await_word());
    const Result<Opened> opened = open_sqlite(file, options);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::busy) << describe(opened.error());
}

TEST_F(Crash, AWriterThatWaitsTooLongIsBusyAndGoesOnLater) {
    Child child([&] {
        if (!open_sqlite(file)) return 1;
        SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
        database.exec("BEGIN IMMEDIATE");
        Child::tell_parent();
        Child::wait_for_ever();
    });
    ASSERT_TRUE(child.await_word());
    OpenOptions options;
    options.busy_timeout = std::chrono::milliseconds(50);
    Result<Opened> opened = open_sqlite(file, options);
    ASSERT_TRUE(opened) << "reading needs no lock: " << describe(opened.error());
    const Result<void> saved = opened->store->set_value("lab", "k", "v");
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, Errc::busy) << describe(saved.error());
    EXPECT_EQ(opened->store->finish_run(run_of("lab", "1"), "{}").error().code, Errc::busy);
    child.kill_9();
    EXPECT_TRUE(opened->store->set_value("lab", "k", "v"));
    EXPECT_TRUE(opened->store->finish_run(run_of("lab", "1"), "{}"));
}

TEST_F(Crash, AFullDiskIsToldAsSuch) {
    Child child([&] {
        Result<Opened> opened = open_sqlite(file);
        if (!opened || !opened->store->set_value("lab", "k", "before")) return 1;
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{65'536, 65'536};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
        for (int i = 0; i < 100; ++i) {
            const Result<void> saved =
                opened->store->set_value("lab", "k" + std::to_string(i), std::string(20'000, 'x'));
            if (!saved) return saved.error().code == Errc::disk_full ? 0 : 3;
        }
        return 4;
    });
    EXPECT_EQ(child.wait(), 0);
    Child finisher([&] {
        Result<Opened> opened = open_sqlite(file);
        if (!opened) return 1;
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{65'536, 65'536};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
        const Result<void> finished =
            opened->store->finish_run(run_of("lab", "big"), std::string(500'000, 'x'));
        return !finished && finished.error().code == Errc::disk_full ? 0 : 3;
    });
    EXPECT_EQ(finisher.wait(), 0);
    const Result<Opened> opened = open_sqlite(file);
    ASSERT_TRUE(opened) << describe(opened.error());
    EXPECT_EQ(opened->warning, "");
    EXPECT_EQ(*opened->store->value("lab", "k"), "before");
}

}  // namespace
}  // namespace autobackup::state::crash_test
